"""What a record refers to, and what of that may be told."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from documents.kinds import tree_of
from documents.record import graphql_name
from documents.tree import Path
from resolvers.context import Context
from resolvers.load import Load, rows

_ELEMENT = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in a stored document. ``anchor`` is its path and the element it stands in, wherever that moves."""

    kind: str
    id: str
    place: tuple[str | int, ...]
    anchor: tuple[str, str]


def references(
    paths: tuple[Path, ...], document: Mapping[str, Any], *place: str | int, element: str = ""
) -> list[Reference]:
    """Every reference in a stored document."""
    found = []
    for path in paths:
        value = document.get(path.name)
        if path.hidden or value is None:
            continue
        if path.reference:
            for index, item in enumerate(value if path.many else (value,)):
                where = (*place, path.name, *([index] if path.many else []))
                found.append(Reference(path.reference, item, where, (path.path, element)))
        elif path.children and isinstance(value, list):
            for index, item in enumerate(value):
                found += references(path.children, item, *place, path.name, index, element=item.get("id", element))
        elif path.children and isinstance(value, Mapping):
            found += references(path.children, value, *place, path.name, element=element)
    return found


def put_back(
    paths: tuple[Path, ...], before: Mapping[str, Any], after: dict[str, Any], unseen: Mapping[str, set[str]]
) -> None:
    """Put references that the writer does not see back where a patch took them away: they cannot have meant those."""
    for path in paths:
        was, now = before.get(path.name), after.get(path.name)
        if path.reference and was:
            hidden = unseen.get(path.reference, set())
            if path.many:
                lost = [found for found in was if found in hidden and found not in (now or ())]
                after[path.name] = [*(now or ()), *lost]
            elif now is None and was in hidden:
                after[path.name] = was
        elif path.children and isinstance(was, list) and isinstance(now, list):
            known = {item.get("id"): item for item in was if isinstance(item, Mapping)}
            for item in now:
                put_back(path.children, known.get(item.get("id"), {}), item, unseen)
        elif path.children and isinstance(was, Mapping) and isinstance(now, dict):
            put_back(path.children, was, now, unseen)


@cache
def _referring(kind: str) -> dict[str, str]:
    """The paths of a kind that refer to records, as changes name them but for the ids of elements, and to what kind."""
    paths = (path for path in tree_of(kind).walk() if path.reference and not path.hidden)
    return {".".join(map(graphql_name, path.path.split("."))): path.reference or "" for path in paths}


async def told(
    context: Context, kind: str, changes: Iterable[Mapping[str, Any]], below: str = ""
) -> list[dict[str, Any]]:
    """Changes of a record as they may be told: a reference to what is out of scope has no value.

    One to a kind that does not exist for the caller is not there, nor one of which nothing is seen: that something was
    cleared would tell that it was there. Paths are those of the kind, or ``below`` one of it.
    """
    kept: list[tuple[dict[str, Any], str | None]] = []
    wanted: dict[str, set[str]] = {}
    for change in changes:
        to = _referring(kind).get(f"{below}{_ELEMENT.sub('', change['path'])}")
        if to is not None and context.sight(to) is None:
            continue
        kept.append((dict(change), to))
        if to is not None:
            wanted.setdefault(to, set()).update(*map(_ids, (change["before"], change["after"])))
    seen: set[str] = set()
    for to, ids in wanted.items():
        found = await rows(context, Load(to), {"_id": {"$in": sorted(ids)}}) if ids else []
        seen |= {row.doc["_id"] for row in found}
    for change, to in kept:
        if to is not None:
            change |= {side: _shown(change[side], seen) for side in ("before", "after")}
    return [change for change, to in kept if to is None or change["before"] != change["after"]]


def _ids(value: Any) -> list[str]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _shown(value: Any, seen: set[str]) -> Any:
    if isinstance(value, list):
        return [found for found in value if found in seen]
    return value if value in seen else None
