"""What happens when: for a front page, over all kinds that say which of their paths tell it (``Record.happens``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from auth.access import Sight, all_of
from documents.kinds import KINDS, tree_of
from documents.record import Happens
from errors import Invalid
from resolvers.context import Context
from resolvers.cursor import opened, sealed
from resolvers.load import Load, Row, not_archived, rows

HAPPENING: dict[str, Happens] = {kind: model.happens for kind, model in KINDS.items() if model.happens is not None}
MOST_DAYS = 100
# What lasts longer than this shows in the days from its first one on: so one range of an index serves every window.
LONGEST = 62
PURPOSE = "happenings"


@dataclass(frozen=True, slots=True)
class Asked:
    """The days that are asked for, ``end`` no longer among them, and which part of the answer."""

    start: str
    end: str
    first: int
    after: str | None = None


def _days(asked: Asked, most: int) -> str:
    """The first day on which something that is shown may begin. Raises Invalid naming the argument."""
    start, end = date.fromisoformat(asked.start), date.fromisoformat(asked.end)
    if not timedelta(0) < end - start <= timedelta(days=MOST_DAYS):
        msg = f"to lies before from, or too far after it: ask for {MOST_DAYS} days at most"
        raise Invalid(msg)
    if not 0 <= asked.first <= most:
        msg = f"first is {asked.first}: give a number from 0 to {most}"
        raise Invalid(msg)
    return date.fromordinal(max(1, start.toordinal() - LONGEST)).isoformat()


def _told(sight: Sight, says: Happens) -> bool:
    """Whether the caller reads on every record in scope when it is: a window on hidden days would tell them."""
    return sight.kind.mode(tree_of(sight.kind.kind).path(says.when)) == "always"


@cache
def _paths(kind: str) -> tuple[str, ...]:
    """The stored paths that a line of the list shows."""
    says = HAPPENING[kind]
    names = [name for name in (says.title, says.summary, says.where) if name]
    return (*names, "slug", f"{says.when}.start", f"{says.when}.end")


def _load(context: Context, kind: str, record: Load | None, sight: Sight) -> Load:
    """What a line takes, and what is selected of its record; made once for each document."""
    key = ("happenings", kind, id(record))
    load: Load | None = context.plans.get(key)
    if load is None:
        load = context.plans[key] = Load(kind)
        if record is not None:
            load.absorb(record)
        tree = tree_of(kind)
        load.paths |= {name for name in _paths(kind) if sight.kind.readable(tree.path(name.removesuffix(".start")))}
    return load


async def happenings(context: Context, asked: Asked, records: Mapping[str, Load | None]) -> dict[str, Any]:
    """One page of what touches the days asked for and that the caller may see, by first day, then by id."""
    earliest = _days(asked, context.settings.max_page)
    seek: dict[str, Any] | None = None
    if asked.after is not None:
        day, last = opened(context, PURPOSE, asked.after)
        seek = {"day": day, "id": last}
    found: list[dict[str, Any]] = []
    for kind, says in HAPPENING.items():
        sight = context.sight(kind)
        if sight is None or not _told(sight, says):
            continue
        load = _load(context, kind, records.get(kind), sight)
        order = [(f"{says.when}.start", 1), ("_id", 1)]
        left = asked.first
        for window in _windows(says, asked, earliest, seek):
            # The days first: the embedded server looks for an index in the order of the conditions.
            query = all_of([window, sight.filter(), not_archived(sight)])
            shown = await rows(context, load, query, sort=order, limit=left, scoped=False, peek=True)
            found += [_line(row, says) for row in shown]
            left -= len(shown)
            if left < 0:
                break
    found.sort(key=lambda line: (line["start"], line["id"]))
    nodes = found[: asked.first]
    end = sealed(context, PURPOSE, [nodes[-1]["start"], nodes[-1]["id"]]) if nodes else asked.after
    return {"nodes": nodes, "end_cursor": end, "has_next_page": len(found) > asked.first}


def _windows(says: Happens, asked: Asked, earliest: str, seek: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
    """What is shown, as one range of days after another: each is served by an index alone, which an “or” is not.

    What began before the days asked for shows if it lasts into them; without a last day it is known to last for its
    first one only. On the day of a cursor, what comes after its id shows.
    """
    start, end = f"{says.when}.start", f"{says.when}.end"
    lasts = {end: {"$gte": asked.start}}
    at = "$gte"
    if seek is not None:
        if seek["day"] >= asked.end:
            return
        beyond = {start: seek["day"], "_id": {"$gt": seek["id"]}}
        if seek["day"] >= earliest:
            yield beyond if seek["day"] >= asked.start else beyond | lasts
            earliest, at = seek["day"], "$gt"
    if earliest < asked.start:
        yield {start: {at: earliest, "$lt": asked.start}} | lasts
        earliest, at = asked.start, "$gte"
    yield {start: {at: earliest, "$lt": asked.end}}


def _line(row: Row, says: Happens) -> dict[str, Any]:
    doc = row.doc
    when = doc[says.when]
    return {
        "kind": row.kind,
        "id": doc["_id"],
        "slug": doc.get("slug"),
        "title": doc.get(says.title),
        "start": when["start"],
        "end": when["end"],
        "place": doc.get(says.where) if says.where else None,
        "summary": doc.get(says.summary) if says.summary else None,
        "record": row,
    }
