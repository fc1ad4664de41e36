"""CulturalProgramme: what guests are shown of the city and the country, and templates of it (D8)."""

from datetime import date, time
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.itinerary import Place
from documents.labels import author, finance, now, office, searchable, shared, sortable
from documents.record import Action, Element, Facts, Lifecycle, Record, Storage
from documents.values import DelegationId, Instant, LanguageTag, Line, Money, PersonId, Prose, ResourceId, Text


class CulturalProgrammeStatus(StrEnum):
    """Where a programme stands."""

    DRAFT = "DRAFT"
    AGREED = "AGREED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class Stop(Element):
    """One place that the guests are shown."""

    title: Annotated[Text, shared, searchable] = Field(description="What it is called.")
    place: Annotated[Place | None, shared] = Field(default=None, description="Where.")
    guide: Annotated[PersonId | None, shared] = Field(default=None, description="Who guides, if one of ours.")
    resources: Annotated[list[ResourceId], shared] = Field(
        default=[], description="Vehicles, drivers, interpreters and the like that it takes."
    )
    day: Annotated[int, shared, Field(ge=0, le=30)] = Field(
        default=0, description="Days after the first day of the programme; 0 is the first day."
    )
    starts: Annotated[time, shared] = Field(description="Time of day at which it begins, there.")
    minutes: Annotated[int, shared, Field(ge=1, le=1440)] = Field(description="How long it takes.")
    tickets: Annotated[Line | None, shared] = Field(default=None, description="Which tickets, and where they are.")
    cost: Annotated[Money | None, finance] = Field(default=None, description="What it costs in all.")
    capacity: Annotated[int | None, shared, Field(ge=1, le=100_000)] = Field(
        default=None, description="How many can take part; null where the room or venue says it, or nothing does."
    )
    step_free: Annotated[bool | None, shared] = Field(
        default=None,
        description="Whether it goes without steps; null where the room or venue says it, or nobody does.",
    )
    weather_alternative: Annotated[Text | None, shared] = Field(
        default=None, description="What is done instead in bad weather."
    )


class Feedback(Element):
    """What somebody said of the programme afterwards."""

    text: Annotated[Prose, office] = Field(description="What was said.")
    by: Annotated[PersonId | None, office, author] = Field(default=None, description="Who noted it.")
    at: Annotated[Instant | None, office, now] = Field(default=None, description="When it was noted.")


class CulturalProgrammeFacts(Facts):
    """What a client may write into a cultural programme."""

    theme: Annotated[Text, shared, searchable, sortable] = Field(description="What it is about.")
    template: Annotated[bool, shared] = Field(
        default=False, description="A pattern that is copied for visits, and placed as often as one likes."
    )
    delegation: Annotated[DelegationId | None, shared] = Field(
        default=None, description="The visit it belongs to; null for a template."
    )
    stops: Annotated[list[Stop], shared] = Field(default=[], description="Its stops, in order.")
    participants: Annotated[list[PersonId], shared] = Field(
        default=[], description="Who takes part; without any, all members of the visit."
    )
    languages: Annotated[list[LanguageTag], shared] = Field(default=[], description="Languages it is held in.")
    feedback: Annotated[list[Feedback], office] = Field(default=[], description="What was said of it afterwards.")


class CulturalProgramme(CulturalProgrammeFacts, Record):
    """What guests are shown of the city and the country; or a template of it."""

    prefix: ClassVar[str] = "cul"
    parent: ClassVar[str | None] = "delegation"
    status: Annotated[CulturalProgrammeStatus, shared] = Field(
        default=CulturalProgrammeStatus.DRAFT, description="Where the programme stands."
    )
    reason: Annotated[Line | None, office] = Field(default=None, description="Why it was cancelled.")
    placed_on: Annotated[date | None, shared] = Field(
        default=None, description="The day from which on it was last placed into an itinerary."
    )
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("DRAFT", "AGREED", "DONE", "CANCELLED"),
        actions=(
            Action("agree", ("DRAFT",), "AGREED", "Those who take part know of it and agree."),
            Action("complete", ("AGREED",), "DONE", "It took place."),
            Action("cancel", ("DRAFT", "AGREED"), "CANCELLED", "It will not take place.", takes=("reason",)),
        ),
    )

    class Settings(Storage):
        name = "cultural_programmes"
        indexes = [IndexModel([("delegation", ASCENDING)])]
