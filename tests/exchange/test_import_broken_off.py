"""IMPORT: one that is killed goes on, others who write at the same time lose nothing, and a batch is all or nothing."""

import asyncio
import random
import re
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from auth.caller import Role, caller
from documents.kinds import prepare
from documents.partner import Partner, PartnerType
from documents.store import Store
from documents.values import Text
from exchange.import_partners import BATCH, import_partners
from resolvers import bulk
from resolvers.draft import parse
from tests.conftest import Ask, dump
from tests.exchange.lists import NOW, OUTCOMES, ROWS, Cells, another, made_rows, outcomes, run, state, write_file

ROOT = Path(__file__).parents[2]

KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from documents.kinds import prepare
from documents.store import connect
from exchange.import_partners import import_partners
from settings import Settings

async def main(uri, database, path):
    store = await connect(Settings(database=database), uri)
    await prepare(store)
    await import_partners(
        store, path, dry_run=False, clock=lambda: datetime.now(UTC), by=None, home=path.parent,
        progress=lambda done, total: print(done, flush=True),
    )

asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
"""


async def kill_somewhere(command: list[str], draw: random.Random) -> tuple[int, int]:
    """Start an import and kill it at a random point: the row at which it began, and how it ended."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    began = await process.stdout.readline()
    if draw.random() < 0.5:
        await process.stdout.readline()
    await asyncio.sleep(draw.uniform(0, 0.15))
    with suppress(ProcessLookupError):
        process.kill()
    _, errors = await process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), errors.decode()
    return int(began), process.returncode


async def test_an_import_that_is_killed_goes_on_to_the_same_end(store: Store, store_uri: str, tmp_path: Path) -> None:
    """Killed at random points again and again, it ends with what an unbroken import leaves, told in the same counts."""
    path = write_file(tmp_path / "list.csv", made_rows(12 * BATCH + 20))
    await prepare(store)
    seed = random.SystemRandom().randrange(2**32)
    draw = random.Random(seed)  # noqa: S311 - where it is killed
    command = [sys.executable, "-c", KILLED, store_uri, store.db.name, str(path)]
    runs: list[tuple[int, int]] = []
    # On a fast machine it may reach its end before the last kill.
    while len(runs) < 5 and all(ended for _, ended in runs):
        runs.append(await kill_somewhere(command, draw))
    assert sum(began > 0 for began, _ in runs) >= 1, f"no run went on from where another was killed: {runs}"
    await run(store, path)
    async with another(store_uri) as unbroken:
        expected = await run(unbroken, path)
        assert expected.created
        assert expected.merged
        assert expected.proposed
        assert await state(store) == await state(unbroken), f"seed {seed}: {runs}"


async def test_two_imports_at_once_write_no_partner_twice(store: Store, store_uri: str, tmp_path: Path) -> None:
    """Each batch takes the guard: who comes second sees what the first wrote before deciding."""
    rows = made_rows(3 * BATCH)
    await prepare(store)
    paths = [write_file(tmp_path / "one.csv", rows), write_file(tmp_path / "two.csv", [*rows, ROWS[1]])]
    await asyncio.gather(*(run(store, path) for path in paths))
    async with another(store_uri) as alone:
        for path in paths:
            await run(alone, path)
        shared, apart = await dump(store, "partners"), await dump(alone, "partners")
    assert len(shared["partners"]) == len(apart["partners"])
    held = Counter(key for found in shared["partners"] for key in found["identifier_keys"])
    assert set(held.values()) == {1}


async def test_an_edit_during_the_import_is_neither_lost_nor_a_failure(office: Store, tmp_path: Path) -> None:
    """A partner that someone changes between reading and writing is read again, and keeps what was put there."""
    path = write_file(tmp_path / "list.csv", ROWS)
    edits = 0

    def edit(done: int, _total: int) -> None:
        nonlocal edits
        if done == 0 and edits == 0:
            edits = 1
            tasks.append(asyncio.ensure_future(_edit(office)))

    tasks: list[asyncio.Future[None]] = []
    report = await import_partners(
        office, path, dry_run=False, clock=lambda: NOW, by=None, home=tmp_path, progress=edit
    )
    await asyncio.gather(*tasks)
    assert outcomes(report) == OUTCOMES
    partner = await office.collection("partners").find_one({"domains": "bsu.edu.az", "local_name": {"$ne": None}})
    assert partner is not None
    assert partner["local_name"] == "Bakı Dövlət Universiteti"
    assert partner["website"] == "https://bsu.edu.az"


async def _edit(store: Store) -> None:
    partners = store.collection("partners")
    while True:
        before = await partners.find_one({"name.en": "Baku State University"})
        assert before is not None
        partner = parse(Partner, before)
        partner.local_name = "Bakı Dövlət Universiteti"
        changed = bulk.changed(before, partner)
        assert changed is not None
        try:
            return await bulk.write(store, NOW, None, [changed])
        except (bulk.Overtaken, OperationFailure):
            continue


async def test_a_batch_is_refused_where_its_record_is_not_what_it_was(office: Store) -> None:
    """The true revision guards every record of a batch, and a refused batch leaves nothing behind."""
    (before,) = (await dump(office, "partners"))["partners"]
    partner = parse(Partner, before)
    partner.city = "Bakı"
    change = bulk.changed(before, partner)
    assert change is not None
    await bulk.write(office, NOW, None, [change])
    kept = await dump(office)
    other = Partner(name=Text(en="Other"), type=PartnerType.OTHER, country="AZ")
    with pytest.raises(bulk.Overtaken):
        await bulk.write(office, NOW, None, [bulk.made(other), change])
    twin = Partner(name=Text(en="Twin"), type=PartnerType.OTHER, country="AZ", identifiers=partner.identifiers)
    with pytest.raises(bulk.Overtaken):
        await bulk.write(office, NOW, None, [bulk.made(other), bulk.made(twin)])
    assert await dump(office) == kept


async def test_a_batch_leaves_what_a_single_change_leaves(
    ask: Ask, store: Store, store_uri: str, tmp_path: Path
) -> None:
    """A partner that is imported and one that an officer enters differ in nothing but who made them, and when."""
    entered: Cells = {"name": {"en": "Khazar University"}, "country": "AZ", "type": "UNIVERSITY"}
    entered |= {"identifiers": [{"scheme": "PIC", "value": "123456789"}]}
    mutation = "mutation($input: CreatePartnerInput!) { createPartner(input: $input) { problems { message } } }"
    answer = await ask(caller(Role.OFFICER, person="prs_1"), mutation, input=entered)
    assert answer["createPartner"]["problems"] == []
    changed = [{"Name": "Khazar University", "Country": "AZ", "PIC": 123456789}]
    async with another(store_uri) as imported:
        await run(imported, write_file(tmp_path / "list.csv", changed))
        for name in ("partners", "history", "outbox"):
            (one,), (two,) = (await dump(store, name))[name], (await dump(imported, name))[name]
            assert one.keys() == two.keys()
            assert _shape(one) == _shape(two), name


def _shape(document: dict[str, Any]) -> str:
    drawn = ("_id", "code", "at", "created_at", "by", "created_by")
    kept = {name: value for name, value in document.items() if name not in drawn}
    return re.sub(r"prt_[0-9a-z]{20}", "<id>", repr(sorted(kept.items())))
