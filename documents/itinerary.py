"""Itinerary: the days of a visit, and their immutable issues (D9)."""

import hashlib
from collections.abc import Mapping
from datetime import date as calendar_day
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator
from pymongo import ASCENDING, IndexModel

from documents.labels import Apart, author, later, now, office, searchable, shared, sortable
from documents.record import Action, Due, Element, Facts, Lifecycle, Part, Record, Storage
from documents.values import (
    DelegationId,
    Instant,
    Line,
    PartnerId,
    PersonId,
    Position,
    ResourceId,
    Text,
    VenueId,
    ZoneName,
)

# Each day that an item touches has a guard for each thing that it takes.
LONGEST_ITEM = timedelta(days=31)


class ItemKind(StrEnum):
    """What an item of an itinerary is."""

    MEETING = "MEETING"
    MEAL = "MEAL"
    TOUR = "TOUR"
    TRANSFER = "TRANSFER"
    CEREMONY = "CEREMONY"
    LECTURE = "LECTURE"
    FREE = "FREE"
    CULTURAL = "CULTURAL"


class Audience(StrEnum):
    """Who may know of an item."""

    PUBLIC = "PUBLIC"
    CAMPUS = "CAMPUS"
    PARTNER = "PARTNER"
    OFFICE = "OFFICE"


class ItemStatus(StrEnum):
    """What became of an item on the day."""

    PLANNED = "PLANNED"
    DELAYED = "DELAYED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    DROPPED = "DROPPED"


class HostAnswer(StrEnum):
    """What a host answered."""

    ASKED = "ASKED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    SUBSTITUTE = "SUBSTITUTE"


class ItineraryStatus(StrEnum):
    """Where an itinerary stands."""

    DRAFT = "DRAFT"
    CONFIRMED = "CONFIRMED"
    ISSUED = "ISSUED"
    FINAL = "FINAL"


class Place(Part):
    """Where an item takes place."""

    venue: Annotated[Line | None, shared] = Field(default=None, description="Building or site.")
    room: Annotated[Line | None, shared] = Field(
        default=None, description="Room. Two items in the same room of the same venue clash."
    )
    address: Annotated[Line | None, shared] = Field(default=None, description="Street address.")
    position: Annotated[Position | None, shared] = Field(default=None, description="Where it lies.")
    site: Annotated[VenueId | None, shared] = Field(default=None, description="The venue, where it is a known one.")
    site_room: Annotated[Line | None, shared] = Field(
        default=None, description="Id of the venue's room. Two items in the same room of a venue clash."
    )


class Host(Element):
    """One of ours who hosts an item."""

    person: Annotated[PersonId, shared] = Field(description="Who.")
    answer: Annotated[HostAnswer, shared] = Field(default=HostAnswer.ASKED, description="What the host answered.")
    substitute: Annotated[PersonId | None, shared] = Field(default=None, description="Who stands in.")

    def who(self) -> str | None:
        """Who hosts as things stand: whoever stands in, and nobody who declined."""
        if self.answer is HostAnswer.SUBSTITUTE and self.substitute:
            return self.substitute
        return None if self.answer is HostAnswer.DECLINED else self.person


class Attendee(Element):
    """Someone who takes part in an item; without any, all members do."""

    person: Annotated[PersonId, shared] = Field(description="Who.")
    partner: Annotated[PartnerId | None, shared] = Field(default=None, description="Whom the attendee comes from.")
    seat: Annotated[Line | None, shared] = Field(default=None, description="Seat or place in the line-up.")


class Transfer(Part):
    """How people are brought from one place to another."""

    vehicle: Annotated[Line | None, shared] = Field(default=None, description="Vehicle.")
    driver: Annotated[PersonId | None, shared] = Field(default=None, description="Driver.")
    flight: Annotated[Line | None, shared] = Field(default=None, description="Flight it meets.")
    destination: Annotated[Line | None, shared] = Field(default=None, description="Where it goes.")


