"""How far imports have come: what a file that was broken off goes on from, and which partner each row has become.

Kept in two collections of the system. `imports` holds one document per file, by the digest of its contents, and the
guard that every batch takes. `import_rows` holds, per batch, the rows that found their partner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from documents.batch import end_session, insert
from documents.store import Store, translated
from resolvers.bulk import Overtaken

IMPORTS = "imports"
ROWS = "import_rows"
# One for all files: of two imports at once, each sees what the other wrote before it decides.
GUARD = "partners"
# Names the session that wrote last, so that what it left open when it was killed need not time out.
WRITER = "partners session"


@dataclass(slots=True)
class Checkpoint:
    """How far the import of one file has come. `row` is the last one that was settled, 0 before the first.

    `portals` are the domains found to be a portal's when it began; `batch` counts the batches of all imports.
    """

    digest: str
    file: str
    batch: int = 0
    row: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    portals: list[str] | None = None
    finished: bool = False


async def prepare_imports(store: Store) -> None:
    """Make both collections ahead of the first transaction, in which they could not be made without conflicts."""
    with translated():
        await store.collection(IMPORTS).update_one({"_id": GUARD}, {"$setOnInsert": {"batch": 0}}, upsert=True)
        await store.collection(ROWS).update_one({"_id": 0}, {"$setOnInsert": {"partners": {}}}, upsert=True)


async def end_broken_off(store: Store) -> None:
    """Free what an import that was killed still holds. One that is alive repeats its batch."""
    with translated():
        writer = await store.collection(IMPORTS).find_one({"_id": WRITER})
        if writer is not None:
            await end_session(store.db, writer["session"])


async def name_writer(store: Store, session: Any) -> None:
    """Keep which session writes, outside its transaction."""
    kept = {"session": session.session_id["id"]}
    await store.collection(IMPORTS).update_one({"_id": WRITER}, {"$set": kept}, upsert=True)


async def read_checkpoint(store: Store, digest: str, file: str) -> Checkpoint:
    """Give where the import of a file goes on: at its beginning where it has not begun, or was finished."""
    imports = store.collection(IMPORTS)
    with translated():
        guard = await imports.find_one({"_id": GUARD})
        kept = await imports.find_one({"_id": digest})
    found = Checkpoint(digest, file, batch=guard["batch"] if guard else 0)
    if kept is None:
        return found
    if kept["finished_at"] is not None:
        found.finished = True
        return found
    found.row, found.counts, found.portals = kept["row"], kept["counts"], kept["portals"]
    return found


async def read_settled(store: Store) -> dict[str, str]:
    """Give the partner that each row of earlier imports became, by the row's digest; the latest word counts."""
    with translated():
        batches = await store.collection(ROWS).find({}, sort=[("_id", 1)]).to_list()
    settled: dict[str, str] = {}
    for each in batches:
        settled |= each["partners"]
    return settled


async def keep_checkpoint(
    store: Store, session: Any, checkpoint: Checkpoint, settled: Mapping[str, str], now: datetime
) -> None:
    """Keep how far an import has come, in the transaction of its batch. Raises Overtaken where another one was first.

    The checkpoint is as it is to be kept, its `batch` being the one that is written now.
    """
    imports = store.collection(IMPORTS)
    guard = {"_id": GUARD, "batch": checkpoint.batch - 1}
    taken = await imports.update_one(guard, {"$set": {"batch": checkpoint.batch}}, session=session)
    if taken.matched_count != 1:
        raise Overtaken("Another import is writing at the same moment")
    document = {
        "file": checkpoint.file,
        "row": checkpoint.row,
        "counts": checkpoint.counts,
        "portals": checkpoint.portals,
        "at": now,
        "finished_at": now if checkpoint.finished else None,
    }
    await imports.update_one({"_id": checkpoint.digest}, {"$set": document}, upsert=True, session=session)
    if settled:
        batch = {"_id": checkpoint.batch, "partners": dict(settled), "file": checkpoint.digest}
        await insert(store.collection(ROWS), [batch], session)
