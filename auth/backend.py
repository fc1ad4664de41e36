"""From a request's headers to a caller."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from auth.bearer import Claims, is_demo_token, read_token
from auth.browser import check_own_page, read_cookie, session_cookie
from auth.caller import ANONYMOUS, Caller, Role, caller
from auth.exchange import PREFIX as EXCHANGED
from auth.exchange import Exchange
from auth.identity import Identity
from auth.marks import Marks
from auth.service_keys import PREFIX as KEY
from auth.service_keys import ServiceKeys
from auth.sessions import digest
from auth.signing_in import SignIn
from auth.standing import below, covers_of, left, standing_for
from documents.account import account_key
from documents.store import Store
from errors import Unauthenticated
from settings import Settings

KEPT_SECONDS = 5.0
MOST_KEPT = 10_000


def _now() -> datetime:
    return datetime.now(UTC)


def bearer(authorization: str) -> str:
    """The token of an Authorization header. Raises Unauthenticated for any other scheme."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        msg = "Send the token as “Authorization: Bearer …”"
        raise Unauthenticated(msg)
    return token


@dataclass(frozen=True, slots=True)
class Known:
    """Who opened something that stays open, and by what: enough to ask again."""

    caller: Caller
    identity: Identity | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """The same for all that was opened by the same session or token."""
        session = self.identity.session if self.identity else None
        return session or digest(self.token or "")

    @property
    def holder(self) -> str:
        """The same for all that one account opened; for a key or a demo token, by each of them."""
        if self.identity is not None:
            return account_key(self.identity.issuer, self.identity.subject)
        return self.caller.account or self.key


class Authenticator:
    """Says who sends a request. Remembers for ``kept`` seconds what a demo token means."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime] = _now,
        kept: float = KEPT_SECONDS,
        sign_in: SignIn | None = None,
        *,
        keys: ServiceKeys | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._seconds = kept
        self._sign_in = sign_in
        known = sign_in.keys if sign_in else ServiceKeys(settings, store, clock, Marks(store))
        self._keys = keys or known
        self._exchange = exchange or (sign_in.exchange if sign_in else None)
        # Demo tokens, with the day for which they hold: covers begin and end at midnight.
        self._kept: OrderedDict[str, tuple[float, date, Caller]] = OrderedDict()

    async def caller(self, headers: Mapping[str, str], *, harmless: bool = False) -> Caller:
        """The caller; nobody in particular without credentials.

        A bearer token goes before a cookie, which is then not looked at. With a cookie, the request must come from a
        page of this service, unless it is ``harmless``: one that changes nothing and whose answer no other site reads.
        Raises Unauthenticated for bad credentials, NotAllowed for good ones in the wrong place, Unavailable.
        """
        found, _ = await self.known(headers, harmless=harmless)
        return found

    async def known(self, headers: Mapping[str, str], *, harmless: bool = False) -> tuple[Caller, Identity | None]:
        """The caller, and the identity of a session or access token behind it. Raises what `caller` raises."""
        authorization = headers.get("authorization")
        if authorization is not None:
            return await self._bearer(bearer(authorization))
        cookie = read_cookie(headers, session_cookie(self._settings)) if self._sign_in and "cookie" in headers else None
        if self._sign_in is None or cookie is None:
            return ANONYMOUS, None
        if not harmless:
            check_own_page(self._settings, headers)
        identity = await self._sign_in.sessions.identity(cookie)
        if identity is None:
            msg = "Your session has ended: sign in again"
            raise Unauthenticated(msg)
        return await self._sign_in.accounts.caller(identity), identity

    async def opening(
        self, headers: Mapping[str, str], authorization: str | None = None, *, harmless: bool = False
    ) -> Known:
        """Who opens something that stays open; ``authorization`` goes before the headers. Raises what `caller` raises.

        With a cookie, the request must come from a page of this service, unless that was looked at before.
        """
        authorization = headers.get("authorization") if authorization is None else authorization
        if authorization is None:
            return Known(*await self.known(headers, harmless=harmless))
        token = bearer(authorization)
        return Known(*await self._bearer(token), token)

    async def again(self, known: Known) -> Known:
        """Who that is now. It is no use of a session: what stays open keeps none. Raises what `caller` raises."""
        if known.token is not None:
            return Known(*await self._bearer(known.token), known.token)
        identity = known.identity
        assert self._sign_in is not None  # noqa: S101  # nothing else knows sessions
        assert identity is not None  # noqa: S101  # nobody in particular opens nothing
        until = await self._sign_in.sessions.until(identity.session or "")
        if until is None:
            msg = "Your session has ended: sign in again"
            raise Unauthenticated(msg)
        identity = replace(identity, expires=until)
        return Known(await self._sign_in.accounts.caller(identity), identity)

    async def _bearer(self, token: str) -> tuple[Caller, Identity | None]:
        if token.startswith(KEY):
            return await self._keys.caller(token), None
        if token.startswith(EXCHANGED) and self._exchange is not None:
            return await self._exchange.caller(token), None
        if self._sign_in and self._sign_in.tokens.taken and not is_demo_token(self._settings, token):
            identity = await self._sign_in.tokens.identity(token)
            return await self._sign_in.accounts.caller(identity), identity
        return await self._demo(token), None

    async def _demo(self, token: str) -> Caller:
        kept, today = self._kept.get(token), self._today()
        if kept is not None and kept[0] > time.monotonic() and kept[1] == today:
            return kept[2]
        found = await self._known(read_token(self._settings, token), today)
        self._kept[token] = (time.monotonic() + self._seconds, today, found)
        self._kept.move_to_end(token)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    def _today(self) -> date:
        """The day in the university's zone."""
        return self._clock().astimezone(ZoneInfo(self._settings.zone)).date()

    async def _known(self, claims: Claims, today: date) -> Caller:
        units = frozenset(claims.units)
        if Role.COORDINATOR in claims.roles:
            units = await below(self._store, units)
        home = claims.units[0] if claims.units else None
        roles, partner = claims.roles, claims.partner
        if Role.PARTNER in roles and partner is not None:
            partner = await standing_for(self._store, partner)
            if claims.person is not None and await left(self._store, claims.person, partner, today):
                roles = tuple(role for role in roles if role is not Role.PARTNER)
                partner = partner if Role.PORTAL in roles else None
        covers: frozenset[str] = frozenset()
        if Role.OFFICER in roles and claims.person:
            covers = frozenset(cover["officer"] for cover in await covers_of(self._store, claims.person, today))
        return caller(
            *roles,
            covers=covers,
            person=claims.person,
            units=units if Role.COORDINATOR in claims.roles else frozenset(),
            partner=partner,
            home_unit=home,
            name=claims.name,
        )