class PartOfOurs(StrEnum):
    """What one of ours does at an item."""

    HOST = "HOST"
    INTERPRETER = "INTERPRETER"
    ESCORT = "ESCORT"
    DRIVER = "DRIVER"


class NamedPerson(Element):
    """One of ours as an issue names them: who reads the issue need not have the person in scope."""

    part: Annotated[PartOfOurs, shared] = Field(description="What the person does.")
    name: Annotated[Line, shared] = Field(description="The name as it was when it was issued.")


class Item(Element):
    """One item of a day."""

    kind: Annotated[ItemKind, shared] = Field(description="What it is.")
    title: Annotated[Text, shared, searchable] = Field(description="What it is called.")
    start: Annotated[Instant, shared] = Field(description="Begins.")
    end: Annotated[Instant, shared] = Field(description="Ends.")
    zone: Annotated[ZoneName, shared] = Field(default="Asia/Baku", description="IANA zone of the place.")
    place: Annotated[Place | None, shared] = Field(default=None, description="Where.")
    hosts: Annotated[list[Host], shared] = Field(default=[], description="Our hosts, with their answers.")
    interpreter: Annotated[PersonId | None, shared] = Field(default=None, description="Interpreter.")
    escort: Annotated[PersonId | None, shared] = Field(default=None, description="Escort.")
    attendees: Annotated[list[Attendee], shared, Apart("partner")] = Field(
        default=[], description="Who takes part, if not all members."
    )
    transfer: Annotated[Transfer | None, shared] = Field(default=None, description="Transport, for a transfer.")
    resources: Annotated[list[ResourceId], shared] = Field(
        default=[], description="Vehicles, drivers, interpreters and the like that it takes."
    )
    people: Annotated[list[NamedPerson], shared, later] = Field(
        default=[], description="Our people by name, as they were when it was issued; empty in the living plan."
    )
    dress: Annotated[Line | None, shared] = Field(default=None, description="Dress code.")
    menu: Annotated[Text | None, shared] = Field(default=None, description="Menu.")
    flags: Annotated[list[Line], shared] = Field(default=[], description="Flags to set up, in order.")
    photographer: Annotated[bool, shared] = Field(default=False, description="A photographer is needed.")
    talking_points: Annotated[Text | None, office] = Field(default=None, description="Talking points for our people.")
    audience: Annotated[Audience, shared] = Field(default=Audience.PARTNER, description="Who may know of it.")
    status: Annotated[ItemStatus, shared] = Field(default=ItemStatus.PLANNED, description="What became of it.")
    actual_start: Annotated[Instant | None, shared] = Field(default=None, description="Began.")
    actual_end: Annotated[Instant | None, shared] = Field(default=None, description="Ended.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end <= self.start:
            msg = "ends before it starts: give an end after the start"
            raise ValueError(msg)
        if self.end - self.start > LONGEST_ITEM:
            msg = f"lasts longer than {LONGEST_ITEM.days} days: divide it"
            raise ValueError(msg)
        return self

    def ours(self) -> list[tuple[PartOfOurs, str]]:
        """Our people at the item: what each does, and the id of the person."""
        found = [(PartOfOurs.HOST, person) for host in self.hosts if (person := host.who())]
        driver = self.transfer.driver if self.transfer else None
        others = (
            (PartOfOurs.INTERPRETER, self.interpreter),
            (PartOfOurs.ESCORT, self.escort),
            (PartOfOurs.DRIVER, driver),
        )
        return found + [(part, person) for part, person in others if person]


class Day(Element):
    """One day."""

    date: Annotated[calendar_day, shared] = Field(description="The day, in the zone of the place.")
    title: Annotated[Text | None, shared] = Field(default=None, description="Motto of the day.")
    items: Annotated[list[Item], shared, Apart("audience")] = Field(
        default=[], description="Items in order of their start."
    )


def named(days: list[Day], names: Mapping[str, str]) -> list[Day]:
    """A copy of days in which our people stand by name; ``names`` are those known, by the person's id."""
    copies = [day.model_copy(deep=True) for day in days]
    for item in (item for day in copies for item in day.items):
        item.people = [
            NamedPerson(id=_told_apart(item, part, who), part=part, name=names[who])
            for part, who in item.ours()
            if who in names
        ]
    return copies


def _told_apart(item: Item, part: PartOfOurs, who: str) -> str:
    """The same id in every issue, so that only who is new shows in the difference of two issues."""
    return hashlib.sha256(f"{item.id} {part} {who}".encode()).hexdigest()[:12]


def _unanswered(name: str, answer: HostAnswer, whose: str) -> Due:
    """What waits for a host's answer until the day of the item."""
    return Due(
        name,
        "date",
        among="days",
        within=("items", "hosts"),
        until="items.hosts.answer",
        waiting=answer.value,
        what="items.title",
        whose=f"items.hosts.{whose}",
        states=("DRAFT", "CONFIRMED", "ISSUED"),
    )


def hosts_of(days: list[Day]) -> set[str]:
    """The scope tokens of everyone who hosts one of the items."""
    found = {host.who() for day in days for item in day.items for host in item.hosts}
    return {f"host:{person}" for person in found if person}


class Override(Element):
    """A clash that was accepted, and why (ITIN-3)."""

    item: Annotated[str, office] = Field(description="Id of the item that clashes.")
    resource: Annotated[str, office] = Field(description="What is taken twice.")
    reason: Annotated[Line, office] = Field(description="Why it was accepted.")
    by: Annotated[PersonId | None, office, author] = Field(default=None, description="Who accepted it.")
    at: Annotated[Instant | None, office, now] = Field(default=None, description="When.")


class ItineraryFacts(Facts):
    """What a client may write into an itinerary."""

    delegation: Annotated[DelegationId | None, shared] = Field(
        default=None, description="The visit it belongs to; null for one that stands alone."
    )
    title: Annotated[Text, shared, searchable, sortable] = Field(description="What it is called.")
    days: Annotated[list[Day], shared] = Field(default=[], description="Days in order.")


class Itinerary(ItineraryFacts, Record):
    """The living plan of the days of a visit. Partners read its issues, never this draft."""

    prefix: ClassVar[str] = "itn"
    parent: ClassVar[str | None] = "delegation"
    status: Annotated[ItineraryStatus, shared] = Field(
        default=ItineraryStatus.DRAFT, description="Where the itinerary stands."
    )
    overrides: Annotated[list[Override], office] = Field(default=[], description="Clashes that were accepted.")
    issues: Annotated[int, shared] = Field(default=0, description="How many issues there are.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("DRAFT", "CONFIRMED", "ISSUED", "FINAL"),
        actions=(
            Action(
                "confirm",
                ("DRAFT",),
                "CONFIRMED",
                "Takes the people and rooms; a hard clash blocks unless it is overridden with a reason (ITIN-3).",
            ),
            Action("issue", ("CONFIRMED", "ISSUED"), "ISSUED", "Makes an immutable issue for the partners concerned."),
            Action("finalise", ("ISSUED",), "FINAL", "The visit is over; the itinerary stays as it is."),
            Action("reopen", ("CONFIRMED", "ISSUED", "FINAL"), "DRAFT", "The plan is worked on again."),
        ),
    )

    dues: ClassVar[tuple[Due, ...]] = (
        _unanswered("hosting", HostAnswer.ASKED, "person"),
        _unanswered("substitute", HostAnswer.SUBSTITUTE, "substitute"),
    )

    def scope_facts(self) -> set[str]:
        """Everyone who hosts one of the items."""
        return hosts_of(self.days)

    class Settings(Storage):
        name = "itineraries"
        indexes = [
            IndexModel([("delegation", ASCENDING)]),
            IndexModel([("days.items.hosts.answer", ASCENDING), ("days.date", ASCENDING)]),
        ]
