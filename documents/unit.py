"""Unit: a node of the university's tree (D18)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from documents.labels import campus, open_, searchable, sortable
from documents.record import Action, Facts, Lifecycle, Record, Storage
from documents.values import Address, Email, Line, PersonId, Phone, Tag, Text, UnitId, Url


class UnitType(StrEnum):
    """What a unit is."""

    UNIVERSITY = "UNIVERSITY"
    FACULTY = "FACULTY"
    DEPARTMENT = "DEPARTMENT"
    CENTRE = "CENTRE"
    OFFICE = "OFFICE"


class UnitStatus(StrEnum):
    """Whether a unit exists today."""

    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


class UnitFacts(Facts):
    """What a client may write into a unit."""

    name: Annotated[Text, open_, searchable, sortable] = Field(description="Name of the unit.")
    abbreviation: Annotated[Tag, open_] = Field(description="Short form, unique in the university; becomes the code.")
    type: Annotated[UnitType, open_] = Field(description="What it is.")
    parent_unit: Annotated[UnitId | None, open_] = Field(default=None, description="The unit it belongs to.")
    head: Annotated[PersonId | None, open_] = Field(default=None, description="Who leads it.")
    coordinator: Annotated[PersonId | None, open_] = Field(default=None, description="Its international coordinator.")
    email: Annotated[Email | None, open_] = Field(default=None, description="E-mail address.")
    phone: Annotated[Phone | None, open_] = Field(default=None, description="Telephone, E.164.")
    website: Annotated[Url | None, open_] = Field(default=None, description="Web page.")
    address: Annotated[Address | None, open_] = Field(default=None, description="Where it is.")
    room: Annotated[Line | None, campus] = Field(default=None, description="Office room.")


class Unit(UnitFacts, Record):
    """A faculty, department, centre or office of the university."""

    prefix: ClassVar[str] = "unt"
    status: Annotated[UnitStatus, campus] = Field(default=UnitStatus.ACTIVE, description="Whether it exists today.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("ACTIVE", "CLOSED"),
        actions=(
            Action("close", ("ACTIVE",), "CLOSED", "The unit no longer exists."),
            Action("reopen", ("CLOSED",), "ACTIVE", "The unit exists again."),
        ),
        members=frozenset({"ACTIVE", "CLOSED"}),
        public=frozenset({"ACTIVE", "CLOSED"}),
    )

    def scope_facts(self) -> set[str]:
        """The unit itself stands in its own scope."""
        return {f"unit:{self.id}"}

    def code_fact(self) -> str:
        """Units are public, so their code may say what they are."""
        return self.abbreviation.upper()

    class Settings(Storage):
        name = "units"
