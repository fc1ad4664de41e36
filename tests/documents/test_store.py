"""The store: what it refuses, what it survives, and what it promises about transactions."""

import asyncio
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from beanie import Document
from pymongo import IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError, NetworkTimeout, OperationFailure

from documents import migrations
from documents.migrations import Migration
from documents.store import Store, connect, register, translated
from errors import MigrationsPending, SettingsError, StoreBusy, StoreRefused, StoreUnavailable
from settings import Settings


@pytest.fixture(scope="module")
def standalone_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a server that is no replica set."""
    home = tmp_path_factory.mktemp("standalone")
    server = Path(sys.executable).with_name("secantusd-py")
    options = ["--standalone", "--host", "127.0.0.1", "--port", "0", "--storage-path", str(home / "store")]
    with subprocess.Popen([server, *options], stderr=subprocess.PIPE, text=True, cwd=home) as process:
        assert process.stderr is not None
        line = next(line for line in process.stderr if "listening on" in line)
        yield f"mongodb://{line.split()[-1]}/"
        process.terminate()


async def test_refuses_a_server_that_is_no_replica_set(standalone_uri: str) -> None:
    """A standalone server has no transactions, so it is refused with the remedy."""
    with pytest.raises(StoreRefused, match=r"standalone server.*--replSet"):
        await connect(Settings(), standalone_uri)


async def test_says_what_to_check_when_nothing_answers() -> None:
    """An address where nothing listens ends, in the time allowed, in an error that names host and remedy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = asyncio.get_running_loop().time()
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1 did not answer for 1 seconds: check that it runs"):
        await connect(Settings(store_timeout_seconds=1), f"mongodb://user:hush@127.0.0.1:{port}/")
    assert asyncio.get_running_loop().time() - started < 3


