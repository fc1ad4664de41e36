"""Venue: a place that visits go to, with its rooms (D9)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from documents.labels import campus, open_, searchable, sortable
from documents.record import Action, Element, Facts, Lifecycle, Record, Storage
from documents.values import Address, Line, Position, Text, Url, VenueId, WorkingHours, ZoneName


class VenueStatus(StrEnum):
    """Whether visits can go there."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class Room(Element):
    """A room of a venue."""

    name: Annotated[Line, open_, searchable] = Field(description="What it is called.")
    capacity: Annotated[int | None, open_, Field(ge=1, le=100_000)] = Field(
        default=None, description="How many people it holds."
    )
    floor: Annotated[int | None, open_, Field(ge=-20, le=200)] = Field(
        default=None, description="Floor; 0 is at street level."
    )
    step_free: Annotated[bool | None, open_] = Field(
        default=None, description="Whether it is reached without steps; null where nobody has looked."
    )
    equipment: Annotated[list[Line], open_] = Field(default=[], description="What is there, such as a projector.")


class TravelTime(Element):
    """A known exception to what distance tells: how long the way to another venue takes (ITIN-4)."""

    to: Annotated[VenueId, campus] = Field(description="The other venue.")
    minutes: Annotated[int, campus, Field(ge=0, le=1440)] = Field(description="Minutes on the way, in both directions.")


class VenueFacts(Facts):
    """What a client may write into a venue."""

    name: Annotated[Text, open_, searchable, sortable] = Field(description="What it is called.")
    slug: Annotated[Line | None, open_] = Field(default=None, description="Last part of its public address.")
    address: Annotated[Address | None, open_] = Field(default=None, description="Postal address.")
    city: Annotated[Line | None, open_, searchable] = Field(default=None, description="City or town.")
    position: Annotated[Position | None, open_] = Field(default=None, description="Where it lies.")
    zone: Annotated[ZoneName, open_] = Field(default="Asia/Baku", description="IANA zone of the place.")
    opening_hours: Annotated[list[WorkingHours], open_] = Field(default=[], description="When it is open, by weekday.")
    rooms: Annotated[list[Room], open_] = Field(default=[], description="Its rooms.")
    capacity: Annotated[int | None, open_, Field(ge=1, le=100_000)] = Field(
        default=None, description="How many people it holds in all."
    )
    step_free: Annotated[bool | None, open_] = Field(
        default=None, description="Whether one gets in without steps; null where nobody has looked."
    )
    accessibility: Annotated[Text | None, open_] = Field(
        default=None, description="What there is for people with a disability."
    )
    website: Annotated[Url | None, open_] = Field(default=None, description="Web page.")
    description: Annotated[Text | None, open_, searchable] = Field(default=None, description="What it is.")
    travel_times: Annotated[list[TravelTime], campus] = Field(
        default=[], description="Known travel times to other venues, where distance misleads."
    )


class Venue(VenueFacts, Record):
    """A place that visits go to, with its rooms."""

    prefix: ClassVar[str] = "ven"
    status: Annotated[VenueStatus, campus] = Field(default=VenueStatus.OPEN, description="Whether visits can go there.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("OPEN", "CLOSED"),
        actions=(
            Action("close", ("OPEN",), "CLOSED", "Visits no longer go there."),
            Action("reopen", ("CLOSED",), "OPEN", "Visits go there again."),
        ),
        members=frozenset({"OPEN"}),
    )

    class Settings(Storage):
        name = "venues"
