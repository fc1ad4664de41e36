"""Token exchange (RFC 8693): a portal acts for a person who signed in there, for some minutes and never beyond them."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson

from auth.accounts import Accounts
from auth.caller import Caller, acting
from auth.identity import Identity
from auth.service_keys import ServiceKeys, read_key
from documents.intake_link import digest, new_token
from documents.store import Store, translated
from errors import Unauthenticated
from settings import Settings

COLLECTION = "exchanged_tokens"
# One letter more than a key: neither is ever taken for the other.
PREFIX = "korput_"
MOST_KEPT = 10_000


class AccessTokens(Protocol):
    """Verifies access tokens of the providers."""

    async def identity(self, token: str) -> Identity:
        """Who the token says is there. Raises Unauthenticated."""


class NoTokens:
    """Where no provider is configured: no access token is anybody's."""

    async def identity(self, token: str) -> Identity:
        """Refuse it. Raises Unauthenticated."""
        del token
        msg = "No provider is known here whose tokens are taken"
        raise Unauthenticated(msg)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a token stands for: the key of the portal that got it, the person, and until when."""

    key: str
    identity: Identity
    until: datetime


class NotAPortal(Exception):
    """Who asks for a token is no portal: nothing is said of the person."""


class Exchange:
    """Gives portals tokens to act for persons, and says whom a token stands for."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime],
        keys: ServiceKeys,
        accounts: Accounts,
        tokens: AccessTokens,
    ) -> None:
        self._store = store
        self._clock = clock
        self._seconds = settings.exchanged_token_seconds
        self._keys = keys
        self._accounts = accounts
        self._tokens = tokens
        # What a token stands for never changes; whether that still holds is asked each time.
        self._kept: OrderedDict[str, Exchanged] = OrderedDict()

    async def issue(self, key: str, subject_token: str) -> tuple[str, int]:
        """A token by which the portal of a key acts for the person of an access token, and for how many seconds.

        Raises NotAPortal for the key, and Unauthenticated for the token or for a person who may not come in.
        """
        try:
            await self._keys.caller(key)
        except Unauthenticated as error:
            raise NotAPortal from error
        identity = await self._tokens.identity(subject_token)
        await self._accounts.caller(identity)
        now = self._clock()
        until = min(now + timedelta(seconds=self._seconds), identity.expires)
        read = read_key(key)
        assert read is not None  # noqa: S101  # it was taken above
        token = PREFIX + new_token()
        stored = {"_id": digest(token), "key": read.id, "identity": _stored(identity), "until": until}
        with translated():
            await self._store.collection(COLLECTION).insert_one(stored)
        return token, int((until - now).total_seconds())

    async def caller(self, token: str) -> Caller:
        """The person as the portal acts for them: what both may now. Raises Unauthenticated where either may not."""
        kept = digest(token)
        found = self._kept.get(kept) or await self._found(kept)
        if found is None or found.until <= self._clock():
            msg = "The token is not accepted here: exchange another one"
            raise Unauthenticated(msg)
        portal, person = await asyncio.gather(self._keys.owner(found.key), self._accounts.caller(found.identity))
        return acting(portal, person)

    async def _found(self, kept: str) -> Exchanged | None:
        with translated():
            stored = await self._store.collection(COLLECTION).find_one({"_id": kept})
        if stored is None:
            return None
        found = Exchanged(stored["key"], _identity(stored["identity"]), stored["until"])
        self._kept[kept] = found
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def _stored(identity: Identity) -> dict[str, Any]:
    """An identity in storage form. Claims are text: names of theirs may be none that a store takes."""
    return {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "claims": orjson.dumps(dict(identity.claims), default=str, option=orjson.OPT_NON_STR_KEYS).decode(),
        "expires": identity.expires,
        "scopes": None if identity.scopes is None else sorted(identity.scopes),
        "client": identity.client,
    }


def _identity(stored: dict[str, Any]) -> Identity:
    return Identity(
        stored["issuer"],
        stored["subject"],
        orjson.loads(stored["claims"]),
        stored["expires"].astimezone(UTC),
        scopes=None if stored["scopes"] is None else frozenset(stored["scopes"]),
        client=stored["client"],
    )
