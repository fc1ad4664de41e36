"""From a request's headers to a caller."""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from auth.bearer import Claims, is_demo_token, read_token
from auth.browser import check_own_page, read_cookie, session_cookie
from auth.caller import ANONYMOUS, Caller, Role, caller
from auth.identity import Identity
from auth.sign_in import SignIn
from documents.kinds import collection_of
from documents.store import Store, translated
from errors import Unauthenticated
from settings import Settings

KEPT_SECONDS = 5.0
MOST_KEPT = 10_000
MOST_MERGES = 20


def _now() -> datetime:
    return datetime.now(UTC)


def _serves(contact: Mapping[str, Any], today: date) -> bool:
    end = (contact["term"] or {}).get("end")
    gone = contact["status"] == "LEFT" or contact["archived_at"] is not None
    return not gone and (end is None or date.fromisoformat(end) >= today)


class Authenticator:
    """Says who sends a request. Remembers for ``kept`` seconds what a demo token means."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime] = _now,
        kept: float = KEPT_SECONDS,
        sign_in: SignIn | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._seconds = kept
        self._sign_in = sign_in
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
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token:
                msg = "Send the token as “Authorization: Bearer …”"
                raise Unauthenticated(msg)
            return await self._bearer(token)
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

    async def _bearer(self, token: str) -> tuple[Caller, Identity | None]:
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
            units = await self._below(units)
        home = claims.units[0] if claims.units else None
        roles, partner = claims.roles, claims.partner
        if Role.PARTNER in roles and partner is not None:
            partner = await self._standing_for(partner)
            if claims.person is not None and await self._left(claims.person, partner, today):
                roles = tuple(role for role in roles if role is not Role.PARTNER)
                partner = partner if Role.PORTAL in roles else None
        covers = await self._covered(claims.person, today) if Role.OFFICER in roles and claims.person else frozenset()
        return caller(
            *roles,
            covers=covers,
            person=claims.person,
            units=units if Role.COORDINATOR in claims.roles else frozenset(),
            partner=partner,
            home_unit=home,
            name=claims.name,
        )

    async def _standing_for(self, partner: str) -> str:
        """The partner, or the one that it was merged into (PARTNER-2)."""
        partners = self._store.collection(collection_of("Partner"))
        with translated():
            for _ in range(MOST_MERGES):
                found = await partners.find_one({"_id": partner}, {"merged_into": 1})
                if found is None or found["merged_into"] is None:
                    break
                partner = found["merged_into"]
        return partner

    async def _covered(self, person: str, today: date) -> frozenset[str]:
        """The officers for whom a person stands in today."""
        query = {"by": person, "status": "ACTIVE", "archived_at": None, "period.start": {"$lte": today.isoformat()}}
        with translated():
            cursor = self._store.collection(collection_of("Cover")).find(query, {"officer": 1, "period": 1})
            covers = await cursor.to_list()
        return frozenset(
            cover["officer"] for cover in covers if (cover["period"]["end"] or "9999-12-31") >= today.isoformat()
        )

    async def _left(self, person: str, partner: str, today: date) -> bool:
        """Whether a person was a contact of the partner and is none any more (CONTACT-1)."""
        query = {"person": person, "partner": partner}
        with translated():
            cursor = self._store.collection(collection_of("Contact")).find(
                query, {"status": 1, "term": 1, "archived_at": 1}
            )
            contacts = await cursor.to_list()
        return bool(contacts) and not any(_serves(contact, today) for contact in contacts)

    async def _below(self, units: frozenset[str]) -> frozenset[str]:
        """The units and all below them, level by level."""
        known, fresh = units, units
        with translated():
            while fresh:
                query = {"parent_unit": {"$in": sorted(fresh)}}
                cursor = self._store.collection(collection_of("Unit")).find(query, {"_id": 1})
                fresh = frozenset([document["_id"] for document in await cursor.to_list()]) - known
                known |= fresh
        return known
