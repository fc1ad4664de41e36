"""Numbered changes of what is stored. Each can run again after breaking off, and runs before the service does."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from documents.store import Store, translated
from errors import MigrationsPending, StoreRefused
from settings import Settings

COLLECTION = "migrations"


@dataclass(frozen=True)
class Migration:
    """One change. `run` is idempotent: it may meet documents that it has already changed."""

    number: int
    name: str
    run: Callable[[Store], Awaitable[None]]


Progress = Callable[[Migration, int, int], None]


async def _initial(store: Store) -> None:
    """Nothing is stored yet: this marks the beginning."""


async def _people_of_items(store: Store) -> None:
    """Items name our people: those of before name nobody."""
    for name in ("itineraries", "itinerary_issues"):
        collection = store.collection(name)
        async for document in collection.find({"days.items.id": {"$exists": True}}, {"days": 1, "revision": 1}):
            for item in (item for day in document["days"] for item in day["items"]):
                item.setdefault("people", [])
            guard = {"_id": document["_id"], "revision": document["revision"]}
            await collection.update_one(guard, {"$set": {"days": document["days"]}})


async def _sites_and_resources(store: Store) -> None:
    """Items name venues and resources, persons say whether they need ways without steps: nobody did so before."""
    for name in ("itineraries", "itinerary_issues"):
        collection = store.collection(name)
        async for document in collection.find({"days.items.id": {"$exists": True}}, {"days": 1, "revision": 1}):
            for item in (item for day in document["days"] for item in day["items"]):
                item.setdefault("resources", [])
                if item["place"] is not None:
                    item["place"] = {"site": None, "site_room": None} | item["place"]
            guard = {"_id": document["_id"], "revision": document["revision"]}
            await collection.update_one(guard, {"$set": {"days": document["days"]}})
    unasked = {"needs_step_free": {"$exists": False}}
    await store.collection("persons").update_many(unasked, {"$set": {"needs_step_free": None}})


async def _erasure_and_the_seventh_day(store: Store) -> None:
    """Nobody was erased yet; hosts see their guests to the end of the seventh day here, no longer to that in UTC."""
    persons = store.collection("persons")
    await persons.update_many({"erased_at": {"$exists": False}}, {"$set": {"erased_at": None, "erased_because": None}})
    zone = ZoneInfo(Settings().zone)
    async for document in persons.find({"visits.0": {"$exists": True}}, {"visits": 1}):
        visits = [visit | {"closes_at": _local_midnight(visit["closes_at"], zone)} for visit in document["visits"]]
        if visits != document["visits"]:
            # Guarded on what was read: a change made meanwhile has kept the new form already.
            guard = {"_id": document["_id"], "visits": document["visits"]}
            await persons.update_one(guard, {"$set": {"visits": visits}})


def _local_midnight(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Midnight in UTC as midnight in a zone; anything else has been moved already."""
    if moment is None or moment.time() != time():
        return moment
    return moment.replace(tzinfo=zone).astimezone(UTC)


async def _open_titles(store: Store) -> None:
    """Titles and days of visits are open once they are published: their words are found under that label."""
    collection = store.collection("delegations")
    async for document in collection.find({"terms": {"$regex": "^campus:"}}, {"terms": 1, "revision": 1}):
        moved = sorted({term.replace("campus:", "open:", 1) for term in document["terms"]})
        guard = {"_id": document["_id"], "revision": document["revision"]}
        await collection.update_one(guard, {"$set": {"terms": moved}})
    for name in ("partners", "venues"):
        await store.collection(name).update_many({"slug": {"$exists": False}}, {"$set": {"slug": None}})


async def _numbered_trail(store: Store) -> None:
    """Entries of the history are numbered by their order; events say whom they may concern.

    Of the moments of before nothing is known, so that they open nothing to the public.
    """
    history = store.collection("history")
    last: dict[str, int] = {}
    async for entry in history.find({}, {"record": 1, "number": 1}, sort=[("record", 1), ("at", 1), ("_id", 1)]):
        number = last[entry["record"]] = last.get(entry["record"], 0) + 1
        if entry.get("number") != number:
            await history.update_one({"_id": entry["_id"], "number": {"$exists": False}}, {"$set": {"number": number}})
    outbox = store.collection("outbox")
    async for event in outbox.find({"who": {"$exists": False}}):
        before, after = event["scope_before"], event["scope_after"]
        labels = {key.partition("|")[0] for key in event["keys"]} | ({"scope"} if before != after else set())
        known = {"labels": sorted(labels), "who": sorted({*before, *after})}
        await outbox.update_one(
            {"_id": event["_id"]}, {"$set": known | {"published_before": None, "published_after": None}}
        )


async def _visits_and_trails(store: Store) -> None:
    """Open titles, public addresses, and a trail that changes and the past are read from."""
    await _open_titles(store)
    await _numbered_trail(store)


async def _confidential_persons(store: Store) -> None:
    """Everybody whom the office knows so far stays known to it."""
    unmarked = {"confidential": {"$exists": False}}
    await store.collection("persons").update_many(unmarked, {"$set": {"confidential": False}})


MIGRATIONS: list[Migration] = [
    Migration(1, "initial", _initial),
    Migration(2, "people of items", _people_of_items),
    Migration(3, "sites and resources of items", _sites_and_resources),
    Migration(4, "erasure and the seventh day", _erasure_and_the_seventh_day),
    Migration(5, "open titles and numbered trails", _visits_and_trails),
    Migration(6, "confidential persons", _confidential_persons),
]


async def pending(store: Store, migrations: list[Migration] = MIGRATIONS) -> list[Migration]:
    """Give the migrations that have not been run, by number.

    Raises StoreRefused when a migration was run that this program does not know, and StoreUnavailable.
    """
    with translated():
        done = {entry["_id"] async for entry in store.collection(COLLECTION).find({}, {"_id": 1})}
    unknown = done - {migration.number for migration in migrations}
    if unknown:
        raise StoreRefused(
            f"The database {store.db.name} had migration {max(unknown)}, which this program does not know: "
            "install the newer korpu that ran it."
        )
    return sorted((each for each in migrations if each.number not in done), key=lambda each: each.number)


async def migrate(store: Store, progress: Progress, migrations: list[Migration] = MIGRATIONS) -> list[Migration]:
    """Run what is pending and give it; `progress(migration, done, total)` is called before each and after the last."""
    todo = await pending(store, migrations)
    for done, migration in enumerate(todo):
        progress(migration, done, len(todo))
        with translated():
            await migration.run(store)
            entry = {"name": migration.name, "at": datetime.now(UTC)}
            await store.collection(COLLECTION).update_one(
                {"_id": migration.number}, {"$setOnInsert": entry}, upsert=True
            )
    if todo:
        progress(todo[-1], len(todo), len(todo))
    return todo


async def check_migrations(store: Store, migrations: list[Migration] = MIGRATIONS) -> None:
    """Let the service start: migrate a database with nothing in it, and refuse one that is behind.

    Run before `register`, which creates collections. Raises MigrationsPending, or what `pending` raises.
    """
    with translated():
        empty = not await store.db.list_collection_names()
    if empty:
        await migrate(store, lambda *_: None, migrations)
    elif todo := await pending(store, migrations):
        names = ", ".join(f"{migration.number} {migration.name}" for migration in todo)
        raise MigrationsPending(f"The database {store.db.name} awaits migrations ({names}): run `korpu migrate`.")