async def test_waits_for_a_server_that_is_still_starting(store_uri: str) -> None:
    """A server that begins to answer while the service waits is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    target = int(store_uri.partition("127.0.0.1:")[2].partition("/")[0])
    opening = asyncio.create_task(connect(Settings(), f"mongodb://127.0.0.1:{port}/?directConnection=true"))
    await asyncio.sleep(1)
    assert not opening.done()

    carried: list[asyncio.Task[None]] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", target)
        carried.extend(asyncio.create_task(way) for way in (_copy(reader, back), _copy(there, writer)))

    async with await asyncio.start_server(carry, "127.0.0.1", port):
        opened = await opening
        assert (await opened.client.admin.command("ping"))["ok"]
        await opened.close()
        await asyncio.gather(*carried)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("uri", ["mongodb://user:hu:sh@host/", "mongodb://user:hush@host:port/", "mongodb://"])
async def test_an_unreadable_address_is_a_problem_of_settings_and_keeps_its_password(uri: str) -> None:
    """What the driver cannot read names the setting and shows no part of user or password."""
    with pytest.raises(SettingsError, match="KORPU_MONGODB_URI") as caught:
        await connect(Settings(), uri)
    assert "hu" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_every_write_waits_for_the_majority_and_its_journal(store: Store) -> None:
    """Writes are acknowledged only when a lost server or power cut cannot take them back."""
    assert store.db.write_concern.document == {"w": "majority", "j": True}
    assert store.collection("any").write_concern.document == {"w": "majority", "j": True}
    assert store.db.read_concern.level == "majority"


async def test_the_service_demands_full_writes_even_where_the_address_asks_for_less(store_uri: str) -> None:
    """An option in the address does not weaken what the service promises."""
    opened = await connect(Settings(), f"{store_uri}&w=1&journal=false")
    assert opened.db.write_concern.document == {"w": "majority", "j": True}
    await opened.close()


async def test_exactly_one_of_eight_racing_takers_gets_the_last_place(store: Store) -> None:
    """Takers that update one guard document in their transactions cannot both pass its limit."""
    guards, places = store.collection("guards"), store.collection("places")
    await guards.insert_one({"_id": "quota", "free": 1})

    async def take(name: str) -> bool:
        async def work(session: AsyncClientSession) -> bool:
            guard = await guards.find_one({"_id": "quota"}, session=session)
            assert guard is not None
            if guard["free"] < 1:
                return False
            await asyncio.sleep(0.02)
            await guards.update_one({"_id": "quota"}, {"$inc": {"free": -1}}, session=session)
            await places.insert_one({"taker": name}, session=session)
            return True

        return await store.transaction(work)

    assert sorted(await asyncio.gather(*(take(str(number)) for number in range(8)))) == [False] * 7 + [True]
    assert await places.count_documents({}) == 1
    assert await guards.find_one({"_id": "quota"}) == {"_id": "quota", "free": 0}


async def test_eight_racing_changes_of_one_guard_all_come_through(store: Store) -> None:
    """Conflicts are retried until each of eight concurrent transactions has had its turn."""
    guards = store.collection("guards")
    await guards.insert_one({"_id": "series", "next": 0})

    async def take() -> int:
        async def work(session: AsyncClientSession) -> int:
            guard = await guards.find_one_and_update({"_id": "series"}, {"$inc": {"next": 1}}, session=session)
            assert guard is not None
            return int(guard["next"])

        return await store.transaction(work)

    assert sorted(await asyncio.gather(*(take() for _ in range(8)))) == list(range(8))


async def test_an_error_in_a_transaction_leaves_nothing_behind(store: Store) -> None:
    """What the work raises is raised, once, and what it wrote before is not kept."""
    things, runs = store.collection("things"), []

    async def work(session: AsyncClientSession) -> None:
        runs.append(1)
        await things.insert_one({"_id": 1}, session=session)
        raise LookupError("halfway")

    with pytest.raises(LookupError, match="halfway"):
        await store.transaction(work)
    assert len(runs) == 1
    assert await things.count_documents({}) == 0


async def test_a_conflict_that_does_not_end_is_store_busy(store: Store) -> None:
    """A transaction that always meets another one gives up after its attempts, having written nothing."""
    guards, runs = store.collection("guards"), []
    await guards.insert_one({"_id": "held", "free": 1})

    async def work(session: AsyncClientSession) -> None:
        runs.append(1)
        await guards.find_one({"_id": "held"}, session=session)
        await guards.update_one({"_id": "held"}, {"$inc": {"others": 1}})
        await guards.update_one({"_id": "held"}, {"$set": {"free": 0}}, session=session)

    with pytest.raises(StoreBusy, match=r"12 attempts: try again"):
        await store.transaction(work)
    assert await guards.find_one({"_id": "held"}) == {"_id": "held", "free": 1, "others": len(runs)}


async def test_a_duplicate_in_a_transaction_is_not_retried(store: Store) -> None:
    """A duplicate key is an answer of the store, not an absence of it."""
    things, runs = store.collection("things"), []
    await things.insert_one({"_id": 1})

    async def work(session: AsyncClientSession) -> None:
        runs.append(1)
        await things.insert_one({"_id": 1}, session=session)

    with pytest.raises(DuplicateKeyError):
        await store.transaction(work)
    assert len(runs) == 1


def test_only_absence_and_lateness_become_store_unavailable() -> None:
    """The driver's timeouts are translated; an answer that says no is left as it is."""
    with pytest.raises(StoreUnavailable, match="try again") as caught, translated():
        raise NetworkTimeout("host 10.0.0.1")
    assert "10.0.0.1" not in str(caught.value)
    with pytest.raises(OperationFailure), translated():
        raise OperationFailure("no such command", code=59)


class Thing(Document):
    """A kind for these tests."""

    code: str

    class Settings:
        name = "things"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("code", 1)], name="code", unique=True)]


async def test_register_binds_models_and_creates_their_indexes_once(store: Store) -> None:
    """The declared indexes exist after each start, and nothing else does."""
    await register(store, [Thing])
    await register(store, [Thing])
    assert set(await store.collection("things").index_information()) == {"_id_", "code"}
    await Thing(code="a").insert()
    with pytest.raises(DuplicateKeyError):
        await Thing(code="a").insert()


