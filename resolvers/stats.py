"""Figures of a kind: how many records of the caller's scope there are, in groups, counted by the database.

Groups are made by paths that the caller reads on every record in scope, as orders are. An unseen reference is null.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from documents.kinds import KINDS, collection_of, tree_of
from documents.store import translated
from documents.tree import Path, is_enum
from documents.values import Period
from errors import LimitReached
from resolvers.context import Context
from resolvers.load import Load, Row, rows
from resolvers.page import Window, narrowed

MONTH, QUARTER, YEAR = "MONTH", "QUARTER", "YEAR"
COUNTRY = "country"
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Grouped:
    """A path that records can be grouped by: its name among the groups, and whether it goes by interval."""

    name: str
    path: Path
    interval: bool

    @property
    def stored(self) -> str:
        """Where the value stands."""
        return f"{self.path.path}.start" if self.path.model is Period else self.path.path


@cache
def groupable(kind: str) -> tuple[Grouped, ...]:
    """Every path of a kind that groups can be made by: none within lists, and none that is free text."""
    found = []
    for path in tree_of(kind).walk():
        if path.hidden or path.lists or path.name == "id":
            continue
        interval = path.model is Period or path.leaf in (date, datetime)
        above = path.path.rpartition(".")[0]
        plain = path.reference or is_enum(path.leaf) or path.leaf is bool or path.name == COUNTRY
        if (interval and not (above and tree_of(kind).path(above).value)) or plain:
            found.append(Grouped(path.path.replace(".", "_"), path, interval))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are alike: what they share, and how many there are."""

    key: dict[str, Any]
    count: int


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures of a kind."""

    groups: list[Group]
    total: int


def _expression(grouped: Grouped, interval: Any, zone: str) -> Any:
    """What the database groups by. A quarter is put together from its months afterwards."""
    stored = f"${grouped.stored}"
    if not grouped.interval:
        return stored
    if grouped.path.leaf is datetime:
        return {"$dateToString": {"format": "%Y" if interval == YEAR else "%Y-%m", "date": stored, "timezone": zone}}
    return {"$substrCP": [stored, 0, 4 if interval == YEAR else 7]}


def _named(value: Any, interval: Any) -> Any:
    """An interval as it is called: 2026-05, 2026-Q2 or 2026."""
    if not value:
        return None
    year, _, month = value.partition("-")
    return f"{year}-Q{(int(month) + 2) // 3}" if interval == QUARTER else value


async def stats(context: Context, kind: str, window: Window, by: Mapping[str, Any], loads: Mapping[str, Load]) -> Stats:
    """The figures of a kind under the conditions of a window. ``by`` says for each path whether, or the interval.

    ``loads`` is what to load of referenced records, by the name of the path. Raises LimitReached for too many groups.
    """
    sight = context.sight(kind)
    if sight is None:
        return Stats([], 0)
    known = {grouped.name: grouped for grouped in groupable(kind)}
    chosen = [(known[name], value) for name, value in by.items() if value]
    zone = context.settings.zone
    keys = {f"k{n}": _expression(grouped, value, zone) for n, (grouped, value) in enumerate(chosen)}
    pipeline: list[dict[str, Any]] = [
        {"$match": await narrowed(context, sight, window)},
        {"$group": {"_id": keys or None, "count": {"$sum": 1}}},
    ]
    counted: Counter[tuple[Any, ...]] = Counter()
    seen: dict[str, dict[str, Row]] = {}
    with translated():
        cursor = await context.store.collection(collection_of(kind)).aggregate(pipeline, batchSize=BATCH)
        while batch := await cursor.to_list(BATCH):
            await _see(context, chosen, loads, batch, seen)
            for each in batch:
                counted[_values(chosen, each["_id"], seen)] += each["count"]
            if len(counted) > context.settings.max_groups:
                msg = f"There are more than {context.settings.max_groups} groups: narrow where, or group by less"
                raise LimitReached(msg)
    ordered = sorted(counted.items(), key=lambda item: [(value is not None, str(value)) for value in item[0]])
    groups = [Group(_key(chosen, values, seen), count) for values, count in ordered]
    return Stats(groups, sum(counted.values()))


def _key(
    chosen: list[tuple[Grouped, Any]], values: tuple[Any, ...], seen: Mapping[str, Mapping[str, Row]]
) -> dict[str, Any]:
    return {
        grouped.name: seen[grouped.path.path].get(value) if grouped.path.reference and value is not None else value
        for (grouped, _), value in zip(chosen, values, strict=True)
    }


def _values(
    chosen: list[tuple[Grouped, Any]], group: Mapping[str, Any], seen: Mapping[str, Mapping[str, Row]]
) -> tuple[Any, ...]:
    """What a group of the database counts under: an unseen reference under null, like none."""
    values = []
    for n, (grouped, interval) in enumerate(chosen):
        value = group.get(f"k{n}")
        if grouped.path.reference:
            values.append(value if value in seen.get(grouped.path.path, {}) else None)
        else:
            values.append(_named(value, interval) if grouped.interval else value)
    return tuple(values)


async def _see(
    context: Context,
    chosen: list[tuple[Grouped, Any]],
    loads: Mapping[str, Load],
    batch: list[dict[str, Any]],
    seen: dict[str, dict[str, Row]],
) -> None:
    """Find the referenced records in scope, by path and id."""
    for n, (grouped, _) in enumerate(chosen):
        if to := grouped.path.reference:
            known = seen.setdefault(grouped.path.path, {})
            ids = {value for each in batch if (value := each["_id"].get(f"k{n}")) is not None} - known.keys()
            query = {"_id": {"$in": sorted(ids)}}
            found = await rows(context, loads.get(grouped.name) or Load(to), query) if ids else []
            known |= {row.doc["_id"]: row for row in found}


for _kind in KINDS:
    if len({grouped.name for grouped in groupable(_kind)}) != len(groupable(_kind)):
        raise TypeError(f"{_kind} has two paths that groups would name alike: rename one")
