"""A small made-up world: some records of every kind in every state, with references, history, bookings and duties."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from documents.delegation import Delegation
from documents.itinerary import Itinerary, ItineraryStatus
from documents.kinds import KINDS, collection_of, tree_of
from documents.person import Person
from documents.record import Record
from documents.stamp import leaf_key, stamp
from documents.tree import Path
from resolvers.bookings import booked, bookings
from resolvers.diff import diff
from resolvers.draft import copied, parse
from resolvers.person import duty
from tests.interference.events import events
from tests.interference.oracle import Stored
from tests.interference.values import NOW, Values

MANY = {"Person": 16, "Delegation": 12, "ItineraryIssue": 10, "Partner": 9}
SOME = 7
ATTEMPTS = 60
CHANGES = 4

Docs = dict[str, dict[str, Stored]]


@dataclass
class World:
    """Records by kind and id, and the history of each, in storage form."""

    docs: Docs
    history: dict[str, list[Stored]] = field(default_factory=dict)
    bookings: list[Stored] = field(default_factory=list)
    events: dict[str, list[Stored]] = field(default_factory=dict)

    def collections(self) -> dict[str, list[Stored]]:
        """What the store holds."""
        found = {collection_of(kind): list(records.values()) for kind, records in self.docs.items()}
        found["history"] = [entry for entries in self.history.values() for entry in entries]
        found["bookings"] = self.bookings
        found["outbox"] = [event for events in self.events.values() for event in events]
        return found


def own_paths(kind: str) -> Iterable[Path]:
    """The top-level paths of a kind that hold something of a record's own."""
    return (path for path in tree_of(kind).paths if not path.hidden and path.name not in ("id", "code"))


def facts(kind: str, values: Values, record_id: str) -> Stored:
    """A new record: all that clients and the service write into it, not yet stamped."""
    model = KINDS[kind]
    found: Stored = {"_id": record_id, "code": f"{model.prefix.upper()}-{record_id[4:10].upper()}"}
    for path in own_paths(kind):
        found[path.name] = values.of(model, path)
    return unseen_by_clients(tidied(kind, found, values), values)


def unseen_by_clients(document: Stored, values: Values) -> Stored:
    """What the service alone writes, and nobody reads."""
    rng = values.rng
    first = values.ids["Partner"][:1] if rng.random() < 0.4 else []
    document["issued_to"] = sorted({*first, *(values.reference("Partner") for _ in range(rng.choice((0, 0, 1, 2))))})
    document["archived_at"] = NOW - timedelta(days=3) if rng.random() < 0.12 else None
    document["created_at"] = NOW - timedelta(days=rng.randrange(1, 900))
    document["created_by"] = values.reference("Person")
    return document


def _tidy_delegation(document: Stored, values: Values) -> None:
    """VISIT rules: a person is a member once, one leads, nobody shares a place in the protocol order."""
    document["restricted"] = values.rng.random() < 0.15
    members = list({member["person"]: member for member in document["members"]}.values())
    for index, entry in enumerate(members):
        entry["head"] = index == 0
    document["members"] = members
    for name in ("members", "counterparts"):
        for index, entry in enumerate(document[name]):
            entry["precedence"] = index + 1


def _tidy_partner(document: Stored, values: Values) -> None:
    """PARTNER-2: whoever is merged says into which; identifiers are few, since each is unique."""
    document["merged_into"] = values.reference("Partner") if document["status"] == "MERGED" else None
    document["identifiers"] = document["identifiers"][:1]


def _tidy_unit(document: Stored, _: Values) -> None:
    """A unit's code is its abbreviation."""
    document["abbreviation"] = document["code"].removeprefix("UNT-")
    document["code"] = document["abbreviation"]


def _tidy_days(document: Stored, values: Values) -> None:
    """ITIN rules: days follow each other, and items stand in theirs; those of many itineraries meet."""
    for index, day in enumerate(document["days"]):
        first = NOW.replace(hour=6) + timedelta(days=index)
        day["date"] = first.date()
        for item in day["items"]:
            item["zone"] = "Asia/Baku"
            item["start"] = first + timedelta(hours=values.rng.randrange(0, 6))
            item["end"] = item["start"] + timedelta(hours=values.rng.choice((1, 2)))
        day["items"].sort(key=lambda item: (item["start"], item["end"]))


def _tidy_programme(document: Stored, _: Values) -> None:
    """CULT rules: a template belongs to no visit."""
    document["delegation"] = None if document["template"] else document["delegation"]


def _tidy_role_assignment(document: Stored, values: Values) -> None:
    """A coordinator has a unit, and nobody else has one."""
    coordinates = document["role"] == "COORDINATOR"
    document["unit"] = (document["unit"] or values.reference("Unit")) if coordinates else None


TIDY: dict[str, Callable[[Stored, Values], None]] = {
    "Delegation": _tidy_delegation,
    "Partner": _tidy_partner,
    "Unit": _tidy_unit,
    "Itinerary": _tidy_days,
    "ItineraryIssue": _tidy_days,
    "CulturalProgramme": _tidy_programme,
    "RoleAssignment": _tidy_role_assignment,
}


def tidied(kind: str, document: Stored, values: Values) -> Stored:
    """The record with what the kind's own rules ask for."""
    if kind in TIDY:
        TIDY[kind](document, values)
    return document


