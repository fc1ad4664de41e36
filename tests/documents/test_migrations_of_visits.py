"""Migration 5: open titles, public addresses, and a trail that changes and the past are read from."""

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
