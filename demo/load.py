"""Putting made-up records into the store in bulk: a load that was broken off goes on where it stopped."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from auth.mask import revealed
from documents.delegation import Delegation
from documents.kinds import collection_of
from documents.person import Person
from documents.record import Record
from documents.stamp import leaf_key, stamp
from documents.store import Store, Stored, translated
from documents.tree import tree
from resolvers.person import duty

COLLECTION = "loads"

Seal = Callable[[Stored, str], Awaitable[Stored]]
# Called after each batch with how many batches and how many records the load has put in so far.
Progress = Callable[[int, int], None]


async def withhold(document: Stored, record_id: str) -> Stored:
    """Leave identity data out of a stored record: what cannot be encrypted is not stored."""
    del record_id
    return document | {"passports": [], "medical_notes": None}


async def loaded(store: Store, name: str) -> int:
    """How many batches of a load are in the store: the number of the next one. Raises StoreUnavailable."""
    with translated():
        found = await store.collection(COLLECTION).find_one({"_id": name})
    return int(found["batches"]) if found else 0


async def load(
    store: Store,
    batches: Iterable[list[Record]],
    *,
    progress: Progress,
    start: int = 0,
    name: str = "office",
    seal: Seal = withhold,
) -> int:
    """Put batches of records into the store, and give how many records were not there before.

    ``name`` says what is loaded: under one name, batch n is always the same. ``start`` is the number of the first of
    ``batches``; those that ``loaded`` counts are passed over. A batch holds what its records hang on: with a
    delegation its members, with an itinerary or issue its delegation. ``seal`` gets each stored record of a
    kind with identity data, and its id, and gives it with that data encrypted. Raises ValueError for a batch that lacks
    something or comes too late, StoreUnavailable, and what ``seal`` raises.
    """
    done = await loaded(store, name)
    if start > done:
        raise ValueError(f"The load {name!r} stopped before batch {done}: begin there, not at {start}.")
    total = 0
    for number, batch in enumerate(batches, start):
        if number < done:
            continue
        total += await _put(store, batch, seal)
        entry = {"batches": number + 1, "at": datetime.now(UTC)}
        with translated():
            await store.collection(COLLECTION).update_one({"_id": name}, {"$set": entry}, upsert=True)
        progress(number + 1, total)
    return total


async def _put(store: Store, batch: list[Record], seal: Seal) -> int:
    """Insert what is not there yet of a batch, kind by kind."""
    by_kind: dict[str, list[Stored]] = defaultdict(list)
    for document, kind in stamped(batch):
        by_kind[kind].append(document)
    total = 0
    for kind, documents in by_kind.items():
        collection = store.collection(collection_of(kind))
        with translated():
            ids = [document["_id"] for document in documents]
            there = {found["_id"] async for found in collection.find({"_id": {"$in": ids}}, {"_id": 1})}
        missing = [document for document in documents if document["_id"] not in there]
        if revealed(kind):
            missing = [await seal(document, document["_id"]) for document in missing]
        if missing:
            with translated():
                await collection.insert_many(missing, ordered=False)
        total += len(missing)
    return total


def stamped(batch: list[Record]) -> list[tuple[Stored, str]]:
    """The records of a batch as they are stored, each with its kind; changed once, as the change that made them would.

    Raises ValueError where a delegation's member, or the parent of a record, is not in the batch.
    """
    _give_duties(batch)
    by_id: dict[str, Stored] = {}
    made = []
    for record in sorted(batch, key=lambda record: record.parent is not None):
        document = stamp(record, _parent(record, by_id))
        document["revision"] = 1
        document["counts"] = {leaf_key(tree(type(record)).path("status"), ""): 1}
        by_id[record.id] = document
        made.append((document, type(record).__name__))
    return made


def _parent(record: Record, by_id: Mapping[str, Stored]) -> Stored | None:
    parent: Any = getattr(record, record.parent) if record.parent else None
    if parent is None:
        return None
    if parent not in by_id:
        raise ValueError(f"{record.id} comes without its {record.parent} {parent}: put both into one batch.")
    return by_id[parent]


def _give_duties(batch: list[Record]) -> None:
    """Tell every person of a batch who serves the visits that they are a member of."""
    persons = {record.id: record for record in batch if isinstance(record, Person)}
    for person in persons.values():
        person.visits = []
    for visit in batch:
        if not isinstance(visit, Delegation):
            continue
        found = duty(visit)
        for member in visit.members:
            if member.person not in persons:
                raise ValueError(f"{visit.id} comes without its member {member.person}: put both into one batch.")
            if found is not None:
                persons[member.person].visits.append(found)
