"""The batch form of a change: many records, their history and their events in one transaction, for imports.

What is written is what `resolvers.draft` writes one by one. Nobody's rights are asked for: whoever imports may.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from auth.marks import concerned, move
from documents.batch import insert, update
from documents.kinds import collection_of, tree_of
from documents.record import Record
from documents.stamp import stamp
from documents.store import DuplicateKeyError, Store
from resolvers.counts import advance, begin, moved
from resolvers.diff import diff
from resolvers.history import HISTORY, OUTBOX, Change, trail

Stored = dict[str, Any]
Also = Callable[[Any], Awaitable[None]]


class Overtaken(Exception):
    """Someone else wrote the same at the same moment, and the batch was not kept: read again and decide anew."""


def made(record: Record) -> Change:
    """The making of a record. Raises TypeError for a kind whose records follow a parent's scope."""
    kind = _kind(record)
    document = stamp(record)
    return Change(kind, "create", {}, document, begin(kind, document), [])


def changed(before: Mapping[str, Any], record: Record, action: str = "update") -> Change | None:
    """The change from a stored record to what it has become, or None where nothing differs.

    ``before`` may be the document of an earlier change of the same batch. Raises TypeError as `made` does.
    """
    kind = _kind(record)
    document = stamp(record)
    touched = diff(tree_of(kind), before, document)
    keys = sorted({found.key for found in touched})
    if not keys and document["scope"] == before["scope"]:
        return None
    advance(before, document, keys)
    return Change(kind, action, before, document, keys, touched)


async def write(
    store: Store, now: datetime, by: str | None, changes: Iterable[Change], *, also: Also | None = None
) -> None:
    """Write changes in their order, all or none, and ``also(session)`` with them.

    Several changes of one record are written at once and remembered each. Raises Overtaken where a stored record is not
    what it was when it was read, or a unique index refuses, and what `Store.transaction` raises.
    """
    new: dict[str, dict[str, Stored]] = {}
    old: dict[str, dict[str, tuple[Mapping[str, Any], Stored]]] = {}
    trails = []
    marks: set[str] = set()
    for change in changes:
        marks |= concerned(change.kind, change.before, change.document)
        name, record = collection_of(change.kind), change.document["_id"]
        if not change.before or record in new.get(name, ()):
            new.setdefault(name, {})[record] = change.document
        else:
            before, _ = old.setdefault(name, {}).get(record, (change.before, change.document))
            old[name][record] = (before, change.document)
        trails.append(trail(change, now, by))
    inserts = {name: list(documents.values()) for name, documents in new.items()}
    if trails:
        inserts |= {HISTORY: [entry for entry, _ in trails], OUTBOX: [event for _, event in trails]}
    updates = {name: [_guarded(*pair) for pair in pairs.values()] for name, pairs in old.items()}

    async def work(session: Any) -> None:
        if also is not None:
            await also(session)
        for name, guarded in updates.items():
            if await update(store.collection(name), guarded, session) != len(guarded):
                raise Overtaken(name)
        for name, documents in inserts.items():
            await insert(store.collection(name), documents, session)
        await move(store, marks, session)

    try:
        await store.transaction(work)
    except DuplicateKeyError as error:
        raise Overtaken(str(error)) from error


def _kind(record: Record) -> str:
    kind = type(record).__name__
    if record.parent is not None:
        msg = f"{kind} follows the scope of its {record.parent}: write it with resolvers.draft, one by one"
        raise TypeError(msg)
    return kind


def _guarded(before: Mapping[str, Any], document: Stored) -> tuple[Stored, Stored]:
    return {"_id": before["_id"], "revision": before["revision"]}, moved(before, document)
