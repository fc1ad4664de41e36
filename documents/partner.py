"""Partner: an institution the university deals with, or may (D1, D3)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.folding import fold, is_abbreviation
from documents.labels import Apart, author, campus, candid, now, office, open_, searchable, sortable, system
from documents.record import Action, Element, Facts, Lifecycle, Part, Record, Storage
from documents.values import (
    Address,
    CountryCode,
    Domain,
    Email,
    Identifier,
    Instant,
    IscedCode,
    LanguageSkill,
    Line,
    PartnerId,
    PersonId,
    Phone,
    Prose,
    Text,
    UnitId,
    Url,
)


class PartnerType(StrEnum):
    """What a partner is."""

    UNIVERSITY = "UNIVERSITY"
    RESEARCH_INSTITUTE = "RESEARCH_INSTITUTE"
    DIPLOMATIC_MISSION = "DIPLOMATIC_MISSION"
    INTERNATIONAL_ORGANIZATION = "INTERNATIONAL_ORGANIZATION"
    NETWORK = "NETWORK"
    MINISTRY = "MINISTRY"
    COMPANY = "COMPANY"
    CITY = "CITY"
    FOUNDATION = "FOUNDATION"
    OTHER = "OTHER"


class PartnerStatus(StrEnum):
    """Where the cooperation stands."""

    PROSPECT = "PROSPECT"
    ACTIVE = "ACTIVE"
    DORMANT = "DORMANT"
    ENDED = "ENDED"
    MERGED = "MERGED"


class ContactPurpose(StrEnum):
    """What a contact, or an entry of a factsheet, is for."""

    SIGNATORY = "SIGNATORY"
    COORDINATOR = "COORDINATOR"
    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"
    FINANCE = "FINANCE"
    IT = "IT"


class PartnerUnit(Element):
    """A faculty, department or office of the partner."""

    name: Annotated[Text, open_] = Field(description="Name of the unit.")
    parent_unit: Annotated[Line | None, open_] = Field(default=None, description="Id of the unit above it.")
    website: Annotated[Url | None, open_] = Field(default=None, description="Web page.")


class FactsheetContact(Element):
    """Whom to write to about something."""

    purpose: Annotated[ContactPurpose, open_] = Field(description="What for.")
    office_name: Annotated[Line | None, open_] = Field(default=None, description="Name of the office.")
    email: Annotated[Email | None, open_] = Field(default=None, description="E-mail address.")
    phone: Annotated[Phone | None, open_] = Field(default=None, description="Telephone, E.164.")


class FactsheetTerm(Element):
    """Dates of one term."""

    name: Annotated[Line, open_] = Field(description="Name of the term, such as 2026/27 autumn.")
    starts_on: Annotated[date | None, open_] = Field(default=None, description="First day.")
    ends_on: Annotated[date | None, open_] = Field(default=None, description="Last day.")
    nomination_until: Annotated[date | None, open_] = Field(default=None, description="Last day for nominations.")
    application_until: Annotated[date | None, open_] = Field(default=None, description="Last day for applications.")


class Factsheet(Part):
    """What an exchange student or coordinator needs to know of a partner."""

    terms: Annotated[list[FactsheetTerm], open_] = Field(default=[], description="Terms and their deadlines.")
    languages: Annotated[list[LanguageSkill], open_] = Field(default=[], description="Languages and levels asked for.")
    grading: Annotated[Text | None, open_] = Field(default=None, description="Grading scale.")
    housing: Annotated[Text | None, open_] = Field(default=None, description="Housing.")
    visa: Annotated[Text | None, open_] = Field(default=None, description="Visa.")
    insurance: Annotated[Text | None, open_] = Field(default=None, description="Insurance.")
    accessibility: Annotated[Text | None, open_] = Field(default=None, description="Accessibility.")
    contacts: Annotated[list[FactsheetContact], open_] = Field(default=[], description="Contacts by purpose.")


class Assessment(Element):
    """A candid view of a partner."""

    text: Annotated[Prose, candid] = Field(description="The assessment.")
    by: Annotated[PersonId | None, candid, author] = Field(default=None, description="Who wrote it.")
    at: Annotated[Instant | None, candid, now] = Field(default=None, description="When it was written.")


class PartnerFacts(Facts):
    """What a client may write into a partner."""

    name: Annotated[Text, open_, searchable, sortable] = Field(description="Name by language.")
    slug: Annotated[Line | None, open_] = Field(default=None, description="Last part of its public address.")
    local_name: Annotated[Line | None, open_, searchable] = Field(
        default=None, description="Name in its own language and script."
    )
    aliases: Annotated[list[Line], open_, searchable] = Field(default=[], description="Other and earlier names.")
    type: Annotated[PartnerType, open_] = Field(description="What it is.")
    country: Annotated[CountryCode, open_, sortable] = Field(description="ISO 3166-1 alpha-2 code.")
    city: Annotated[Line | None, open_, searchable] = Field(default=None, description="City.")
    address: Annotated[Address | None, open_] = Field(default=None, description="Postal address.")
    website: Annotated[Url | None, open_] = Field(default=None, description="Web page.")
    domains: Annotated[list[Domain], open_] = Field(default=[], description="Internet domains it owns.")
    logo: Annotated[Url | None, open_] = Field(default=None, description="Address of its logo.")
    identifiers: Annotated[list[Identifier], open_] = Field(
        default=[], description="What registers call it; unique across partners."
    )
    charter_from: Annotated[date | None, open_] = Field(
        default=None, description="First day of its Erasmus Charter for Higher Education; null where it is not known."
    )
    charter_until: Annotated[date | None, open_] = Field(
        default=None, description="Last day of its Erasmus Charter for Higher Education; null if it holds none."
    )
    fields_of_study: Annotated[list[IscedCode], open_] = Field(default=[], description="ISCED-F 2013 codes.")
    teaching_languages: Annotated[list[LanguageSkill], open_] = Field(default=[], description="Languages of teaching.")
    programmes: Annotated[list[Line], campus] = Field(
        default=[], description="Mobility programmes it takes part in, such as Erasmus+ KA171."
    )
    units: Annotated[list[PartnerUnit], open_] = Field(default=[], description="Its unit tree.")
    linked_units: Annotated[list[UnitId], campus] = Field(default=[], description="Our units that work with it.")
    factsheet: Annotated[Factsheet | None, open_] = Field(default=None, description="Facts for exchange.")
    responsible_officer: Annotated[PersonId | None, office] = Field(default=None, description="Our officer for it.")
    assessments: Annotated[list[Assessment], candid, Apart("by")] = Field(default=[], description="Candid assessments.")


class Partner(PartnerFacts, Record):
    """A university, mission, organization, network, ministry, company or city that the university deals with."""

    prefix: ClassVar[str] = "prt"
    status: Annotated[PartnerStatus, campus] = Field(
        default=PartnerStatus.PROSPECT, description="Where the cooperation stands."
    )
    merged_into: Annotated[PartnerId | None, office] = Field(
        default=None, description="The partner it was merged into, while it is."
    )
    # What duplicates are found by; unique where a register's identifier is.
    identifier_keys: Annotated[list[str], system] = []
    match_keys: Annotated[list[str], system] = []
    # Identifiers that another partner held when they were entered, by someone who may not see that one.
    contested: Annotated[list[str], system] = []
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("PROSPECT", "ACTIVE", "DORMANT", "ENDED", "MERGED"),
        actions=(
            Action("activate", ("PROSPECT", "DORMANT", "ENDED"), "ACTIVE", "Cooperation begins or begins again."),
            Action("rest", ("ACTIVE",), "DORMANT", "Nothing happens at present."),
            Action("end", ("PROSPECT", "ACTIVE", "DORMANT"), "ENDED", "Cooperation has ended."),
        ),
        members=frozenset({"PROSPECT", "ACTIVE", "DORMANT", "ENDED"}),
    )

    def scope_facts(self) -> set[str]:
        """The partner itself and the officer responsible for it."""
        tokens = {f"partner:{self.id}"}
        if self.responsible_officer:
            tokens.add(f"assigned:{self.responsible_officer}")
        return tokens | {f"unit:{unit}" for unit in self.linked_units}

    def bookkeeping(self) -> None:
        """Keep what PARTNER-1 matches by; a merged partner gives its identifiers up to the one it went into."""
        self.identifier_keys = (
            []
            if self.merged_into
            else [key for i in self.identifiers if (key := f"{i.scheme}:{i.value}") not in self.contested]
        )
        given = (self.name.az, self.name.en, self.name.ru, self.local_name, *self.aliases)
        names = {name for name in given if name and not is_abbreviation(name)}
        self.match_keys = sorted(
            {f"domain:{domain}" for domain in self.domains} | {f"name:{fold(name)}|{self.country}" for name in names}
        )

    class Settings(Storage):
        name = "partners"
        indexes = [
            # Partial, because a multikey unique index would otherwise collide on partners without identifiers.
            IndexModel(
                [("identifier_keys", ASCENDING)],
                unique=True,
                partialFilterExpression={"identifier_keys.0": {"$exists": True}},
            ),
            IndexModel([("match_keys", ASCENDING)]),
        ]
