"""Account: what a provider calls somebody who signs in, and which person of the register that is."""

import hashlib
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import campus, office, searchable, sortable, system
from documents.record import Action, Facts, Lifecycle, Record, Storage
from documents.values import Email, Instant, Line, PersonId


class AccountStatus(StrEnum):
    """Whether somebody may sign in."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


def account_key(issuer: str, subject: str) -> str:
    """What an account is found by. A provider's address holds no line break, so that no two pairs give one key."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


class AccountFacts(Facts):
    """What a provider told of somebody. Nobody writes it: signing in does."""

    issuer: Annotated[Line, campus] = Field(description="The provider that knows them.")
    subject: Annotated[Line, campus] = Field(description="What the provider calls them; it never changes.")
    name: Annotated[Line | None, campus, searchable, sortable] = Field(
        default=None, description="The name that the provider told at first."
    )
    email: Annotated[Email | None, campus] = Field(
        default=None, description="The e-mail address that the provider told at first. Nothing is decided by it."
    )


class Account(AccountFacts, Record):
    """Somebody as a provider knows them, by issuer and subject. Bound to a person, it acts as that person."""

    prefix: ClassVar[str] = "acc"
    status: Annotated[AccountStatus, campus] = Field(
        default=AccountStatus.ACTIVE, description="Whether it may sign in."
    )
    person: Annotated[PersonId | None, campus] = Field(default=None, description="Who of the register it is.")
    first_seen: Annotated[Instant | None, campus] = Field(default=None, description="When they first signed in.")
    reason: Annotated[Line | None, office] = Field(default=None, description="Why it was suspended.")
    key: Annotated[str | None, system] = None
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(AccountStatus),
        actions=(
            Action("suspend", ("ACTIVE",), "SUSPENDED", "Nobody signs in by it, from now on.", takes=("reason",)),
            Action("reinstate", ("SUSPENDED",), "ACTIVE", "It may sign in again."),
            Action("bind", ("ACTIVE",), "ACTIVE", "Say which person of the register it is.", takes=("person",)),
            Action("unbind", ("ACTIVE",), "ACTIVE", "It is no person of the register any more."),
        ),
    )

    def scope_facts(self) -> set[str]:
        """The account itself, and its person."""
        return {f"account:{self.id}", *({f"self:{self.person}"} if self.person else ())}

    class Settings(Storage):
        name = "accounts"
        indexes = [
            IndexModel([("person", ASCENDING)]),
            IndexModel([("key", ASCENDING)], unique=True, partialFilterExpression={"key": {"$type": "string"}}),
        ]
