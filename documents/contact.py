"""Contact: a person in a function at a partner (D1)."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import office, searchable, shared, sortable
from documents.partner import ContactPurpose
from documents.record import Action, Due, Facts, Lifecycle, Record, Storage
from documents.values import ContactId, Email, LanguageTag, Line, PartnerId, Period, PersonId, Phone, Text


class ContactStatus(StrEnum):
    """Whether the contact is known to be right."""

    UNVERIFIED = "UNVERIFIED"
    VERIFIED = "VERIFIED"
    LEFT = "LEFT"


class ContactFacts(Facts):
    """What a client may write into a contact."""

    partner: Annotated[PartnerId, shared] = Field(description="The institution.")
    person: Annotated[PersonId | None, shared] = Field(default=None, description="The human being, where known.")
    given_name: Annotated[Line | None, shared, searchable] = Field(default=None, description="Given name.")
    family_name: Annotated[Line, shared, searchable, sortable] = Field(description="Family name.")
    title: Annotated[Line | None, shared] = Field(default=None, description="Title, such as Prof. Dr.")
    position: Annotated[Text | None, shared] = Field(default=None, description="Function held.")
    partner_unit: Annotated[Line | None, shared] = Field(default=None, description="Id of the partner's unit.")
    purposes: Annotated[list[ContactPurpose], shared] = Field(default=[], description="What the contact is for.")
    emails: Annotated[list[Email], shared] = Field(default=[], description="Work e-mail addresses, the main one first.")
    phones: Annotated[list[Phone], shared] = Field(default=[], description="Work telephones, E.164.")
    languages: Annotated[list[LanguageTag], shared] = Field(default=[], description="Languages to write in.")
    term: Annotated[Period | None, shared] = Field(default=None, description="From when to when in this function.")


class Contact(ContactFacts, Record):
    """A person in a function at a partner."""

    prefix: ClassVar[str] = "cnt"
    status: Annotated[ContactStatus, shared] = Field(
        default=ContactStatus.UNVERIFIED, description="Whether the contact is known to be right."
    )
    successor: Annotated[ContactId | None, shared] = Field(default=None, description="Who took over.")
    leaving_note: Annotated[Line | None, office] = Field(default=None, description="What was noted on leaving.")
    dues: ClassVar[tuple[Due, ...]] = (Due("term", "term.end", what="family_name", states=("UNVERIFIED", "VERIFIED")),)
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("UNVERIFIED", "VERIFIED", "LEFT"),
        actions=(
            Action("verify", ("UNVERIFIED",), "VERIFIED", "The contact answered, or the partner confirmed it."),
            Action(
                "leave",
                ("UNVERIFIED", "VERIFIED"),
                "LEFT",
                "The contact leaves the function; without a successor a proposal to name one is opened.",
                takes=("successor", "leaving_note"),
            ),
            Action("succeed", ("LEFT",), "LEFT", "Name who took over from one who left.", takes=("successor",)),
        ),
    )

    def scope_facts(self) -> set[str]:
        """The partner the contact belongs to, and the contact's own person."""
        tokens = {f"partner:{self.partner}"}
        if self.person:
            tokens.add(f"self:{self.person}")
        return tokens

    class Settings(Storage):
        name = "contacts"
        indexes = [
            IndexModel([("term.end", ASCENDING)]),
            IndexModel([("partner", ASCENDING), ("status", ASCENDING)]),
            IndexModel([("person", ASCENDING)]),
        ]
