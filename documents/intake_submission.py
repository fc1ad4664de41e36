"""IntakeSubmission: what a guest entered by an intake link, until an officer has checked it (VISIT-1)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.delegation import TravelLeg
from documents.labels import care, identity, office, personal, searchable, shared, sortable
from documents.record import Action, Facts, Lifecycle, Record, Storage
from documents.values import (
    CountryCode,
    DelegationId,
    Email,
    IntakeLinkId,
    LanguageTag,
    Line,
    Passport,
    PersonId,
    Phone,
    Prose,
)


class IntakeSubmissionStatus(StrEnum):
    """Whether an officer has decided."""

    SUBMITTED = "SUBMITTED"
    CHECKED = "CHECKED"
    REJECTED = "REJECTED"


class IntakeLeg(TravelLeg):
    """An arrival or a departure, as the guest entered it."""


class IntakeSubmissionFacts(Facts):
    """What a guest may enter. Only an intake link writes it."""

    given_name: Annotated[Line, shared, searchable] = Field(description="Given name, as in the passport.")
    family_name: Annotated[Line, shared, searchable, sortable] = Field(description="Family name, as in the passport.")
    institution: Annotated[Line | None, shared] = Field(default=None, description="Where the guest comes from.")
    position: Annotated[Line | None, shared] = Field(default=None, description="Function held.")
    email: Annotated[Email | None, shared] = Field(default=None, description="E-mail address.")
    language: Annotated[LanguageTag, shared] = Field(default="en", description="In which language it was entered.")
    arrival: Annotated[IntakeLeg | None, shared] = Field(default=None, description="Arrival.")
    departure: Annotated[IntakeLeg | None, shared] = Field(default=None, description="Departure.")
    private_phone: Annotated[Phone | None, personal] = Field(default=None, description="Telephone on the way, E.164.")
    birth_date: Annotated[date | None, personal] = Field(default=None, description="Date of birth.")
    citizenships: Annotated[list[CountryCode], personal] = Field(default=[], description="Citizenships.")
    diet: Annotated[Prose | None, care] = Field(default=None, description="What the guest does not eat.")
    access_needs: Annotated[Prose | None, care] = Field(default=None, description="What the guest needs to take part.")
    needs_step_free: Annotated[bool | None, care] = Field(default=None, description="Whether steps are a hindrance.")
    passports: Annotated[list[Passport], identity] = Field(
        default=[], description="Travel documents. Entered, encrypted, never listed."
    )
    medical_notes: Annotated[Prose | None, identity] = Field(
        default=None, description="Medical notes. Entered, encrypted, never listed."
    )


class IntakeSubmission(IntakeSubmissionFacts, Record):
    """What a guest without an account entered about themself. Checking it makes a person and a member of the visit."""

    prefix: ClassVar[str] = "ins"
    parent: ClassVar[str | None] = "delegation"
    status: Annotated[IntakeSubmissionStatus, shared] = Field(
        default=IntakeSubmissionStatus.SUBMITTED, description="Whether an officer has decided."
    )
    delegation: Annotated[DelegationId | None, shared] = Field(default=None, description="The visit.")
    link: Annotated[IntakeLinkId | None, office] = Field(default=None, description="The link it came by.")
    person: Annotated[PersonId | None, shared] = Field(default=None, description="Who it became, once checked.")
    reason: Annotated[Line | None, office] = Field(default=None, description="Why it was rejected.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(IntakeSubmissionStatus),
        actions=(
            Action("check", ("SUBMITTED",), "CHECKED", "It is right: the guest is a person and a member."),
            Action("reject", ("SUBMITTED",), "REJECTED", "It is not taken; what is sensitive in it is deleted."),
        ),
    )

    class Settings(Storage):
        name = "intake_submissions"
        indexes = [IndexModel([("delegation", ASCENDING)]), IndexModel([("link", ASCENDING)])]
