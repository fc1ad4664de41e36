"""SignIn: that somebody came in, was refused or left: who, when, by which provider, from where."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from documents.labels import campus, office, sortable
from documents.record import Facts, Lifecycle, Record, Storage
from documents.values import AccountId, Instant, Line, PersonId


class SignInStatus(StrEnum):
    """An event does not change."""

    LOGGED = "LOGGED"


class SignInOutcome(StrEnum):
    """What came of it."""

    SIGNED_IN = "SIGNED_IN"
    REFUSED = "REFUSED"
    SIGNED_OUT = "SIGNED_OUT"


class SignInFacts(Facts):
    """Who came, and what came of it. Nobody writes it: signing in does."""

    account: Annotated[AccountId | None, campus] = Field(default=None, description="The account, where it is known.")
    person: Annotated[PersonId | None, campus] = Field(default=None, description="The person that it was then.")
    at: Annotated[Instant, campus, sortable] = Field(description="When.")
    provider: Annotated[Line, campus] = Field(description="The provider that they came by.")
    address: Annotated[Line, campus] = Field(description="The network address that they came from.")
    outcome: Annotated[SignInOutcome, campus] = Field(description="What came of it.")
    reason: Annotated[Line | None, campus] = Field(default=None, description="Why they were refused.")
    subject: Annotated[Line | None, office] = Field(
        default=None, description="What the provider called them, where they have no account."
    )


class SignIn(SignInFacts, Record):
    """An entry of the log of who came in, was refused or left. It is written once, and stays."""

    prefix: ClassVar[str] = "sgn"
    status: Annotated[SignInStatus, campus] = Field(default=SignInStatus.LOGGED, description="It was logged.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(states=tuple(SignInStatus))

    def scope_facts(self) -> set[str]:
        """The account, and the person that it was then."""
        tokens = {f"account:{self.account}"} if self.account else set()
        return tokens | ({f"self:{self.person}"} if self.person else set())

    class Settings(Storage):
        name = "sign_ins"
        indexes = [IndexModel([("account", ASCENDING), ("at", DESCENDING)])]
