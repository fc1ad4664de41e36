"""Resource: something or somebody that an item takes besides hosts and rooms: vehicles, drivers, interpreters (D9)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import campus, office, personal, searchable, sortable
from documents.person import Absence
from documents.record import Action, Facts, Lifecycle, Record, Storage
from documents.values import LanguageTag, Line, PersonId, Phone, Text, WorkingHours


class ResourceType(StrEnum):
    """What kind of resource it is."""

    VEHICLE = "VEHICLE"
    DRIVER = "DRIVER"
    INTERPRETER = "INTERPRETER"
    GUIDE = "GUIDE"
    EQUIPMENT = "EQUIPMENT"


class ResourceStatus(StrEnum):
    """Whether it can be planned with."""

    AVAILABLE = "AVAILABLE"
    RETIRED = "RETIRED"


class ResourceFacts(Facts):
    """What a client may write into a resource."""

    type: Annotated[ResourceType, campus] = Field(description="What kind of resource it is.")
    name: Annotated[Text, campus, searchable, sortable] = Field(description="What it is called.")
    person: Annotated[PersonId | None, campus] = Field(
        default=None, description="Who it is, if a person of ours: taken together with whatever else they do."
    )
    languages: Annotated[list[LanguageTag], campus] = Field(default=[], description="Languages spoken; BCP 47 tags.")
    seats: Annotated[int | None, campus, Field(ge=1, le=1000)] = Field(
        default=None, description="Seats for guests, of a vehicle."
    )
    step_free: Annotated[bool | None, campus] = Field(
        default=None, description="Whether a wheelchair gets in; null where nobody has looked."
    )
    plate: Annotated[Line | None, office] = Field(default=None, description="Number plate.")
    phone: Annotated[Phone | None, personal] = Field(default=None, description="Telephone, E.164.")
    working_hours: Annotated[list[WorkingHours], campus] = Field(default=[], description="Working hours by weekday.")
    absences: Annotated[list[Absence], campus] = Field(default=[], description="Days that cannot be planned.")


class Resource(ResourceFacts, Record):
    """Something or somebody that items take: a vehicle, a driver, an interpreter, a guide, equipment."""

    prefix: ClassVar[str] = "res"
    status: Annotated[ResourceStatus, campus] = Field(
        default=ResourceStatus.AVAILABLE, description="Whether it can be planned with."
    )
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("AVAILABLE", "RETIRED"),
        actions=(
            Action("retire", ("AVAILABLE",), "RETIRED", "It is no longer planned with."),
            Action("return", ("RETIRED",), "AVAILABLE", "It is planned with again."),
        ),
        members=frozenset({"AVAILABLE"}),
    )

    class Settings(Storage):
        name = "resources"
        # Which resources a person is.
        indexes = [IndexModel([("person", ASCENDING)])]
