"""Invitation: a link by which a partner's contact says which account is theirs. It works once."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import office, sortable, system
from documents.record import Action, Facts, Lifecycle, Record, Storage
from documents.values import AccountId, ContactId, Instant


class InvitationStatus(StrEnum):
    """Whether an invitation is taken, until it expires."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REVOKED = "REVOKED"


class InvitationFacts(Facts):
    """What a client may write into an invitation."""

    contact: Annotated[ContactId, office] = Field(description="Whom it is for.")
    expires_at: Annotated[Instant, office, sortable] = Field(description="Until when it is taken.")


class Invitation(InvitationFacts, Record):
    """A link for one contact of a partner. Its address is shown once, when it is made; an account takes it once."""

    prefix: ClassVar[str] = "inv"
    status: Annotated[InvitationStatus, office] = Field(
        default=InvitationStatus.OPEN, description="Whether it is taken, until it expires."
    )
    account: Annotated[AccountId | None, office] = Field(default=None, description="Who took it.")
    accepted_at: Annotated[Instant | None, office] = Field(default=None, description="When it was taken.")
    digest: Annotated[str | None, system] = None
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(InvitationStatus),
        actions=(Action("revoke", ("OPEN",), "REVOKED", "The link is no longer taken."),),
    )

    class Settings(Storage):
        name = "invitations"
        indexes = [
            IndexModel([("contact", ASCENDING)]),
            IndexModel([("digest", ASCENDING)], unique=True, partialFilterExpression={"digest": {"$type": "string"}}),
        ]
