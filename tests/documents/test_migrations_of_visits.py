"""Migrations: open titles, public addresses, a trail that changes and the past are read from, confidential persons."""

from datetime import UTC, datetime

from documents.migrations import MIGRATIONS
from documents.store import Store

AT = datetime(2026, 5, 4, 9, tzinfo=UTC)


async def test_what_is_stored_already_gets_what_is_new(store: Store) -> None:
    """Words of titles move to the open label, history is numbered, events say whom they concern; also run again."""
    await store.collection("delegations").insert_one({"_id": "dlg_1", "revision": 1, "terms": ["campus:a", "office:b"]})
    await store.collection("partners").insert_one({"_id": "prt_1"})
    entries = [{"_id": name, "record": "dlg_1", "at": AT} for name in ("a", "b")]
    await store.collection("history").insert_many(entries)
    event = {"_id": "e", "keys": ["shared|members=prt_1"], "scope_before": ["office"], "scope_after": ["campus"]}
    await store.collection("outbox").insert_one(event)
    (migration,) = (each for each in MIGRATIONS if each.number == 5)
    for _ in range(2):
        await migration.run(store)
        visit = await store.collection("delegations").find_one({})
        assert visit is not None
        assert visit["terms"] == ["office:b", "open:a"]
        assert await store.collection("partners").find_one({}) == {"_id": "prt_1", "slug": None}
        numbers = {found["_id"]: found["number"] async for found in store.collection("history").find({})}
        assert numbers == {"a": 1, "b": 2}
        assert await store.collection("outbox").find_one({}) == event | {
            "labels": ["scope", "shared"],
            "who": ["campus", "office"],
            "published_before": None,
            "published_after": None,
        }


async def test_persons_who_are_known_stay_known(store: Store) -> None:
    """Migration 6: nobody of before becomes confidential; who is stays so when it runs again."""
    await store.collection("persons").insert_many([{"_id": "prs_1"}, {"_id": "prs_2", "confidential": True}])
    (migration,) = (each for each in MIGRATIONS if each.number == 6)
    for _ in range(2):
        await migration.run(store)
        kept = {found["_id"]: found["confidential"] async for found in store.collection("persons").find({})}
        assert kept == {"prs_1": False, "prs_2": True}