def finish(  # noqa: C901  # the order of the steps is what there is to see
    raw: Docs, first: frozenset[str] = frozenset()
) -> Docs:
    """Stamp all records: those that others belong to first, people after the visits they are members of.

    Where two would hold the same number or identifier, the ``first`` ones keep it.
    """
    docs: Docs = {kind: {} for kind in raw}
    numbers: set[tuple[Any, Any]] = set()
    identifiers: set[str] = set()

    def put(kind: str, document: Stored) -> None:
        if "itinerary" in document and "number" in document:
            while (document["itinerary"], document["number"]) in numbers:
                document["number"] += 1
            numbers.add((document["itinerary"], document["number"]))
        record: Record = parse(KINDS[kind], {**document, **BEGUN})
        if isinstance(record, Person):
            record.visits = [visit for visit in visits if document["_id"] in members[visit.delegation]]
            among = [docs["Delegation"][visit.delegation]["restricted"] for visit in record.visits]
            record.confidential = bool(among) and all(among)
        parent = getattr(record, record.parent) if record.parent else None
        above = docs["Delegation"].get(parent) if parent else None
        found = stamp(record, above)
        found["identifier_keys"] = [k for k in found.get("identifier_keys", ()) if k not in identifiers]
        identifiers.update(found["identifier_keys"])
        if kind != "Partner":
            del found["identifier_keys"]
        docs[kind][document["_id"]] = found

    visits: list[Any] = []
    members: dict[str, set[str]] = {}
    for document in raw["Delegation"].values():
        put("Delegation", document)
        visit = parse(Delegation, docs["Delegation"][document["_id"]])
        members[visit.id] = {member.person for member in visit.members}
        if (served := duty(visit)) is not None:
            visits.append(served)
    for kind, records in raw.items():
        if kind != "Delegation":
            for document in sorted(records.values(), key=lambda document: document["_id"] not in first):
                put(kind, document)
    return docs


BEGUN: Stored = {"terms": [], "sort": {}, "scope": [], "counts": {}, "revision": 1}


def booked_by(docs: Docs) -> dict[str, list[Stored]]:
    """The bookings of each itinerary."""
    found = {}
    for record_id, document in docs["Itinerary"].items():
        itinerary = parse(Itinerary, document)
        firm = itinerary.status is not ItineraryStatus.DRAFT
        found[record_id] = (
            [booked(record_id, booking, firm=firm) for booking in dict.fromkeys(bookings(itinerary))]
            if document["archived_at"] is None
            else []
        )
    return found


def again(kind: str, document: Stored, values: Values, paths: Iterable[Path]) -> Stored | None:
    """The record with other values at these top-level paths, stamped; None where chance finds none that fit."""
    chosen = list(paths)
    for _ in range(ATTEMPTS):
        changed = {**copied(document), **{path.name: values.of(KINDS[kind], path) for path in chosen}}
        try:
            return stamp(parse(KINDS[kind], tidied(kind, changed, values)), None)
        except ValidationError:
            continue
    return None


def _action(kind: str, before: Stored, after: Stored) -> str:
    """The name of the change from one state of a record to the next."""
    if before["status"] == after["status"]:
        return "update"
    steps = [a.name for a in KINDS[kind].lifecycle.actions if a.target == after["status"]]
    return steps[0] if steps else "update"


def entry(kind: str, record_id: str, values: Values, action: str, changes: list[Any]) -> Stored:
    """An entry of the history, at some moment in the past."""
    return {
        "_id": f"{values.rng.getrandbits(128):032x}",
        "kind": kind,
        "record": record_id,
        "at": NOW - timedelta(minutes=values.rng.randrange(1, 100_000)),
        "number": values.rng.randrange(1, 1_000),
        "by": values.reference("Person"),
        "action": action,
        "keys": sorted({change["key"] for change in changes}),
        "changes": changes,
    }


def past(kind: str, document: Stored, values: Values) -> list[Stored]:
    """How a record came to be: made, then changed a few times."""
    created = entry(kind, document["_id"], values, "create", [])
    created["keys"] = [leaf_key(tree_of(kind).path("status"), "")]
    found, after = [created], document
    for _ in range(values.rng.randint(1, CHANGES)):
        paths = [path for path in own_paths(kind) if path.name != "passports"]
        before = again(kind, after, values, values.rng.sample(paths, k=min(3, len(paths))))
        if before is None:
            continue
        before["published_from"] = after["published_from"]
        changes = [touched.stored() for touched in diff(tree_of(kind), before, after)]
        if changes:
            found.append(entry(kind, document["_id"], values, _action(kind, before, after), changes))
            after = before
    # The newest change comes first after the beginning, and none is the second of its number.
    for number, made in enumerate((found[0], *reversed(found[1:]))):
        made["number"] = 1_000 * number + made["number"]
    return found


def counted(entries: Iterable[Stored]) -> dict[str, int]:
    """How often each key was touched."""
    counts: dict[str, int] = {}
    for found in entries:
        for key in found["keys"]:
            counts[key] = counts.get(key, 0) + 1
    return counts


def build(seed: int) -> tuple[World, Values]:
    """A world and what its values were drawn from."""
    rng = random.Random(seed)  # noqa: S311  # what is drawn guards nothing
    ids: dict[str, list[str]] = {}
    values = Values(rng, ids)
    for kind, model in KINDS.items():
        ids[kind] = [values.record_id(model.prefix) for _ in range(MANY.get(kind, SOME))]
    docs = finish({kind: {found: facts(kind, values, found) for found in ids[kind]} for kind in KINDS})
    world = World(docs)
    for kind, records in docs.items():
        for record_id, document in records.items():
            world.history[record_id] = past(kind, document, values)
            world.events[record_id] = events(document, world.history[record_id], values)
            document["counts"] = counted(world.history[record_id])
            document["revision"] = 1 + sum(document["counts"].values())
    world.bookings = [found for each in booked_by(docs).values() for found in each]
    return world, values
