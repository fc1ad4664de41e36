"""Sessions: random ids in cookies, kept as hashes, ended by time, by their owner, by an admin or by the provider."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from auth.identity import Identity
from documents.store import DuplicateKeyError, Store, Stored, translated
from documents.together import Together
from settings import Settings

SESSIONS: Final = "sessions"
LOGOUT_TOKENS: Final = "logout_tokens"
SEEN_EVERY: Final = timedelta(seconds=60)
MOST_KEPT: Final = 10_000
LONGEST_AGENT: Final = 200
_LOOKED: Final = {"until": 1, "seen": 1, "ends": 1}
_LISTED: Final = {"provider": 1, "started": 1, "seen": 1, "until": 1, "address": 1, "agent": 1}


def digest(value: str) -> str:
    """What is kept of something random: it cannot be turned back, and the value cannot be guessed."""
    return hashlib.sha256(value.encode()).hexdigest()


def new_id() -> str:
    """A new random id: 256 bits."""
    return secrets.token_urlsafe(32)


class Sessions:
    """Who is signed in with a browser."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._together = Together(store, SESSIONS, _LOOKED)
        self._idle = timedelta(minutes=settings.session_idle_minutes)
        self._longest = timedelta(hours=settings.session_hours)
        # What never changes of a session: issuer, subject, claims. Whether it still is one is asked each time.
        self._kept: OrderedDict[str, tuple[str, str, Mapping[str, Any]]] = OrderedDict()

    async def start(
        self, identity: Identity, *, account: str, provider: str, sid: str | None, address: str, agent: str
    ) -> str:
        """Keep a new session and give what its cookie holds: told this once."""
        cookie, now = new_id(), self._clock()
        ends = now + self._longest
        session = {
            "_id": digest(cookie),
            "account": account,
            "provider": provider,
            "issuer": identity.issuer,
            "subject": identity.subject,
            "sid": sid,
            "claims": orjson.dumps(dict(identity.claims)).decode(),
            "started": now,
            "seen": now,
            "ends": ends,
            "until": min(now + self._idle, ends),
            "address": address,
            "agent": agent[:LONGEST_AGENT],
        }
        with translated():
            await self._store.collection(SESSIONS).insert_one(session)
        return cookie

    async def identity(self, cookie: str) -> Identity | None:
        """Who a cookie stands for; None where there is no such session any more. Using it keeps it from idling out."""
        key, now = digest(cookie), self._clock()
        kept = self._kept.get(key)
        found = (await self._together.lately({key}))[key]
        if found is None or found["until"] <= now:
            self._kept.pop(key, None)
            return None
        if kept is None:
            with translated():
                whole = await self._store.collection(SESSIONS).find_one({"_id": key})
            if whole is None:
                return None
            kept = (whole["issuer"], whole["subject"], orjson.loads(whole["claims"]))
            self._kept[key] = kept
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        until = found["until"]
        if now - found["seen"] >= SEEN_EVERY:
            until = min(now + self._idle, found["ends"])
            seen, reading = {"seen": now, "until": until}, self._store.leases.reading()
            with translated():
                done = await self._store.collection(SESSIONS).update_one({"_id": key}, {"$set": seen})
            if not done.matched_count:
                return None
            self._together.keep(found | seen, reading)
        return Identity(*kept, expires=until, session=key)

    async def until(self, session: str) -> datetime | None:
        """Until when a session lasts as things are; None once it is over. ``session`` is `Identity.session`."""
        found = (await self._together.lately({session}))[session]
        if found is None or found["until"] <= self._clock():
            return None
        until: datetime = found["until"]
        return until

    async def of(self, account: str) -> list[Stored]:
        """The sessions of an account, the newest first, without what the provider said."""
        query = {"account": account, "until": {"$gt": self._clock()}}
        with translated():
            return await self._store.collection(SESSIONS).find(query, _LISTED).sort("started", -1).to_list()

    async def by_account(self, accounts: Collection[str]) -> dict[str, frozenset[str]]:
        """The ids of the sessions of each of these accounts, in one query."""
        query = {"account": {"$in": sorted(accounts)}, "until": {"$gt": self._clock()}}
        found: dict[str, set[str]] = {account: set() for account in accounts}
        with translated():
            async for session in self._store.collection(SESSIONS).find(query, {"account": 1}):
                found[session["account"]].add(session["_id"])
        return {account: frozenset(sessions) for account, sessions in found.items()}

    async def revoke(self, session: str, account: str | None = None) -> bool:
        """End one session, everywhere by then; with ``account``, only that account's. Gives whether there was one."""
        query = {"_id": session} | ({"account": account} if account is not None else {})
        with translated():
            done = await self._store.collection(SESSIONS).delete_one(query)
        await self._store.leases.over()
        return done.deleted_count == 1

    async def revoke_all(self, account: str) -> int:
        """End every session of an account, everywhere by then. Gives how many there were."""
        with translated():
            done = await self._store.collection(SESSIONS).delete_many({"account": account})
        await self._store.leases.over()
        return done.deleted_count

    async def ended_by_provider(
        self, issuer: str, subject: str | None, sid: str | None, *, token: str, until: datetime
    ) -> bool:
        """End what a logout token names: the session of a ``sid``, or all of a subject. False where it was used before.

        Both in one transaction: a token whose work broke off may come again.
        """
        query: dict[str, Any] = {"issuer": issuer}
        query |= {"sid": sid} if sid is not None else {}
        query |= {"subject": subject} if subject is not None else {}

        async def work(session: Any) -> bool:
            taken = {"_id": digest(f"{issuer} {token}"), "until": until}
            await self._store.collection(LOGOUT_TOKENS).insert_one(taken, session=session)
            await self._store.collection(SESSIONS).delete_many(query, session=session)
            self._store.leases.owe(session)
            return True

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:
            return False
