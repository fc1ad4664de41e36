"""From an identity to a caller: its account, and what claims and register give it today.

Everything derived is kept together with the marks that it was derived under (auth/marks.py), and asked for anew as soon
as one of them has moved, or the day has changed.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson

from auth.caller import Caller, Ground, Role, Source, caller
from auth.claims import ClaimMap, granted
from auth.identity import Identity
from auth.marks import UNITS, Marks, of_account, of_person
from auth.provider import load_providers
from auth.standing import assignments_of, below, contacts_of, covers_of, serves, standing_for
from documents.account import AccountStatus, account_key
from documents.kinds import collection_of
from documents.sign_in import SignInOutcome
from documents.store import Store, translated
from errors import SignInRefused, Unauthenticated
from settings import Settings

MOST_KEPT = 10_000
SUSPENDED = "suspended"
NOTHING = ClaimMap()

Stored = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be noted of somebody who came, was refused or left."""

    provider: str
    address: str
    outcome: SignInOutcome
    account: str | None = None
    person: str | None = None
    reason: str | None = None
    subject: str | None = None


class Ledger(Protocol):
    """Writes what signing in leaves in the register, with its history; resolvers/account.py does."""

    async def open(self, identity: Identity) -> Stored:
        """The stored account of an identity: found, or made now."""

    async def note(self, event: Event) -> None:
        """Keep an event."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A caller as they were derived, and for which day, marks and time that holds."""

    caller: Caller
    day: date
    marks: Mapping[str, int]
    until: datetime | None = None


class Keeper:
    """Callers by what they were derived from, each as long as its day and its marks hold."""

    def __init__(self, marks: Marks, most: int = MOST_KEPT) -> None:
        self.marks = marks
        self._most = most
        self._kept: OrderedDict[Any, Kept] = OrderedDict()

    async def get(self, key: Any, day: date, now: datetime) -> Caller | None:
        """The caller, if all that they were derived from held no longer than a lease ago."""
        kept = self._kept.get(key)
        if kept is None or kept.day != day or (kept.until is not None and kept.until <= now):
            return None
        if await self.marks.lately(kept.marks) != kept.marks:
            return None
        self._kept.move_to_end(key)
        return kept.caller

    def put(self, key: Any, kept: Kept) -> Caller:
        """Keep a caller. Its marks were read before anything else that it was derived from."""
        self._kept[key] = kept
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return kept.caller


