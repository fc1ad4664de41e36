"""What happened to a record, to each as far as they may see; and the outbox, which live events come from."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
from bson import Decimal128

from auth.marks import concerned, move
from documents.kinds import KINDS, tree_of
from documents.record import graphql_name
from documents.store import translated
from errors import Invalid
from resolvers.context import Context
from resolvers.diff import Touched
from resolvers.load import Load, Row, rows
from resolvers.references import told

if TYPE_CHECKING:
    from resolvers.draft import Draft

HISTORY = "history"
OUTBOX = "outbox"
# Among the labels of an event: the record may have come into somebody's scope, or left it.
SCOPED = "scope"
MOST = 100
# Instants are in UTC, whether they say so or not.
INSTANTS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


@dataclass(frozen=True, slots=True)
class PathChange:
    """One path that changed, with its values as JSON; null where there was or is none."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a record."""

    at: datetime
    by: Row | None
    action: str
    changes: list[PathChange]


@dataclass(frozen=True, slots=True)
class Past:
    """One page of a record's history, the newest entry first."""

    nodes: list[Entry]
    end_cursor: str | None
    has_next_page: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a record as its history and the outbox tell of it. ``before`` is empty for a new record."""

    kind: str
    action: str
    before: Mapping[str, Any]
    document: dict[str, Any]
    keys: list[str]
    touched: list[Touched]


def trail(change: Change, now: datetime, by: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a change leaves behind: its entry of the history and its event of the outbox."""
    record = change.document["_id"]
    told = {"kind": change.kind, "record": record, "at": now, "action": change.action, "keys": change.keys}
    changes = [found.stored() for found in change.touched]
    entry = {"_id": uuid4().hex, **told, "number": change.document["revision"], "by": by, "changes": changes}
    return entry, event(change, now)


def event(change: Change, at: datetime) -> dict[str, Any]:
    """What a change, or the end of an embargo, leaves in the outbox."""
    sides: tuple[Mapping[str, Any], ...] = (change.before, change.document)
    before, after = ({name: side.get(name) for name in ("scope", "published_from")} for side in sides)
    labels = {key.partition("|")[0] for key in change.keys} | ({SCOPED} if before != after else set())
    return {
        "_id": uuid4().hex,
        "kind": change.kind,
        "record": change.document["_id"],
        "at": at,
        "action": change.action,
        "keys": change.keys,
        "labels": sorted(labels),
        "scope_before": before["scope"] or [],
        "scope_after": after["scope"],
        "published_before": before["published_from"],
        "published_after": after["published_from"],
        "who": sorted({*(before["scope"] or []), *(after["scope"] or [])}),
    }


def appears(change: Change, now: datetime) -> dict[str, Any] | None:
    """The event of the instant at which an embargo ends; it tells nothing if the record is public no more by then."""
    moment = change.document["published_from"]
    if moment is None or moment <= now or moment == change.before.get("published_from"):
        return None
    return event(Change(change.kind, "appear", {"scope": []}, change.document, [], []), moment)


async def remember(draft: "Draft", keys: list[str], touched: list[Touched]) -> None:
    """Write the entry of the history and the event of the outbox, and move whose access it may change.

    All in the change's own transaction.
    """
    context = draft.context
    change = Change(draft.kind, draft.action, draft.before, draft.document, keys, touched)
    entry, told = trail(change, context.now, context.caller.person)
    await context.store.collection(HISTORY).insert_one(entry, session=draft.session)
    events = [found for found in (told, appears(change, context.now)) if found is not None]
    await context.store.collection(OUTBOX).insert_many(events, session=draft.session)
    await move(context.store, concerned(draft.kind, draft.before, draft.document), draft.session)


async def rescoped(draft: "Draft", kind: str, record: dict[str, Any], scope: list[str]) -> None:
    """Write the event of a record that follows another one's scope; of its own nothing has changed."""
    context = draft.context
    moved = event(Change(kind, "update", record, record | {"scope": scope}, [], []), context.now)
    await context.store.collection(OUTBOX).insert_one(moved, session=draft.session)


