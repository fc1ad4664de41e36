"""IntakeLink: an address under which guests of a visit enter their own data, without an account (VISIT-1)."""

import hashlib
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import office, sortable, system
from documents.record import Action, Facts, Lifecycle, Record, Storage, secret
from documents.values import DelegationId, Instant, Line, PartnerId

MOST_SUBMISSIONS = 200


class IntakeLinkStatus(StrEnum):
    """Whether a link is taken, until it expires."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


def digest(token: str) -> str:
    """What is kept of the secret part of an address: it cannot be turned back, and the address cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """A new secret part of an address: 165 random bits."""
    return secret(32)


class IntakeLinkFacts(Facts):
    """What a client may write into an intake link."""

    delegation: Annotated[DelegationId, office] = Field(description="The visit whose guests it is for.")
    label: Annotated[Line | None, office] = Field(default=None, description="What the office calls it.")
    partner: Annotated[PartnerId | None, office] = Field(
        default=None, description="Whom those who use it come from, where they all come from one partner of the visit."
    )
    expires_at: Annotated[Instant, office, sortable] = Field(description="Until when it is taken.")
    most_submissions: Annotated[int, office, Field(ge=1, le=MOST_SUBMISSIONS)] = Field(
        default=20, description="How many submissions it takes at most."
    )


class IntakeLink(IntakeLinkFacts, Record):
    """A link for guests without an account. Its address is shown once, when it is made."""

    prefix: ClassVar[str] = "ink"
    parent: ClassVar[str | None] = "delegation"
    status: Annotated[IntakeLinkStatus, office] = Field(
        default=IntakeLinkStatus.ACTIVE, description="Whether it is taken, until it expires."
    )
    submissions: Annotated[int, office] = Field(default=0, description="How many submissions came by it.")
    digest: Annotated[str | None, system] = None
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(IntakeLinkStatus),
        actions=(Action("revoke", ("ACTIVE",), "REVOKED", "The link is no longer taken."),),
    )

    class Settings(Storage):
        name = "intake_links"
        indexes = [
            IndexModel([("delegation", ASCENDING)]),
            IndexModel([("digest", ASCENDING)], unique=True, partialFilterExpression={"digest": {"$type": "string"}}),
        ]
