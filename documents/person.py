"""Person: a human being the office deals with (D5, D13)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import campus, care, identity, office, personal, searchable, sortable, system
from documents.record import Action, Element, Facts, Lifecycle, Part, Record, Storage
from documents.values import (
    Address,
    CountryCode,
    DelegationId,
    Email,
    Instant,
    IscedCode,
    LanguageSkill,
    Line,
    Orcid,
    PartnerId,
    Passport,
    Period,
    PersonId,
    Phone,
    Prose,
    Text,
    UnitId,
    WorkingHours,
)


class PersonCategory(StrEnum):
    """What the person is to the university."""

    STAFF = "STAFF"
    STUDENT = "STUDENT"
    GUEST = "GUEST"
    FAMILY = "FAMILY"


class Script(StrEnum):
    """A writing system (ISO 15924)."""

    LATIN = "LATIN"
    CYRILLIC = "CYRILLIC"
    ARABIC = "ARABIC"
    GEORGIAN = "GEORGIAN"
    GREEK = "GREEK"
    HAN = "HAN"
    OTHER = "OTHER"


class Degree(StrEnum):
    """Highest academic degree."""

    BACHELOR = "BACHELOR"
    MASTER = "MASTER"
    DOCTOR = "DOCTOR"
    DOCTOR_OF_SCIENCE = "DOCTOR_OF_SCIENCE"
    OTHER = "OTHER"


class PersonStatus(StrEnum):
    """Whether the office still deals with the person."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class NameForm(Element):
    """The name as another script writes it."""

    script: Annotated[Script, campus] = Field(description="Writing system.")
    given_name: Annotated[Line | None, campus, searchable] = Field(default=None, description="Given name.")
    family_name: Annotated[Line, campus, searchable] = Field(description="Family name.")


class Absence(Element):
    """Days on which the person cannot be planned."""

    period: Annotated[Period, campus] = Field(description="From and to, both included.")
    reason: Annotated[Line | None, office] = Field(default=None, description="Why.")


class Consent(Element):
    """A consent to process personal data."""

    purpose: Annotated[Line, personal] = Field(description="What it is for.")
    data: Annotated[list[Line], personal] = Field(default=[], description="Which data it covers.")
    given_on: Annotated[date, personal] = Field(description="The day it was given.")
    valid_until: Annotated[date | None, personal] = Field(default=None, description="Last day; null if open.")


class VisitDuty(Part):
    """Who serves a visit of this person: kept by the service from the delegations the person is a member of."""

    delegation: Annotated[DelegationId, system]
    officers: Annotated[list[PersonId], system] = []
    hosts: Annotated[list[PersonId], system] = []
    opens_at: Annotated[Instant | None, system] = None
    closes_at: Annotated[Instant | None, system] = None


class PersonFacts(Facts):
    """What a client may write into a person."""

    given_name: Annotated[Line, campus, searchable] = Field(description="Given name in Latin letters.")
    family_name: Annotated[Line, campus, searchable, sortable] = Field(description="Family name in Latin letters.")
    name_forms: Annotated[list[NameForm], campus] = Field(default=[], description="The name in other scripts.")
    form_of_address: Annotated[Text | None, campus] = Field(default=None, description="How to address the person.")
    titles: Annotated[list[Line], campus] = Field(default=[], description="Academic and other titles, in order.")
    rank: Annotated[int | None, campus, Field(ge=1, le=999)] = Field(
        default=None, description="Rank in protocol; 1 is the highest."
    )
    pronunciation: Annotated[Line | None, campus] = Field(default=None, description="How the name is said.")
    category: Annotated[PersonCategory, campus] = Field(description="What the person is to the university.")
    unit: Annotated[UnitId | None, campus] = Field(default=None, description="Unit of the university.")
    partner: Annotated[PartnerId | None, campus] = Field(default=None, description="Partner institution.")
    position: Annotated[Text | None, campus] = Field(default=None, description="Function held.")
    degree: Annotated[Degree | None, campus] = Field(default=None, description="Highest academic degree.")
    fields_of_study: Annotated[list[IscedCode], campus] = Field(default=[], description="ISCED-F 2013 codes.")
    languages: Annotated[list[LanguageSkill], campus] = Field(default=[], description="Languages with CEFR level.")
    email: Annotated[Email | None, campus] = Field(default=None, description="Work e-mail address.")
    phone: Annotated[Phone | None, campus] = Field(default=None, description="Work telephone, E.164.")
    orcid: Annotated[Orcid | None, campus] = Field(default=None, description="ORCID iD.")
    working_hours: Annotated[list[WorkingHours], campus] = Field(default=[], description="Working hours by weekday.")
    absences: Annotated[list[Absence], campus] = Field(default=[], description="Days that cannot be planned.")
    citizenships: Annotated[list[CountryCode], personal] = Field(
        default=[], description="Citizenships, the first one first; ISO 3166-1 alpha-2."
    )
    birth_date: Annotated[date | None, personal] = Field(default=None, description="Date of birth.")
    private_phone: Annotated[Phone | None, personal] = Field(default=None, description="Private telephone, E.164.")
    home_address: Annotated[Address | None, personal] = Field(default=None, description="Home address.")
    consents: Annotated[list[Consent], personal] = Field(default=[], description="Consents to process data.")
    diet: Annotated[Prose | None, care] = Field(default=None, description="What the person does not eat.")
    access_needs: Annotated[Prose | None, care] = Field(default=None, description="What the person needs to take part.")
    needs_step_free: Annotated[bool | None, care] = Field(
        default=None, description="Whether the person needs ways without steps; null where nobody has asked."
    )
    passports: Annotated[list[Passport], identity] = Field(
        default=[], description="Travel documents. Entered, encrypted, never listed."
    )
    medical_notes: Annotated[Prose | None, identity] = Field(
        default=None, description="Medical notes. Entered, encrypted, never listed."
    )


class Person(PersonFacts, Record):
    """A human being the office deals with: staff, student, guest or family."""

    prefix: ClassVar[str] = "prs"
    status: Annotated[PersonStatus, campus] = Field(
        default=PersonStatus.ACTIVE, description="Whether the office still deals with the person."
    )
    erased_at: Annotated[Instant | None, office] = Field(
        default=None, description="When care and identity data were last deleted for good."
    )
    erased_because: Annotated[Prose | None, office] = Field(default=None, description="Why they were.")
    visits: Annotated[list[VisitDuty], system] = []
    # Known from a restricted visit alone: as hidden as that is, until the person is a member of another one.
    confidential: Annotated[bool, system] = False
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("ACTIVE", "INACTIVE"),
        actions=(
            Action("deactivate", ("ACTIVE",), "INACTIVE", "The office no longer deals with the person."),
            Action("reactivate", ("INACTIVE",), "ACTIVE", "The office deals with the person again."),
        ),
    )

    @property
    def full_name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}"

    def scope_facts(self) -> set[str]:
        """The person, their unit or partner, and the officers of their visits."""
        tokens = {f"self:{self.id}"}
        if self.unit:
            tokens.add(f"unit:{self.unit}")
        if self.partner:
            tokens.add(f"partner:{self.partner}")
        if self.category is PersonCategory.STAFF:
            tokens.add("campus")
        if self.confidential:
            tokens.add("restricted")
        return tokens | {f"assigned:{officer}" for visit in self.visits for officer in visit.officers}

    class Settings(Storage):
        name = "persons"
        # Whom a host receives, in every order that a host is offered.
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("visits.hosts", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("visits.hosts", ASCENDING), ("code", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("visits.hosts", ASCENDING), ("sort.family_name", ASCENDING), ("_id", ASCENDING)]),
        ]
