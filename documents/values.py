"""Value objects: small parts of a record that take the label of the path that holds them.

Storage forms are fixed: a date is an ISO 8601 string, an instant is UTC beside its IANA zone, money is Decimal128
beside an ISO 4217 code, an enumerated value is its GraphQL name.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import available_timezones

import phonenumbers
import pycountry
from bson import Decimal128
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from documents import identifiers
from documents.labels import Reference

# C0 and C1 controls, bidirectional overrides and lone surrogates: they hide or reorder what a person reads.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _clean(text: str) -> str:
    if found := _CONTROLS.search(text):
        msg = f"has the control character U+{ord(found.group()):04X} at position {found.start() + 1}: remove it"
        raise ValueError(msg)
    return text


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text or "\t" in text:
        msg = "must be one line: remove line breaks and tabs"
        raise ValueError(msg)
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=300),
    AfterValidator(_clean),
    AfterValidator(_one_line),
]
Prose = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000), AfterValidator(_clean)
]

_LANGUAGES = {found.alpha_2 for found in pycountry.languages if hasattr(found, "alpha_2")}
_TAG = re.compile("[a-z]{2}(-[A-Za-z0-9]{2,8})*")
_ZONES = available_timezones()


def _country(code: str) -> str:
    # pycountry takes small letters for capital ones.
    if (not code.isupper() or pycountry.countries.get(alpha_2=code) is None) and code != "XK":
        msg = f"“{code}” is no ISO 3166-1 alpha-2 country code: write two capital letters, such as AZ"
        raise ValueError(msg)
    return code


def _language(code: str) -> str:
    if not _TAG.fullmatch(code) or code.split("-", maxsplit=1)[0] not in _LANGUAGES:
        msg = f"“{code}” is no BCP 47 language tag: write one such as az, en or ru"
        raise ValueError(msg)
    return code


def _currency(code: str) -> str:
    if not code.isupper() or pycountry.currencies.get(alpha_3=code) is None:
        msg = f"“{code}” is no ISO 4217 currency code: write three capital letters, such as AZN"
        raise ValueError(msg)
    return code


def _zone(name: str) -> str:
    if name not in _ZONES:
        msg = f"“{name}” is no IANA time zone: write one such as Asia/Baku"
        raise ValueError(msg)
    return name


def _phone(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        msg = f"“{number}” is no phone number: write it in E.164 form, such as +994125390535"
        raise ValueError(msg) from error
    if not phonenumbers.is_possible_number(parsed):
        msg = f"“{number}” has the wrong number of digits for its country: check it"
        raise ValueError(msg)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _matching(pattern: str, what: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(_clean(value)):
            msg = f"“{value}” is no {what}"
            raise ValueError(msg)
        return value

    return AfterValidator(check)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        msg = "needs a time zone: write it in UTC, such as 2026-05-04T09:00:00Z"
        raise ValueError(msg)
    moment = moment.astimezone(UTC)
    # The store keeps milliseconds; rounding here keeps what is answered equal to what is stored.
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _decimal(amount: object) -> object:
    return amount.to_decimal() if isinstance(amount, Decimal128) else amount


CountryCode = Annotated[str, StringConstraints(max_length=2), AfterValidator(_country)]
LanguageTag = Annotated[str, StringConstraints(max_length=12), AfterValidator(_language)]
CurrencyCode = Annotated[str, StringConstraints(max_length=3), AfterValidator(_currency)]
ZoneName = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Phone = Annotated[str, StringConstraints(max_length=32), AfterValidator(_phone)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    _matching(r"[^@\s<>\"']+@[^@\s<>\"'.]+(\.[^@\s<>\"'.]+)+", "e-mail address: write it as name@example.org"),
]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=500),
    _matching(r"https?://[^\s<>\"'\\]+", "web address: write it in full, beginning with https://"),
]
Domain = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=253),
    _matching(
        r"([a-z0-9\u0080-\uffff]([a-z0-9\u0080-\uffff-]*[a-z0-9\u0080-\uffff])?\.)+[a-z\u0080-\uffff][a-z0-9\u0080-\uffff-]+",
        "domain: write it as bsu.edu.az",
    ),
]
IscedCode = Annotated[str, _matching(r"[0-9]{2,4}", "ISCED-F 2013 code: write two to four digits, such as 0613")]
Airport = Annotated[str, _matching(r"[A-Z]{3}", "IATA airport code: write three capital letters, such as GYD")]
Orcid = Annotated[str, _matching(r"([0-9]{4}-){3}[0-9]{3}[0-9X]", "ORCID iD: write it as 0000-0002-1825-0097")]
Tag = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=40),
    AfterValidator(_clean),
    AfterValidator(_one_line),
]
Instant = Annotated[datetime, AfterValidator(_aware)]
Amount = Annotated[Decimal, BeforeValidator(_decimal), Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]

UnitId = Annotated[str, Reference("Unit")]
PersonId = Annotated[str, Reference("Person")]
PartnerId = Annotated[str, Reference("Partner")]
ContactId = Annotated[str, Reference("Contact")]
DelegationId = Annotated[str, Reference("Delegation")]
ItineraryId = Annotated[str, Reference("Itinerary")]
ItineraryIssueId = Annotated[str, Reference("ItineraryIssue")]
VenueId = Annotated[str, Reference("Venue")]
ResourceId = Annotated[str, Reference("Resource")]
IntakeLinkId = Annotated[str, Reference("IntakeLink")]
AccountId = Annotated[str, Reference("Account")]


class Value(BaseModel):
    """A part without labels of its own: all of it carries the label of the path that holds it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, validate_default=True)