class Accounts:
    """Who may come in, and what they may. Raises SettingsError where providers are wrong."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Callable[[], datetime],
        ledger: Ledger,
        marks: Marks | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ledger = ledger
        self._zone = ZoneInfo(settings.zone)
        self._maps = {provider.issuer: provider.claims for provider in load_providers(settings).values()}
        self._keeper = Keeper(marks or Marks(store))

    async def signed_in(self, identity: Identity, *, provider: str, address: str) -> str:
        """The id of the account of somebody who has just proved who they are; it is made at the first time.

        It is found by issuer and subject and by nothing else. Raises SignInRefused where it is suspended.
        """
        account = await self._ledger.open(identity)
        known = {"account": account["_id"], "person": account["person"]}
        if _shut(account):
            await self._ledger.note(Event(provider, address, SignInOutcome.REFUSED, reason=SUSPENDED, **known))
            raise SignInRefused(SUSPENDED)
        await self._ledger.note(Event(provider, address, SignInOutcome.SIGNED_IN, **known))
        return str(account["_id"])

    async def refused(self, *, provider: str, address: str, reason: str, subject: str | None = None) -> None:
        """Note that somebody did not come in."""
        await self._ledger.note(Event(provider, address, SignInOutcome.REFUSED, reason=reason, subject=subject))

    async def signed_out(self, identity: Identity, *, provider: str = "", address: str) -> None:
        """Note that somebody left."""
        account = await self._account(account_key(identity.issuer, identity.subject))
        known = {"account": account["_id"], "person": account["person"]} if account else {"subject": identity.subject}
        await self._ledger.note(Event(provider or identity.issuer, address, SignInOutcome.SIGNED_OUT, **known))

    async def caller(self, identity: Identity) -> Caller:
        """The caller that an identity is now. Raises Unauthenticated where it has expired or its account is suspended.

        Without an account it is what its claims say, and no person.
        """
        now = self._clock()
        if identity.expires <= now:
            msg = "The session or token has expired: sign in again"
            raise Unauthenticated(msg)
        today = now.astimezone(self._zone).date()
        key = (identity.issuer, identity.subject, _fingerprint(identity.claims))
        found = await self._keeper.get(key, today, now)
        return found or self._keeper.put(key, await self._derived(identity, today))

    async def _derived(self, identity: Identity, today: date) -> Kept:
        key = account_key(identity.issuer, identity.subject)
        marks = await self._keeper.marks.now({of_account(key)})
        account = await self._account(key)
        if account is not None and _shut(account):
            msg = "This account is suspended: ask the department"
            raise Unauthenticated(msg)
        rules = self._maps.get(identity.issuer, NOTHING)
        grounds = [Ground(each.role, Source.CLAIM, each.says) for each in granted(rules, identity.claims)]
        person_id = account["person"] if account else None
        if account is None or person_id is None:
            name = (account or {}).get("name") or ""
            found = caller(
                *(each.role for each in grounds),
                name=name,
                account=account["_id"] if account else None,
                grounds=tuple(grounds),
            )
            return Kept(found, today, marks)
        marks |= await self._keeper.marks.now({of_person(person_id), UNITS})
        return Kept(await self._as_person(account, person_id, grounds, today), today, marks)

    async def _as_person(self, account: Stored, person_id: str, grounds: list[Ground], today: date) -> Caller:
        """What the register gives a person beside their claims; nothing to one who is not active."""
        with translated():
            person = await self._store.collection(collection_of("Person")).find_one({"_id": person_id})
        units: frozenset[str] = frozenset()
        partners: list[str] = []
        covers: list[Stored] = []
        home = None
        if person is not None and person["status"] == "ACTIVE" and person["archived_at"] is None:
            assignments = await assignments_of(self._store, person_id, today)
            grounds = grounds + [_assigned(each) for each in assignments]
            coordinates = frozenset(each["unit"] for each in assignments if each["unit"])
            units = await below(self._store, coordinates) if coordinates else units
            home = min(coordinates, default=person["unit"])
            contacts = [each for each in await contacts_of(self._store, person_id) if serves(each, today)]
            # The partner that they came to last goes first.
            contacts.sort(key=lambda each: ((each["term"] or {}).get("start") or "", each["created_at"]), reverse=True)
            for contact in contacts:
                partner = await standing_for(self._store, contact["partner"])
                partners.append(partner)
                grounds.append(_contact(contact, partner))
            roles = {each.role for each in grounds}
            if Role.OFFICER in roles:
                covers = await covers_of(self._store, person_id, today)
                grounds += [_cover(each) for each in covers]
            if caller(*roles).roles & {Role.MEMBER}:
                grounds.append(Ground(Role.HOST, Source.PERSON, "hosts what names them as host"))
        return caller(
            *(each.role for each in grounds),
            person=person_id,
            units=units,
            partner=partners[0] if partners else None,
            also=frozenset(partners[1:]),
            covers=frozenset(each["officer"] for each in covers),
            home_unit=home,
            name=f"{person['given_name']} {person['family_name']}" if person else account["name"] or "",
            account=account["_id"],
            grounds=tuple(grounds),
        )

    async def _account(self, key: str) -> Stored | None:
        with translated():
            return await self._store.collection(collection_of("Account")).find_one({"key": key})


def _shut(account: Mapping[str, Any]) -> bool:
    return account["status"] == AccountStatus.SUSPENDED or account["archived_at"] is not None


def _fingerprint(claims: Mapping[str, Any]) -> bytes:
    """Claims as bytes, to be compared; equal ones may differ in it, which costs a second look and no more."""
    return orjson.dumps(dict(claims), default=repr, option=orjson.OPT_NON_STR_KEYS)


def _last_day(period: Mapping[str, Any] | None) -> date | None:
    end = (period or {}).get("end")
    return date.fromisoformat(end) if end else None


def _assigned(assignment: Stored) -> Ground:
    until = _last_day(assignment["period"])
    says = assignment["reason"] or "assigned"
    return Ground(Role(assignment["role"].lower()), Source.ASSIGNMENT, says, assignment["_id"], until)


def _contact(contact: Stored, partner: str) -> Ground:
    return Ground(Role.PARTNER, Source.CONTACT, f"contact of {partner}", contact["_id"], _last_day(contact["term"]))


def _cover(cover: Stored) -> Ground:
    says = f"stands in for {cover['officer']}"
    return Ground(Role.OFFICER, Source.COVER, says, cover["_id"], _last_day(cover["period"]))
