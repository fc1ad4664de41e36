"""A record as it was: rebuilt backwards from the record and the history as the caller reads both today.

Nothing else goes into it, so that the past tells no more than the two together.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from auth.mask import deciding
from documents.kinds import tree_of
from documents.store import translated
from documents.tree import Path, Tree
from resolvers.context import Context
from resolvers.diff import WHOLE
from resolvers.draft import copied
from resolvers.history import HISTORY, readable_keys
from resolvers.load import Load, Row, Rows, join, rows

Stored = dict[str, Any]
_PART = re.compile(r"(\w+)(?:\[([^\]]*)\])?")


async def as_of(context: Context, kind: str, record_id: str, at: datetime, load: Load) -> Row | None:
    """The record as it was at an instant, with what it refers to as that is today; None where it was not yet made.

    Who may not read that it was made finds it in its first form before that.
    """
    sight = context.sight(kind)
    if sight is None:
        return None
    paths = {path.stored for path in tree_of(kind).paths if not path.hidden and sight.kind.readable(path)}
    found = await rows(context, Load(kind, {"_id", "counts"} | paths | deciding(kind)), {"_id": record_id}, limit=1)
    if not found:
        return None
    today = found[0]
    readable = readable_keys(today)
    query = {"record": record_id, "keys": {"$in": sorted(readable)}, "at": {"$gt": at}}
    with translated():
        cursor = context.store.collection(HISTORY).find(query, sort=[("number", -1)])
        entries = await cursor.to_list()
    document = copied(today.doc)
    for entry in entries:
        if entry["action"] == "create":
            return None
        undo(tree_of(kind), document, [change for change in entry["changes"] if change["key"] in readable])
    row = Row(kind, document, sight, today.doc)
    await join(context, load, Rows([row]))
    return row


def undo(tree: Tree, document: Stored, changes: Iterable[Mapping[str, Any]]) -> None:
    """Take one entry's changes back from a record, what holds something before what it holds."""
    byname: dict[str, list[Mapping[str, Any]]] = {}
    for change in changes:
        # The order of all elements, and of those of each group, are told apart by their keys.
        byname.setdefault(change["path"].replace(f"[{WHOLE}]", "[]"), []).append(change)
    for name in sorted(byname, key=lambda name: (name.count("."), not name.endswith("[]"))):
        _undo(tree, document, name, byname[name])


def _undo(tree: Tree, document: Stored, name: str, changes: list[Mapping[str, Any]]) -> None:
    *above, last = (found.groups() for found in map(_PART.fullmatch, name.split(".")) if found is not None)
    holder: Any = document
    paths = tree.paths
    for graphql, element in above:
        path = _child(paths, graphql)
        holder, paths = holder.get(path.name), path.children
        if element is not None:
            holder = next((item for item in holder or () if item["id"] == element), None)
        if holder is None:
            # What held it was not there then.
            return
    path = _child(paths, last[0])
    if last[1] == "":
        holder[path.name] = _ordered(path, holder.get(path.name) or [], changes)
        return
    # An element that moved from one group to another is told under both.
    before: Any = next((change["before"] for change in changes if change["before"] is not None), None)
    if before == {} and path.children and not path.value:
        # A part that was there: what it held is told beside it.
        holder[path.name] = holder.get(path.name) or _blank(path)
    else:
        holder[path.name] = copied(before)


def _child(paths: tuple[Path, ...], graphql: str) -> Path:
    return next(path for path in paths if path.graphql == graphql)


def _ordered(path: Path, items: list[Stored], changes: list[Mapping[str, Any]]) -> list[Stored]:
    """The elements of a list as they were; those that were there and are not any more come back blank."""
    whole = next((change for change in changes if change["path"].endswith(f"[{WHOLE}]")), None)
    groups = [change for change in changes if change is not whole]
    was = [found for change in groups for found in change["before"] or ()]
    now = {found for change in groups for found in change["after"] or ()}
    known = {item["id"]: item for item in items}
    if whole is not None:
        return [known.get(found) or _blank(path) | {"id": found} for found in whole["before"] or ()]
    # Those that moved take each other's places; the others stay where they are.
    coming = iter([known.get(found) or _blank(path) | {"id": found} for found in was])
    placed = [next(coming, None) if item["id"] in now else item for item in items]
    return [item for item in (*placed, *coming) if item is not None]


def _blank(path: Path) -> Stored:
    return dict(copied(_blanks(path)))


@cache
def _blanks(path: Path) -> Stored:
    """A part in which nothing has a value."""
    return {child.name: _nothing(child) for child in path.children}


def _nothing(path: Path) -> Any:
    if path.many:
        return []
    return _blanks(path) if path.children and not path.value and not path.nullable else None
