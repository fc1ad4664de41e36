"""Keys of service accounts: ``korpu_<id>_<secret>``, kept as hashes."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from auth.accounts import Keeper, Kept
from auth.caller import Caller, Ground, Role, Source, caller
from auth.marks import Marks, of_service
from auth.standing import standing_for
from documents.intake_link import digest
from documents.kinds import collection_of
from documents.record import element_id, secret
from documents.service_account import ServiceAccountStatus
from documents.store import Store, translated
from errors import Unauthenticated
from settings import Settings

PREFIX = "korpu_"
SECRET = 32
LONGEST = 100

Stored = dict[str, Any]


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was just made: its public half and its secret one."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """What the portal is given."""
        return f"{PREFIX}{self.id}_{self.secret}"

    @property
    def digest(self) -> str:
        """What is kept: 165 random bits need no more than a hash."""
        return digest(self.secret)


def new_key() -> MadeKey:
    """A new key, which nobody has yet."""
    return MadeKey(element_id(), secret(SECRET))


def read_key(text: str) -> MadeKey | None:
    """The halves of a key as it was sent; None for what is none."""
    parts = text.split("_")
    fits = len(parts) == 3 and text.startswith(PREFIX) and len(text) < LONGEST
    return MadeKey(parts[1], parts[2]) if fits and parts[1] and parts[2] else None


class ServiceKeys:
    """From a key to the caller that a portal is."""

    def __init__(self, settings: Settings, store: Store, clock: Callable[[], datetime], marks: Marks) -> None:
        self._store = store
        self._clock = clock
        self._zone = ZoneInfo(settings.zone)
        self._keeper = Keeper(marks)

    async def caller(self, text: str) -> Caller:
        """The caller of a key. Raises Unauthenticated for one that is unknown, expired or revoked: all alike."""
        key = read_key(text)
        if key is None:
            raise _refused()
        return await self._known((key.id, key.digest), key)

    async def owner(self, key_id: str) -> Caller:
        """The caller of a key that was proved before, by its public half. Raises Unauthenticated as ``caller`` does."""
        return await self._known(key_id, MadeKey(key_id, ""))

    async def _known(self, kept: Any, key: MadeKey) -> Caller:
        now = self._clock()
        today = now.astimezone(self._zone).date()
        found = await self._keeper.get(kept, today, now)
        return found or self._keeper.put(kept, await self._derived(key, today, now))

    async def _derived(self, key: MadeKey, today: date, now: datetime) -> Kept:
        accounts = self._store.collection(collection_of("ServiceAccount"))
        with translated():
            account = await accounts.find_one({"keys.id": key.id}, {"_id": 1})
        if account is None:
            raise _refused()
        # Whose key it is never changes; what counts is read after the mark.
        marks = await self._keeper.marks.now({of_service(account["_id"])})
        with translated():
            account = await accounts.find_one({"_id": account["_id"]})
        until = _until(account, key, now)
        if account is None or until is None:
            raise _refused()
        partner = await standing_for(self._store, account["partner"]) if account["partner"] else None
        last = until.astimezone(self._zone).date()
        grounds = (Ground(Role.PORTAL, Source.KEY, account["name"], account["_id"], last),)
        found = caller(Role.PORTAL, partner=partner, name=account["name"], grounds=grounds)
        return Kept(found, today, marks, until)


def _refused() -> Unauthenticated:
    return Unauthenticated("The key is not accepted here: ask the department for a new one")


def _until(account: Stored | None, key: MadeKey, now: datetime) -> datetime | None:
    """Until when a key is taken; None where it is not. Without a secret half, that was looked at before."""
    if account is None or account["status"] != ServiceAccountStatus.ACTIVE or account["archived_at"] is not None:
        return None
    stored = next((each for each in account["keys"] if each["id"] == key.id), None)
    if stored is None or (key.secret and not hmac.compare_digest(stored["digest"] or "", key.digest)):
        return None
    until: datetime = stored["expires_at"]
    return until if until > now else None