class Text(Value):
    """A text in the languages of the service; at least one of them is given."""

    az: Prose | None = Field(default=None, description="In Azerbaijani.")
    en: Prose | None = Field(default=None, description="In English.")
    ru: Prose | None = Field(default=None, description="In Russian.")

    @model_validator(mode="after")
    def _some_language(self) -> Self:
        if self.az is None and self.en is None and self.ru is None:
            msg = "a text needs at least one language: give az, en or ru"
            raise ValueError(msg)
        return self


# Which language stands in for one that is missing, in this order.
INSTEAD = ("en", "az", "ru")


def in_words(text: Mapping[str, str | None] | None) -> str:
    """A stored text in one language that it has; empty where there is none."""
    return next((said for language in INSTEAD if (said := (text or {}).get(language))), "")


class Money(Value):
    """An amount of money."""

    amount: Amount = Field(description="The amount in units of the currency.")
    currency: CurrencyCode = Field(description="ISO 4217 code, such as AZN or EUR.")


class Period(Value):
    """Whole days from the first to the last, both included; an open end is null."""

    start: date = Field(description="The first day.")
    end: date | None = Field(default=None, description="The last day; null while it is open.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end is not None and self.end < self.start:
            msg = f"ends on {self.end}, before it starts on {self.start}: exchange or correct the days"
            raise ValueError(msg)
        return self


class Position(Value):
    """A point on Earth (WGS 84)."""

    latitude: float = Field(ge=-90, le=90, description="Degrees north of the equator.")
    longitude: float = Field(ge=-180, le=180, description="Degrees east of Greenwich.")


class Address(Value):
    """A postal address."""

    lines: Annotated[list[Line], Field(max_length=6)] = Field(default=[], description="Street and house, line by line.")
    city: Line | None = Field(default=None, description="City or town.")
    postal_code: Line | None = Field(default=None, description="Postal code.")
    country: CountryCode | None = Field(default=None, description="ISO 3166-1 alpha-2 code.")
    position: Position | None = Field(default=None, description="Where it lies.")


class IdentifierScheme(StrEnum):
    """Which register gave an identifier."""

    ERASMUS = "ERASMUS"
    PIC = "PIC"
    OID = "OID"
    ROR = "ROR"
    SCHAC = "SCHAC"
    ISNI = "ISNI"


class Identifier(Value):
    """What a register calls an institution; normalised, its checksum verified where the scheme has one."""

    scheme: IdentifierScheme = Field(description="The register.")
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] = Field(
        description="The identifier, in the register's canonical form."
    )

    @model_validator(mode="after")
    def _normalised(self) -> Self:
        self.value = identifiers.normalise(self.scheme, self.value)
        return self


class CefrLevel(StrEnum):
    """Level of the Common European Framework of Reference for Languages."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"
    C1 = "C1"
    C2 = "C2"
    NATIVE = "NATIVE"


class LanguageSkill(Value):
    """A language and how well it is known."""

    language: LanguageTag = Field(description="BCP 47 tag.")
    level: CefrLevel | None = Field(default=None, description="CEFR level.")


class Weekday(StrEnum):
    """Day of the week (ISO 8601)."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


class WorkingHours(Value):
    """When a person works on a day of the week, in the university's zone."""

    day: Weekday = Field(description="The day of the week.")
    start: time = Field(description="From, local time.")
    end: time = Field(description="To, local time.")


class Passport(Value):
    """A travel document. It can be entered and is never listed."""

    number: Line = Field(description="Number of the document.")
    country: CountryCode = Field(description="Issuing country.")
    issued_on: date | None = Field(default=None, description="Day of issue.")
    valid_until: date = Field(description="Last day of validity.")
