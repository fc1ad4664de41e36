"""What is measured on: as many visits as asked for, made from those of the demonstration, the same on every machine.

Visits come in cycles of 50, and ids follow each other. Every page of 50 by id holds one cycle, so that a deep page
weighs what the first one does, and 100,000 visits what 10,000 do.

Of all cycles, 20 are in the officer's scope, evenly spread; the others are restricted to a colleague. The embedded
server decodes everything that a query matches, so a window on all of them would measure little but that server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from auth.caller import Role
from demo.load import load, stamped
from demo.office import Office, office
from documents.delegation import Delegation
from documents.itinerary import Itinerary
from documents.itinerary_issue import ItineraryIssue
from documents.kinds import collection_of
from documents.partner import Partner
from documents.person import Person
from documents.record import Record
from documents.store import Store, Stored
from documents.unit import Unit

CYCLE = 50
# Of each plan this much is kept, so that 50 visits with their plans come to about 200 kB.
MOST_ITEMS = 5
MOST_MEMBERS = 4
# So many cycles are in scope: of these, every other one is issued to the partner, the rest to the guest.
SEEN = 20
TODAY = date(2026, 9, 15)
FIRST_DAY = date(2000, 1, 3)
BATCH = 500

Plan = tuple[Stored, Stored, Stored]


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks: what a token says of them."""

    role: Role
    person: str | None = None
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Which records there are, worked out without the store."""

    count: int
    accounts: dict[str, Account]

    @property
    def cycles(self) -> int:
        """How many cycles of 50 visits there are."""
        return self.count // CYCLE

    def visit(self, cycle: int, slot: int) -> str:
        """The id of a visit."""
        return _id(Delegation, cycle, slot)

    def issue(self, cycle: int, slot: int) -> str:
        """The id of the issue of a visit's plan."""
        return _id(ItineraryIssue, cycle, slot)

    @property
    def stride(self) -> int:
        """One cycle in so many is in scope."""
        return self.cycles // SEEN

    def issued(self, cycle: int) -> str | None:
        """Whom a cycle is issued to: the partner, or the guest from whom nothing is withheld; None if not seen."""
        if cycle % self.stride:
            return None
        return self.accounts["guest" if cycle // self.stride % 2 else "partner"].partner

    def deep(self, kind: str) -> str:
        """The id after which the last cycle but one begins that is in scope of the officer, or of the partner."""
        if kind == "Delegation":
            return self.visit((SEEN - 3) * self.stride, CYCLE - 1)
        return self.issue((SEEN - 6) * self.stride, CYCLE - 1)


def _id(kind: type[Record], cycle: int, slot: int) -> str:
    return f"{kind.prefix}_{cycle * CYCLE + slot:020}"


def _code(kind: type[Record], cycle: int, slot: int) -> str:
    """Counted: of so many, drawn ones would come twice."""
    return f"{kind.prefix.upper()}-{cycle * CYCLE + slot:08}"


def records(count: int) -> Records:
    """The records of a store of so many visits. Raises ValueError for a number that makes no even cycles."""
    if count < SEEN * CYCLE or count % (SEEN * CYCLE):
        raise ValueError(f"{count} visits cannot be measured: take a multiple of {SEEN * CYCLE}.")
    return _records(count, office(TODAY))


def _records(count: int, found: Office) -> Records:
    people = {person.key: person for person in found.people}
    accounts = {
        "officer": Account(Role.OFFICER, person=people["officer"].person),
        "colleague": Account(Role.OFFICER, person=people["officer-2"].person),
        "partner": Account(Role.PARTNER, person=people["partner"].person, partner=people["partner"].partner),
        "guest": Account(Role.PARTNER, person=people["partner-2"].person, partner=people["partner-2"].partner),
    }
    return Records(count, accounts)


async def fill(store: Store, count: int) -> Records:
    """Put the records into an empty, prepared store."""
    found = office(TODAY)
    made = _records(count, found)
    ground = [*found.all(Unit), *found.all(Person), *found.all(Partner)]
    await load(store, [ground], progress=lambda _batches, _records: None, name="bench")
    plans = _plans(found)
    batch: dict[str, list[Stored]] = {"Delegation": [], "Itinerary": [], "ItineraryIssue": []}
    for cycle in range(made.cycles):
        for slot in range(CYCLE):
            for kind, document in _copies(made, plans[slot % len(plans)], cycle, slot):
                batch[kind].append(document)
        if len(batch["Delegation"]) >= BATCH or cycle == made.cycles - 1:
            for kind, documents in batch.items():
                if documents:
                    await store.collection(collection_of(kind)).insert_many(documents, ordered=False)
                    documents.clear()
    return made


def _plans(found: Office) -> list[Plan]:
    """Visits of the demonstration with their plan and its newest issue, cut to size."""
    by_kind: dict[str, list[Stored]] = {}
    for document, kind in stamped(found.records):
        by_kind.setdefault(kind, []).append(document)
    plans = {document["delegation"]: document for document in by_kind["Itinerary"]}
    issues = {document["delegation"]: document for document in by_kind["ItineraryIssue"]}
    return [
        (_cut_visit(visit), _cut(plans[visit["_id"]]), _cut(issues[visit["_id"]]))
        for visit in by_kind["Delegation"]
        if visit["_id"] in issues and visit["direction"] == "INCOMING" and not visit["restricted"]
    ]


def _cut_visit(visit: Stored) -> Stored:
    return visit | {"members": visit["members"][:MOST_MEMBERS], "archived_at": None, "terms": []}


def _cut(plan: Stored) -> Stored:
    """A plan with no more than so many items, on one or two days."""
    left, days = MOST_ITEMS, []
    for day in plan["days"]:
        if left:
            items = day["items"][: min(left, MOST_ITEMS - 1)]
            days.append(day | {"items": items})
            left -= len(items)
    return plan | {"days": days, "archived_at": None, "terms": []}


def _copies(made: Records, plan: Plan, cycle: int, slot: int) -> Iterator[tuple[str, Stored]]:
    visit, itinerary, issue = plan
    day, visit_id = FIRST_DAY + timedelta(days=cycle), made.visit(cycle, slot)
    partner = made.issued(cycle)
    moments = {"issued_to": [partner] if partner else [], "published_from": None}
    days = {"start": day.isoformat(), "end": (day + timedelta(days=3)).isoformat()}
    visit = visit | {"_id": visit_id, "code": _code(Delegation, cycle, slot), "dates": days} | moments
    visit["restricted"] = partner is None
    yield "Delegation", _scoped(made, visit, partner)
    plan_id = _id(Itinerary, cycle, slot)
    itinerary = itinerary | {"_id": plan_id, "code": _code(Itinerary, cycle, slot), "delegation": visit_id}
    yield "Itinerary", _scoped(made, itinerary, partner, issued=False)
    if partner:
        issue = issue | {"_id": made.issue(cycle, slot), "code": _code(ItineraryIssue, cycle, slot)} | moments
        issue |= {"itinerary": plan_id, "delegation": visit_id, "number": cycle + 1, "previous": None}
        issue |= {"issued_at": datetime.combine(day, datetime.min.time(), UTC)}
        if partner == made.accounts["guest"].partner:
            issue["days"] = [_opened(found, partner) for found in issue["days"]]
        yield "ItineraryIssue", _scoped(made, issue, partner)


def _opened(day: Stored, partner: str) -> Stored:
    """A day of which nothing is withheld from a partner."""
    return day | {
        "items": [
            item
            | {
                "audience": "PARTNER",
                "attendees": [found | {"partner": partner} for found in item["attendees"]],
            }
            for item in day["items"]
        ]
    }


def _scoped(made: Records, document: Stored, partner: str | None, *, issued: bool = True) -> Stored:
    """A document in the scope of the office, of the officer and of the partner it is issued to; or of a colleague."""
    if partner is None:
        return document | {"scope": [f"assigned:{made.accounts['colleague'].person}", "restricted"]}
    tokens = ["office", f"assigned:{made.accounts['officer'].person}", *([f"issued:{partner}"] if issued else [])]
    return document | {"scope": sorted(tokens)}
