"""Marks: what moves them, who waits for whom, and that a read never answers from before it was asked."""

import asyncio
from typing import Any

import pytest
from pymongo import monitoring

from auth.caller import Role, caller
from auth.marks import COLLECTION, CONCERNED, UNITS, Marks, concerned, move, of_account, of_person, of_service
from documents.kinds import KINDS
from documents.lease import Leases
from documents.person import Person, PersonCategory
from documents.store import Store
from errors import StoreUnavailable
from resolvers.bulk import made as bulk_made
from resolvers.bulk import write
from resolvers.context import Services
from resolvers.history import Change
from tests.conftest import Ask
from tests.factories.records import HEAD, act, made
from tests.world import NOW


class Reads(monitoring.CommandListener):
    """Counts reads of marks."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Count a read."""
        self.count += event.command_name == "find" and event.command.get("find") == COLLECTION

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing to note."""


READS = Reads()
monitoring.register(READS)


def test_what_a_change_concerns() -> None:
    """Whom it concerned before, and whom it concerns now; other kinds concern nobody."""
    assert CONCERNED.keys() <= KINDS.keys()
    assert concerned("Contact", {"person": "prs_a"}, {"person": "prs_b"}) == {of_person("prs_a"), of_person("prs_b")}
    assert concerned("Contact", {}, {"person": None}) == set()
    assert concerned("Cover", {}, {"by": "prs_a", "officer": "prs_b"}) == {of_person("prs_a")}
    assert concerned("Unit", {}, {"_id": "unt_a"}) == {UNITS}
    assert concerned("Account", {}, {"key": "k", "_id": "acc_a"}) == {of_account("k")}
    assert concerned("ServiceAccount", {"_id": "svc_a"}, {"_id": "svc_a"}) == {of_service("svc_a")}
    assert concerned("ServiceAccount", {}, {"_id": "svc_a"}) == set()
    assert concerned("Person", {}, {"_id": "prs_a"}) == set()
    assert concerned("Delegation", {}, {"_id": "dlg_a", "person": "prs_a"}) == set()


async def test_changes_move_marks_with_what_they_change(ask: Ask, services: Services) -> None:
    """By the graph, and in batches for imports."""
    marks = Marks(services.store)
    person = await made(ask, "Person")
    (first,) = (await marks.now({of_person(person)})).values()
    assert (await act(ask, HEAD, "deactivate", "Person", person))["problems"] == []
    (second,) = (await marks.now({of_person(person)})).values()
    assert second > first
    imported = Person(given_name="A", family_name="B", category=PersonCategory.STAFF, created_at=NOW)
    change = bulk_made(imported)
    await write(services.store, NOW, None, [change])
    # Who is new was derived by nobody.
    assert (await marks.now({of_person(change.document["_id"])})) == {of_person(change.document["_id"]): 0}
    again = Change("Person", "update", change.document, change.document | {"status": "INACTIVE"}, [], [])
    await write(services.store, NOW, None, [again])
    assert (await marks.now({of_person(change.document["_id"])})) == {of_person(change.document["_id"]): 1}


async def test_a_change_that_is_not_kept_moves_nothing(ask: Ask, services: Services) -> None:
    """A mark moves in the change's own transaction, or not at all."""
    marks = Marks(services.store)

    async def fail(session: Any) -> None:
        await move(services.store, {UNITS}, session)
        raise LookupError

    before = await marks.now({UNITS})
    with pytest.raises(LookupError):
        await services.store.transaction(fail)
    assert await marks.now({UNITS}) == before
    await made(ask, "Unit")
    assert await marks.now({UNITS}) != before


async def test_requests_at_once_share_a_read(store: Store, services: Services) -> None:
    """Two hundred of different callers take two reads: the first one's, and one for all who came meanwhile."""
    del services
    marks = Marks(store)
    READS.count = 0
    found = await asyncio.gather(*(marks.now({f"m{number}", UNITS}) for number in range(200)))
    assert [sorted(each) for each in found] == [sorted({f"m{number}", UNITS}) for number in range(200)]
    assert READS.count <= 2


async def test_whoever_asks_after_a_change_hears_of_it(store: Store, services: Services) -> None:
    """Also while a read is under way that began before: nobody is given what was read before they asked."""
    del services
    marks = Marks(store)
    for number in range(1, 40):
        early = [asyncio.create_task(marks.now({"x"})) for _ in range(3)]
        await asyncio.sleep(0)
        await store.collection(COLLECTION).update_one({"_id": "x"}, {"$set": {"number": number}}, upsert=True)
        assert await marks.now({"x"}) == {"x": number}
        assert {(await task)["x"] for task in early} <= {number - 1, number}


async def test_an_absent_store_is_told_to_all_and_the_next_read_begins_anew(store: Store, services: Services) -> None:
    """Everyone who waits hears of it, whoever left does no harm, and later ones are served."""
    del services

    class Broken:
        def __init__(self) -> None:
            self.broken = True
            self.leases = Leases(0)

        def collection(self, name: str) -> Any:
            if self.broken:
                raise StoreUnavailable("away")
            return store.collection(name)

    broken = Broken()
    marks = Marks(broken)  # type: ignore[arg-type]  # a store that is away
    gone = asyncio.create_task(marks.now({"x"}))
    waiting = asyncio.gather(*(marks.now({"x"}) for _ in range(3)), return_exceptions=True)
    await asyncio.sleep(0)
    gone.cancel()
    assert all(isinstance(each, StoreUnavailable) for each in await waiting)
    broken.broken = False
    assert await marks.now({"x"}) == {"x": 0}


async def test_an_anonymous_caller_takes_no_mark(ask: Ask) -> None:
    """Nobody in particular is asked for nothing."""
    READS.count = 0
    await ask(caller(Role.ANONYMOUS), "{ viewer { roles } }")
    assert READS.count == 0
