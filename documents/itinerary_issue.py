"""ItineraryIssue: an immutable, numbered copy of an itinerary, made by issuing it (ITIN-5)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.itinerary import Day, hosts_of
from documents.labels import searchable, shared, sortable
from documents.record import Action, Facts, Lifecycle, Record, Storage
from documents.values import DelegationId, ItineraryId, ItineraryIssueId, Text


class ItineraryIssueStatus(StrEnum):
    """Whether the issue is the newest one for those it was issued to."""

    ISSUED = "ISSUED"
    SUPERSEDED = "SUPERSEDED"


class ItineraryIssueFacts(Facts):
    """What was issued. Nobody writes it: issuing an itinerary does."""

    itinerary: Annotated[ItineraryId, shared] = Field(description="The itinerary it was made from.")
    delegation: Annotated[DelegationId | None, shared] = Field(default=None, description="The visit it belongs to.")
    number: Annotated[int, shared, sortable] = Field(description="1 for the first issue of an itinerary.")
    title: Annotated[Text, shared, searchable, sortable] = Field(description="What it is called.")
    days: Annotated[list[Day], shared] = Field(default=[], description="Days in order, as they were issued.")
    previous: Annotated[ItineraryIssueId | None, shared] = Field(default=None, description="The issue before this one.")


class ItineraryIssue(ItineraryIssueFacts, Record):
    """What partners and feeds read of an itinerary."""

    prefix: ClassVar[str] = "iss"
    parent: ClassVar[str | None] = "delegation"
    status: Annotated[ItineraryIssueStatus, shared] = Field(
        default=ItineraryIssueStatus.ISSUED, description="Whether it is the newest one."
    )
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("ISSUED", "SUPERSEDED"),
        actions=(Action("supersede", ("ISSUED",), "SUPERSEDED", "A newer issue took its place."),),
    )

    def scope_facts(self) -> set[str]:
        """Everyone who hosts one of the items."""
        return hosts_of(self.days)

    class Settings(Storage):
        name = "itinerary_issues"
        indexes = [
            IndexModel([("itinerary", ASCENDING), ("number", ASCENDING)], unique=True),
            IndexModel([("delegation", ASCENDING), ("number", ASCENDING)]),
        ]
