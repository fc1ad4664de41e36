"""Who a verified session or token says is there, and what is asked of the accounts about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from auth.caller import Caller


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a verified session or token says is there: not yet what they may."""

    issuer: str
    subject: str
    claims: Mapping[str, Any]
    expires: datetime  # aware UTC; from then on it is nobody
    session: str | None = None  # id hash of the session it comes from, if it is one
    scopes: frozenset[str] | None = None  # of an access token; None for a session
    client: str | None = None  # client_id of an access token


class SignInRefused(Exception):
    """The provider knows who it is, and we do not let them in. ``reason`` is one word, such as suspended."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Accounts(Protocol):
    """What sessions and tokens ask of the accounts."""

    async def signed_in(self, identity: Identity, *, provider: str, address: str) -> str:
        """Note a sign-in and give the id of the account, made where there was none. Raises SignInRefused."""
        ...

    async def caller(self, identity: Identity) -> Caller:
        """Who this is now; asked at every request. Raises Unauthenticated for one who is suspended."""
        ...

    async def refused(self, *, provider: str, address: str, reason: str) -> None:
        """Note a sign-in that failed."""
        ...

    async def signed_out(self, identity: Identity, *, address: str) -> None:
        """Note that somebody signed out."""
        ...
