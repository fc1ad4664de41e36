"""Cover: for some days an officer's duties are a colleague's, too."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import office, sortable
from documents.record import Action, Due, Facts, Lifecycle, Record, Storage
from documents.values import Line, Period, PersonId


class CoverStatus(StrEnum):
    """Whether a cover counts on its days."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class CoverFacts(Facts):
    """What a client may write into a cover."""

    officer: Annotated[PersonId, office] = Field(description="Whose duties they are.")
    by: Annotated[PersonId, office] = Field(description="The colleague who takes them on.")
    period: Annotated[Period, office, sortable] = Field(description="From and to, both days included.")
    reason: Annotated[Line | None, office] = Field(default=None, description="Why.")


class Cover(CoverFacts, Record):
    """A colleague stands in for an officer: the visits assigned to the one are assigned to the other for some days."""

    prefix: ClassVar[str] = "cov"
    status: Annotated[CoverStatus, office] = Field(
        default=CoverStatus.ACTIVE, description="Whether it counts on its days."
    )
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(CoverStatus),
        actions=(Action("end", ("ACTIVE",), "ENDED", "The colleague no longer stands in, from now on."),),
    )

    dues: ClassVar[tuple[Due, ...]] = (Due("cover", "period.end", what="reason", whose="by", states=("ACTIVE",)),)

    def scope_facts(self) -> set[str]:
        """The officer whose duties they are."""
        return {f"self:{self.officer}"}

    class Settings(Storage):
        name = "covers"
        indexes = [IndexModel([("by", ASCENDING), ("period.start", ASCENDING)])]