async def test_register_refuses_an_index_that_differs_from_its_declaration(store: Store) -> None:
    """An index of the same name and other keys is neither dropped nor ignored."""
    await store.collection("things").create_index([("other", 1)], name="code")
    with pytest.raises(StoreRefused, match=r"things has an index that differs.*add a migration"):
        await register(store, [Thing])


async def _nothing(_: Store) -> None:
    """Change nothing."""


async def test_a_new_database_is_migrated_straight_away(store: Store) -> None:
    """Nobody has to run a command before the first start."""
    await migrations.check_migrations(store)
    assert await migrations.pending(store) == []


async def test_a_database_that_is_behind_is_refused_with_the_command_that_helps(store: Store) -> None:
    """The service does not start on stored documents older than itself, until `korpu migrate` has run."""
    await migrations.check_migrations(store)
    later = [*migrations.MIGRATIONS, Migration(900, "later", _nothing)]
    with pytest.raises(MigrationsPending, match=r"900 later.*`korpu migrate`"):
        await migrations.check_migrations(store, later)
    told: list[tuple[str, int, int]] = []
    await migrations.migrate(store, lambda migration, done, total: told.append((migration.name, done, total)), later)
    assert told == [("later", 0, 1), ("later", 1, 1)]
    await migrations.check_migrations(store, later)


async def test_a_database_that_is_ahead_is_refused(store: Store) -> None:
    """An older program does not write into what a newer one has changed."""
    await migrations.migrate(store, lambda *_: None, [*migrations.MIGRATIONS, Migration(900, "later", _nothing)])
    with pytest.raises(StoreRefused, match="900"):
        await migrations.check_migrations(store)


async def test_a_migration_that_breaks_off_runs_again(store: Store) -> None:
    """A migration counts as run only when it came to its end, and those before it stay run."""
    runs: list[str] = []

    async def breaks(_: Store) -> None:
        runs.append("breaks")
        if runs.count("breaks") == 1:
            raise LookupError("halfway")

    async def first(_: Store) -> None:
        runs.append("first")

    steps = [Migration(2, "breaks", breaks), Migration(1, "first", first)]
    with pytest.raises(LookupError):
        await migrations.migrate(store, lambda *_: None, steps)
    await migrations.migrate(store, lambda *_: None, steps)
    assert runs == ["first", "breaks", "breaks"]


def test_migrations_are_numbered_without_gaps() -> None:
    """Numbers count from one, in the order of the list."""
    assert [each.number for each in migrations.MIGRATIONS] == list(range(1, len(migrations.MIGRATIONS) + 1))


async def test_a_store_that_goes_away_is_unavailable(store: Store) -> None:
    """An operation on a closed door ends within the time allowed as StoreUnavailable."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client: Any = store.client.__class__(f"mongodb://127.0.0.1:{silent.getsockname()[1]}", timeoutMS=500)
        gone = Store(client, client[f"test_{secrets.token_hex(4)}"])
        with pytest.raises(StoreUnavailable), translated():
            await gone.collection("things").find_one({})

        async def work(session: AsyncClientSession) -> None:
            await gone.collection("things").find_one({}, session=session)

        with pytest.raises(StoreUnavailable):
            await gone.transaction(work)
        await gone.close()


async def test_hosts_of_before_see_their_guests_to_the_end_of_the_seventh_day_here(store: Store) -> None:
    """Migration 4 moves midnight in UTC to midnight in the university's zone, once, and leaves what has none."""
    (migration,) = [each for each in migrations.MIGRATIONS if each.number == 4]
    closes = datetime(2026, 6, 11, tzinfo=UTC)
    visits = [{"delegation": "dlg_a", "closes_at": closes}, {"delegation": "dlg_b", "closes_at": None}]
    await store.collection("persons").insert_many([{"_id": "prs_a", "visits": visits}, {"_id": "prs_b", "visits": []}])
    for _ in range(2):
        await migration.run(store)
        found = {person["_id"]: person async for person in store.collection("persons").find({})}
        assert [visit["closes_at"] for visit in found["prs_a"]["visits"]] == [
            datetime(2026, 6, 10, 20, tzinfo=UTC),
            None,
        ]
        assert found["prs_b"] == {"_id": "prs_b", "visits": [], "erased_at": None, "erased_because": None}
