"""What waits for somebody until a day: one list over all kinds that say which of their dates wait (``Record.dues``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from auth.access import Sight
from documents.kinds import KINDS, tree_of
from documents.record import Due
from errors import Invalid, LimitReached
from resolvers.context import Context
from resolvers.load import Load, Row, rows
from resolvers.page import Window, narrowed

DUES: dict[str, tuple[Due, ...]] = {kind: model.dues for kind, model in KINDS.items() if model.dues}
MOST = 1_000


@dataclass(frozen=True, slots=True)
class Span:
    """The days asked for: from the first one, or from whenever, to before the last; for one unit or all."""

    start: str | None
    end: str
    unit: str | None = None


def _nested(path: str, condition: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        condition = {name: condition}
    return dict(condition)


def _below(due: Due, condition: Any) -> dict[str, Any]:
    """A condition on ``until``: on some element of each list on the way to it."""
    assert due.until is not None  # noqa: S101  # callers look at it
    condition = _nested(due.until.split(".")[-1], condition)
    for name in reversed(due.within):
        condition = {name: {"any": condition}}
    return dict(condition)


def _conditions(kind: str, due: Due, span: Span) -> dict[str, Any]:
    """What a record must meet, as a client would ask for it: what the caller does not read has no date."""
    days = {"lt": span.end} | ({"gte": span.start} if span.start else {})
    waits = _nested(due.date, days)
    if due.until:
        waits |= _below(due, {"eq": due.waiting} if due.waiting else {"is_null": True})
    found: dict[str, Any] = {due.among: {"any": waits}} if due.among else waits
    if due.states:
        found["status"] = {"in": list(due.states)}
    if span.unit:
        unit = {"id": {"eq": span.unit}}
        hosting = any(path.name == "host_units" for path in tree_of(kind).paths)
        found["or"] = [{"owner": unit}, *([{"host_units": {"any": unit}}] if hosting else [])]
    return found


def _load(sight: Sight, due: Due, record: Load | None, person: Load | None) -> Load:
    kind, prefix = sight.kind.kind, f"{due.among}." if due.among else ""
    load = Load(kind)
    if record is not None:
        load.absorb(record)
    tree = tree_of(kind)
    element = ".".join((*due.within, "id")) if due.among else None
    for name in (due.date, due.until, due.what, element):
        if name and sight.kind.readable(path := tree.path(f"{prefix}{name}")):
            load.paths.add(path.stored)
    if due.whose and person is not None and sight.kind.readable(path := tree.path(f"{prefix}{due.whose}")):
        load.reference(path).absorb(person)
    return load


Parts = tuple[Mapping[str, Any], ...]


def _parts(row: Row, due: Due) -> Iterator[Parts]:
    """What each line is about: an element of ``among`` with the elements below it, or the record alone."""
    found: list[Parts] = [(part,) for part in row.doc[due.among] or ()] if due.among else [(row.doc,)]
    for name in due.within:
        found = [(*parts, part) for parts in found for part in parts[-1][name] or ()]
    yield from found


def _value(parts: Parts, due: Due, path: str | None) -> Any:
    """What stands at a path, in the innermost of the parts that it leads to."""
    names = path.split(".") if path else []
    level = 0
    while level < len(due.within) and names[:1] == [due.within[level]]:
        names, level = names[1:], level + 1
    value: Any = parts[level] if names else None
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _lines(row: Row, due: Due, span: Span, today: str) -> Iterator[dict[str, Any]]:
    for parts in _parts(row, due):
        day = _value(parts, due, due.date)
        if day is None or day >= span.end or (span.start and day < span.start):
            continue
        if due.until and _value(parts, due, due.until) != due.waiting:
            continue
        what, whose = _value(parts, due, due.what), _value(parts, due, due.whose)
        yield {
            "kind": row.kind,
            "name": due.name,
            "due": day,
            "overdue": day < today,
            "what": what if isinstance(what, str) else None,
            "text": what if isinstance(what, Mapping) else None,
            "whose": whose if isinstance(whose, Row) else None,
            "record": row,
            "element": parts[-1].get("id") if due.among else None,
        }


async def due(
    context: Context, span: Span, first: int, records: Mapping[str, Load | None], person: Load | None
) -> list[dict[str, Any]]:
    """What waits until then, the earliest first. Raises Invalid and LimitReached."""
    if not 0 <= first <= MOST:
        msg = f"first is {first}: give a number from 0 to {MOST}"
        raise Invalid(msg)
    today = context.now.astimezone(ZoneInfo(context.settings.zone)).date().isoformat()
    found: list[dict[str, Any]] = []
    for kind, dues in DUES.items():
        sight = context.sight(kind)
        for each in dues if sight is not None else ():
            assert sight is not None  # noqa: S101  # said in the line above
            prefix = f"{each.among}." if each.among else ""
            if not sight.kind.readable(tree_of(kind).path(f"{prefix}{each.date}")):
                continue
            query = await narrowed(context, sight, Window(where=_conditions(kind, each, span)))
            load = _load(sight, each, records.get(kind), person)
            shown = await rows(context, load, query, limit=MOST, scoped=False, peek=True)
            if len(shown) > MOST:
                msg = f"More than {MOST} records wait: give fewer days, or a unit"
                raise LimitReached(msg)
            found += [line for row in shown for line in _lines(row, each, span, today)]
    found.sort(key=lambda line: (line["due"], line["record"].doc["_id"], line["element"] or ""))
    return found[:first]
