"""How long an import takes beside inserting the same documents, history and outbox included, in bare batches.

``python -m bench.import_speed [FILE …]`` prints the ratio for each file. Without a file it takes the published lists of
``../shared/data`` where they are, and else a list that it makes. Each way has a fresh server, one after the other.
"""

import asyncio
import csv
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from documents.batch import insert
from documents.embedded import start_embedded
from documents.kinds import prepare
from documents.store import Store, connect
from exchange.import_partners import BATCH, import_partners
from settings import Settings

DATA = Path(__file__).parents[1].parent / "shared" / "data"
PUBLISHED = ("eche-2026-04-08.xlsx", "world-universities.json")
COLLECTIONS = ("partners", "proposals", "history", "outbox")
MADE_ROWS = 3_000
# Larger ones are faster where they succeed, and were seen to stall the embedded server on the longer list.
BARE = 100


async def measure(path: Path, folder: Path) -> None:
    """Import ``path``, insert what came of it bare, and print both times and their ratio."""
    async with _fresh(folder) as store:
        clock, cpu = time.monotonic(), time.process_time()
        report = await import_partners(
            store,
            path,
            dry_run=False,
            clock=lambda: datetime.now(UTC),
            by=None,
            home=folder,
            progress=lambda _done, _total: None,
        )
        took, own = time.monotonic() - clock, time.process_time() - cpu
        documents = {name: await store.collection(name).find({}).to_list() for name in COLLECTIONS}
    async with _fresh(folder) as store:
        clock = time.monotonic()
        for name, found in documents.items():
            await _insert(store, name, found)
        floor = time.monotonic() - clock
    count = sum(map(len, documents.values()))
    print(f"{path.name}: {report.rows} rows in batches of {BATCH}, {count} documents bare in batches of {BARE}")
    print(f"  import {took:.1f} s (of it {own:.1f} s of its own CPU), bare {floor:.1f} s, ratio {took / floor:.2f}")


@asynccontextmanager
async def _fresh(folder: Path) -> AsyncIterator[Store]:
    """Give an empty store on a server of its own, as durable as the service's."""
    server = await start_embedded(Path(tempfile.mkdtemp(dir=folder)))
    try:
        store = await connect(Settings(store_timeout_seconds=300), server.uri)
        await prepare(store)
        yield store
        await store.close()
    finally:
        await server.stop()


async def _insert(store: Store, name: str, documents: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(documents), BARE):
        await insert(store.collection(name), documents[start : start + BARE])


def _made(folder: Path) -> Path:
    path = folder / "made.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("Name", "Country", "City", "PIC", "Website"))
        for number in range(MADE_ROWS):
            site = f"https://www.u{number}.example"
            writer.writerow((f"University of Place {number}", "AZ", "Bakı", 100_000_000 + number, site))
    return path


async def main(names: Sequence[str]) -> None:
    """Measure each file on a server that keeps its promises."""
    folder = Path(tempfile.mkdtemp())
    files = [Path(name) for name in names] or [DATA / name for name in PUBLISHED if (DATA / name).exists()]
    try:
        for file in files or [_made(folder)]:
            # under a name of the bench's own, so that the rejects are written here
            path = folder / file.name
            if not path.exists():
                path.symlink_to(file.resolve())
            await measure(path, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
