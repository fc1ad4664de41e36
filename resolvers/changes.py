"""What changed for a caller since they last asked: which records, and which of them are gone for them.

Events come from the outbox, which names no values. One is told where the caller reads today, on the record as it is
today, something that it touched, or where the record came into their scope by it; or, for a record that is out of it
today, where it left by it. What younger transactions may still add before is not told yet.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from auth.access import Sight
from auth.caller import Caller
from auth.mask import deciding
from auth.rules import AllOf, Held, Mine, Published, Rule, Within
from documents.kinds import KINDS
from documents.store import translated
from errors import Invalid
from resolvers.context import Context
from resolvers.cursor import opened, sealed
from resolvers.history import OUTBOX, SCOPED
from resolvers.load import Load, Row, rows

BATCH = 500
# So much time is looked at for one page. Where a page ends goes by time alone: ending it after so many events, hidden
# ones among them, would tell of those.
LONGEST = timedelta(days=366)
# Comes after the id of every event.
LAST = "~"

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record that changed, or is gone for the caller."""

    kind: str
    id: str
    at: datetime
    gone: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes, the oldest first."""

    nodes: list[RecordChange]
    end_cursor: str
    has_next_page: bool


async def changes(context: Context, after: str | None, kinds: Iterable[str] | None, first: int) -> Changes:
    """What changed after a cursor, or from the beginning on. Raises Invalid."""
    if not 0 <= first <= context.settings.max_page:
        msg = f"first is {first}: give a number from 0 to {context.settings.max_page}"
        raise Invalid(msg)
    horizon = context.now - timedelta(seconds=context.settings.changes_lag_seconds)
    purpose = f"changes {_rights(context)}"
    place = None
    if after is not None:
        at, identifier = opened(context, purpose, after)
        place = datetime.fromisoformat(at).astimezone(UTC), str(identifier)
    known = sorted(KINDS if kinds is None else KINDS.keys() & set(kinds))
    sights = {kind: sight for kind in known if (sight := context.sight(kind)) is not None}
    begin = place or ((await _beginning(context), "") if sights and first else (horizon, ""))
    until = min(horizon, begin[0] + LONGEST)
    found = await _told(context, sights, begin, until, first + 1) if sights else []
    nodes = [RecordChange(event["kind"], event["record"], event["at"], gone) for event, gone in found[:first]]
    if len(found) <= first:
        # All until then was looked at: it is not looked at again, whatever of it is hidden.
        return Changes(nodes, sealed(context, purpose, [until, LAST]), has_next_page=until < horizon)
    last = found[first - 1][0] if first else None
    end = (last["at"], last["_id"]) if last else begin
    return Changes(nodes, sealed(context, purpose, list(end)), has_next_page=True)


async def _beginning(context: Context) -> datetime:
    """The first day of the year in which records begin: nothing nearer is told of the first event."""
    with translated():
        first = await context.store.collection(OUTBOX).find_one({}, {"at": 1}, sort=[("at", 1), ("_id", 1)])
    year = (first["at"] if first else context.now).year
    return datetime(year, 1, 1, tzinfo=UTC)


def _rights(context: Context) -> str:
    """Who somebody is, as far as that decides what they see: whose rights change begins anew."""
    found = []
    for caller in (context.caller, context.caller.within):
        if caller is not None:
            held = (caller.roles, caller.persons, caller.units, caller.partners, caller.duties, caller.accounts)
            found.append([sorted(map(str, each)) for each in held])
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]


async def _told(
    context: Context,
    sights: Mapping[str, Sight],
    place: tuple[datetime, str],
    until: datetime,
    most: int,
) -> list[tuple[Event, bool]]:
    """The events to be told after a place, ``most`` of them, each with whether its record is gone."""
    query: dict[str, Any] = {"kind": {"$in": sorted(sights)}}
    query["labels"] = {"$in": _labels(sights)}
    if (tokens := _tokens(sights)) is not None:
        query["who"] = {"$in": tokens}
    found: list[tuple[Event, bool]] = []
    while len(found) < most:
        query["at"] = {"$gte": place[0], "$lte": until}
        query["$or"] = [{"at": {"$gt": place[0]}}, {"at": place[0], "_id": {"$gt": place[1]}}]
        with translated():
            cursor = context.store.collection(OUTBOX).find(
                query, sort=[("at", 1), ("_id", 1)], limit=BATCH, batch_size=BATCH
            )
            events = await cursor.to_list()
        today = await _today(context, events)
        for event in events:
            gone = _gone(sights[event["kind"]], today.get(event["record"]), event)
            if gone is not None:
                found.append((event, gone))
        if len(events) < BATCH:
            break
        place = events[-1]["at"], events[-1]["_id"]
    return found[:most]


def _labels(sights: Mapping[str, Sight]) -> list[str]:
    """The label chains that the caller may ever read, and the mark of a change of scope."""
    found = {SCOPED}
    for sight in sights.values():
        modes = {label.name: mode for label, mode in sight.kind.modes.items()}
        for path in sight.kind.paths():
            if all(modes[label.name] != "never" for label in path.chain):
                found.add(">".join(label.name for label in path.chain))
    return sorted(found)


def _tokens(sights: Mapping[str, Sight]) -> list[str] | None:
    """The scope tokens without which no record is open to the caller; None where everything is open."""
    found: set[str] = set()
    for sight in sights.values():
        tokens = _opening(sight.kind.scope, sight.caller)
        if tokens is None:
            return None
        found |= tokens
    return sorted(found)


def _opening(rule: Rule, caller: Caller) -> set[str] | None:
    """The tokens without which a rule holds for no record; None where it needs none."""
    if rule.always:
        return None
    found: set[str] = set()
    for atom in rule.atoms:
        more: set[str] | None = set()
        if isinstance(atom, Held | Mine):
            more = set(atom.tokens(caller))
        elif isinstance(atom, Published):
            more = {"public"}
        elif isinstance(atom, Within):
            more = _opening(atom.rule, caller.within) if caller.within is not None else set()
        elif isinstance(atom, AllOf):
            left = _opening(atom.left, caller)
            more = _opening(atom.right, caller) if left is None else left
        if more is None:
            return None
        found |= more
    return found


async def _today(context: Context, events: Iterable[Event]) -> dict[str, Row]:
    """The records of events that the caller has in scope today."""
    wanted: dict[str, set[str]] = {}
    for event in events:
        wanted.setdefault(event["kind"], set()).add(event["record"])
    found: dict[str, Row] = {}
    for kind, ids in wanted.items():
        load = Load(kind, {"_id", "archived_at"} | deciding(kind))
        found |= {row.doc["_id"]: row for row in await rows(context, load, {"_id": {"$in": sorted(ids)}})}
    return found


def _gone(sight: Sight, row: Row | None, event: Event) -> bool | None:
    """Whether an event tells that its record is gone; None where it tells nothing."""
    before, after = (_open(sight, event, side) for side in ("before", "after"))
    if row is None:
        return True if before and not after else None
    bits = sight.bits(row.doc)
    if (after and not before) or any(sight.reads_key(key, row.doc, bits) for key in event["keys"]):
        return row.doc["archived_at"] is not None
    return None


def _open(sight: Sight, event: Event, side: str) -> bool:
    """Whether a record was in the caller's scope before or after an event, by what it was and who they are today."""
    record = {"scope": event[f"scope_{side}"], "published_from": event[f"published_{side}"], "visits": []}
    return sight.kind.scope.allows(sight.caller, record, event["at"])