def as_json(value: Any) -> str | None:
    """A stored value as JSON text; null stays null."""
    return None if value is None else orjson.dumps(value, default=_default, option=INSTANTS).decode()


def _default(value: Any) -> Any:
    if isinstance(value, Decimal128):
        return str(value.to_decimal())
    raise TypeError


async def history(context: Context, row: Row, first: int, after: str | None, people: Load) -> Past:
    """The entries of a record that the caller may see something of, the newest first, under today's rights.

    ``people`` is what to load of those who did it.
    """
    if not 0 <= first <= MOST:
        msg = f"first is {first}: give a number from 0 to {MOST}"
        raise Invalid(msg)
    record = row.now
    readable = readable_keys(row)
    query: dict[str, Any] = {"record": record["_id"], "keys": {"$in": sorted(readable)}}
    if after is not None:
        at, number = await _place(context, record["_id"], after)
        query["$or"] = [{"at": {"$lt": at}}, {"at": at, "number": {"$lt": number}}]
    with translated():
        cursor = context.store.collection(HISTORY).find(query, sort=[("at", -1), ("number", -1)], limit=first + 1)
        found = await cursor.to_list()
    ids = sorted({entry["by"] for entry in found[:first] if entry["by"]})
    loaded = await rows(context, people, {"_id": {"$in": ids}}) if ids else []
    names = {person.doc["_id"]: person for person in loaded}
    nodes = [await _entry(context, entry, names, readable) for entry in found[:first]]
    end = _cursor(found[first - 1]) if nodes and len(nodes) == first else _cursor(found[-1]) if nodes else None
    return Past(nodes, end, has_next_page=len(found) > first)


def readable_keys(row: Row) -> set[str]:
    """The keys under which a record was changed that the caller reads on it today."""
    record = row.now
    bits = row.sight.bits(record)
    return {key for key in record["counts"] if row.sight.reads_key(key, record, bits)}


async def _entry(context: Context, entry: dict[str, Any], people: dict[str, Row], readable: set[str]) -> Entry:
    shown = await told(context, entry["kind"], [found for found in entry["changes"] if found["key"] in readable])
    changes = [PathChange(found["path"], as_json(found["before"]), as_json(found["after"])) for found in shown]
    named = not entry["changes"] or telling(entry["kind"], entry["action"], {found.path for found in changes})
    return Entry(entry["at"], people.get(entry["by"] or ""), entry["action"] if named else "update", changes)


# The path that a moment moves.
_MOVES = {
    "archive": "archivedAt",
    "restore": "archivedAt",
    "publish": "publishedFrom",
    "unpublish": "publishedFrom",
    "issue": "issuedAt",
}


def telling(kind: str, action: str, shown: set[str]) -> bool:
    """Whether the changes that show tell what was done; else its name would tell of a hidden part that it moved.

    It goes by what shows alone: whether more is hidden must not show either.
    """
    if action in ("create", "update") or "status" in shown or _MOVES.get(action) in shown:
        return True
    takes = next((step.takes for step in KINDS[kind].lifecycle.actions if step.name == action), ())
    if shown & {graphql_name(name) for name in takes}:
        return True
    # A merge moves references wherever they stand.
    names = {path.graphql for path in tree_of(kind).walk() if path.reference} if action in ("merge", "unmerge") else ()
    return any(path.rpartition(".")[2].partition("[")[0] in names for path in shown)


def _cursor(entry: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([entry["at"].isoformat(), entry["_id"]])).rstrip(b"=").decode()


async def _place(context: Context, record: str, cursor: str) -> tuple[datetime, int]:
    """Where a page ended. The cursor names the entry alone: its number counts hidden changes, too. Raises Invalid."""
    try:
        identifier = str(orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))[1])
    except (ValueError, TypeError, LookupError):
        identifier = ""
    with translated():
        query = {"_id": identifier, "record": record}
        found = await context.store.collection(HISTORY).find_one(query, {"at": 1, "number": 1})
    if found is None:
        msg = "after is no cursor of this history: take endCursor of the page before"
        raise Invalid(msg)
    return found["at"], found["number"]
