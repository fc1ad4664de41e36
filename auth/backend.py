"""From a request's headers to a caller."""

import time
from collections import OrderedDict
from collections.abc import Mapping

from auth.bearer import Claims, read_token
from auth.caller import ANONYMOUS, Caller, Role, caller
from documents.kinds import collection_of
from documents.store import Store, translated
from errors import Unauthenticated
from settings import Settings

KEPT_SECONDS = 5.0
MOST_KEPT = 10_000


class Authenticator:
    """Says who sends a request. Remembers for a few seconds what a token means."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._kept: OrderedDict[str, tuple[float, Caller]] = OrderedDict()

    async def caller(self, headers: Mapping[str, str]) -> Caller:
        """The caller; nobody in particular without credentials. Raises Unauthenticated for bad ones."""
        authorization = headers.get("authorization")
        if authorization is None:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            msg = "Send the token as “Authorization: Bearer …”"
            raise Unauthenticated(msg)
        kept = self._kept.get(token)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        found = await self._known(read_token(self._settings, token))
        self._kept[token] = (time.monotonic() + KEPT_SECONDS, found)
        self._kept.move_to_end(token)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found

    async def _known(self, claims: Claims) -> Caller:
        units = frozenset(claims.units)
        if Role.COORDINATOR in claims.roles:
            units = await self._below(units)
        home = claims.units[0] if claims.units else None
        return caller(
            *claims.roles,
            person=claims.person,
            units=units if Role.COORDINATOR in claims.roles else frozenset(),
            partner=claims.partner,
            home_unit=home,
            name=claims.name,
        )

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
