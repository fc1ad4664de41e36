"""ServiceAccount: a program that asks in its own name, by a key: a partner's portal, or one of what is published."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import office, searchable, sortable, system
from documents.record import Action, Element, Facts, Lifecycle, Record, Storage
from documents.values import Instant, Line, PartnerId


class ServiceAccountStatus(StrEnum):
    """Whether its keys are taken, until they expire."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"


class ServiceKey(Element):
    """A key. What it opens with was shown once; a hash of it is kept."""

    made_at: Annotated[Instant | None, office] = Field(default=None, description="When it was made.")
    expires_at: Annotated[Instant, office] = Field(description="Until when it is taken.")
    digest: Annotated[str | None, system] = None


class ServiceAccountFacts(Facts):
    """What a client may write into a service account."""

    name: Annotated[Line, office, searchable, sortable] = Field(description="What the office calls it.")
    partner: Annotated[PartnerId | None, office] = Field(
        default=None,
        description="Whose portal it is: it reads what was issued to them; without one, what is published.",
    )


class ServiceAccount(ServiceAccountFacts, Record):
    """A portal's account. It acts for itself, or for a person whose rights it never exceeds."""

    prefix: ClassVar[str] = "svc"
    status: Annotated[ServiceAccountStatus, office] = Field(
        default=ServiceAccountStatus.ACTIVE, description="Whether its keys are taken, until they expire."
    )
    keys: Annotated[list[ServiceKey], office] = Field(default=[], description="Its keys, the oldest first.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(ServiceAccountStatus),
        actions=(Action("revoke", ("ACTIVE",), "REVOKED", "None of its keys is taken, from the next request on."),),
    )

    class Settings(Storage):
        name = "service_accounts"
        indexes = [IndexModel([("keys.id", ASCENDING)]), IndexModel([("partner", ASCENDING)])]
