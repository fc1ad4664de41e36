"""Disclosure: that somebody was told identity data of a person, and why. Kept before anything is told."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import campus
from documents.record import Facts, Lifecycle, Record, Storage
from documents.values import Instant, PersonId, Prose


class DisclosureStatus(StrEnum):
    """A disclosure does not change."""

    LOGGED = "LOGGED"


class IdentityField(StrEnum):
    """What of a person is told by revealing alone."""

    PASSPORTS = "PASSPORTS"
    MEDICAL_NOTES = "MEDICAL_NOTES"

    @property
    def path(self) -> str:
        """The stored path."""
        return self.value.lower()


class DisclosureFacts(Facts):
    """Who was told what, and why. Nobody writes it: revealing does."""

    person: Annotated[PersonId, campus] = Field(description="Whose data was asked for.")
    by: Annotated[PersonId | None, campus] = Field(default=None, description="Who asked for it.")
    at: Annotated[Instant, campus] = Field(description="When.")
    reason: Annotated[Prose, campus] = Field(description="What for.")
    paths: Annotated[list[IdentityField], campus] = Field(description="Which fields.")


class Disclosure(DisclosureFacts, Record):
    """An entry of the disclosure log: it is written before identity data is decrypted, and stays."""

    prefix: ClassVar[str] = "dsc"
    status: Annotated[DisclosureStatus, campus] = Field(default=DisclosureStatus.LOGGED, description="It was logged.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(states=tuple(DisclosureStatus))

    def scope_facts(self) -> set[str]:
        """The person whom it is about."""
        return {f"self:{self.person}"}

    class Settings(Storage):
        name = "disclosures"
        indexes = [IndexModel([("person", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)])]
