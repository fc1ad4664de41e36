"""Conditions: a `where` to the store's filter. What the caller may not read has no value, whatever stands there.

Null logic is two-valued. Every operator is false of null but ``ne``, ``notIn`` and ``isNull: true``, which are true of
it; an object that is null has nulls in it; a list that is null has no elements; ``not`` is the plain complement.

Whether a path is readable can depend on the record. The rules that a `where` depends on are few; for each way in which
they may hold or not, the conditions are compiled on what is then readable, so that a hidden value never takes part.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product
from typing import Any

from bson import Decimal128

from auth.access import NOTHING, Sight, all_of
from auth.rules import Rule
from documents.kinds import collection_of, tree_of
from documents.store import translated
from documents.tree import Path
from errors import Invalid, LimitReached
from resolvers.context import Context

Filter = dict[str, Any]
TRUE: Filter = {}
MOST_REFERRED = 5_000
MOST_RULES = 5
_LOGIC = ("and", "or", "not")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_OPERATORS = {"eq": "$eq", "ne": "$ne", "in": "$in", "not_in": "$nin"} | {
    op: f"${op}" for op in ("lt", "lte", "gt", "gte")
}
_TRUE_OF_NULL = ("ne", "not_in")


def any_of(parts: list[Filter]) -> Filter:
    """The filter that one of these holds."""
    if TRUE in parts:
        return TRUE
    parts = [part for part in parts if part != NOTHING]
    return NOTHING if not parts else parts[0] if len(parts) == 1 else {"$or": parts}


def none_of(condition: Filter) -> Filter:
    """The filter that this does not hold."""
    return TRUE if condition == NOTHING else NOTHING if condition == TRUE else {"$nor": [condition]}


def entries(value: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any, str]]:
    """What a client gave of an input: (name, value, place). Raises Invalid where something is null."""
    for name, below in value.items():
        if below is None:
            msg = f"{place}.{name} is null: leave it out, or ask with isNull"
            raise Invalid(msg)
        yield name, below, f"{place}.{name}"


@dataclass(slots=True)
class _State:
    """One way in which the rules that a `where` depends on may hold or not."""

    sight: Sight
    holds: dict[Rule, bool]

    def readable(self, path: Path) -> bool:
        kind = self.sight.kind
        return all(kind.modes[label] == "always" or self.holds[kind.labels[label]] for label in path.chain)

    def admitted(self, path: Path) -> frozenset[str] | None:
        """Values that open an element of a list; None where all are open."""
        access = self.sight.kind.elements.get(path.path)
        if access is None or self.holds[access.full]:
            return None
        open_to = [rule.admits(self.sight.caller) for held, rule in access.some if self.holds[held]]
        return frozenset().union(*open_to)


@dataclass(slots=True)
class Where:
    """Compiles the conditions of one request."""

    context: Context
    _referred: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    async def compile(self, kind: str, where: Mapping[str, Any], place: str = "where") -> Filter:
        """The filter of conditions on a kind. Raises Invalid or LimitReached naming the place."""
        sight = self.context.sight(kind)
        if sight is None:
            return NOTHING
        paths = {path.name: path for path in tree_of(kind).paths}
        await self._refer(paths, where, place)
        rules = sorted(_rules(sight, paths, where), key=str)
        if len(rules) > MOST_RULES:
            msg = f"{place} combines paths under {len(rules)} rules; at most {MOST_RULES} are taken: ask for fewer"
            raise LimitReached(msg)
        branches = []
        for held in product((True, False), repeat=len(rules)):
            state = _State(sight, dict(zip(rules, held, strict=True)))
            record = [_held(sight, rule, holds=holds) for rule, holds in state.holds.items()]
            branches.append(all_of([*record, self._record(state, paths, where, place)]))
        return any_of(branches)

    async def _refer(self, paths: Mapping[str, Path], value: Any, place: str) -> None:
        """Find the records that nested conditions on references mean, through the scope of their kind."""
        for name, below, at in entries(value, place):
            if name in _LOGIC:
                for item in below if name != "not" else [below]:
                    await self._refer(paths, item, at)
            elif name in paths:
                await self._refer_path(paths[name], below, at)

    async def _refer_path(self, path: Path, value: Any, place: str) -> None:
        if path.many:
            for _, below, at in entries(value, place):
                await self._refer_one(path, below, at)
        else:
            await self._refer_one(path, value, place)

    async def _refer_one(self, path: Path, value: Any, place: str) -> None:
        if path.reference:
            key = (path.reference, repr(value))
            if key not in self._referred:
                self._referred[key] = await self._ids(path.reference, value, place)
        elif path.children:
            children = {child.name: child for child in path.children}
            for name, below, at in entries(value, place):
                if name in children:
                    await self._refer_path(children[name], below, at)

    async def _ids(self, kind: str, where: Mapping[str, Any], place: str) -> list[str]:
        sight = self.context.sight(kind)
        if sight is None:
            return []
        query = all_of([await self.compile(kind, where, place), sight.filter()])
        with translated():
            cursor = self.context.store.collection(collection_of(kind)).find(query, {"_id": 1}, limit=MOST_REFERRED + 1)
            found = [document["_id"] for document in await cursor.to_list()]
        if len(found) > MOST_REFERRED:
            msg = f"{place} means more than {MOST_REFERRED} {kind} records: narrow it"
            raise LimitReached(msg)
        return sorted(found)

    def _record(self, state: _State, paths: Mapping[str, Path], where: Mapping[str, Any], place: str) -> Filter:
        parts = []
        for name, value, at in entries(where, place):
            if name in ("and", "or"):
                _size(self.context, value, at)
                found = [self._record(state, paths, item, f"{at}[{n}]") for n, item in enumerate(value)]
                parts.append(all_of(found) if name == "and" else any_of(found))
            elif name == "not":
                parts.append(none_of(self._record(state, paths, value, at)))
            else:
                parts.append(self._path(state, paths[name], value, at, paths[name].stored))
        return all_of(parts)

    def _path(self, state: _State, path: Path, value: Mapping[str, Any], place: str, stored: str) -> Filter:
        """Conditions on a path that is kept under ``stored`` of the record or element at hand."""
        if not state.readable(path):
            return TRUE if _of_null(path, value) else NOTHING
        if path.many:
            parts = []
            for name, below, at in entries(value, place):
                some = self._some(state, path, below, at, stored)
                parts.append(some if name == "any" else none_of(some))
            return all_of(parts)
        if path.reference:
            return {stored: {"$in": self._referred[path.reference, repr(value)]}}
        if path.model is None:
            return self._leaf(value, place, stored)
        return self._parts(state, path, value, place, f"{stored}.")

    def _parts(self, state: _State, path: Path, value: Mapping[str, Any], place: str, prefix: str) -> Filter:
        parts = []
        for name, below, at in entries(value, place):
            if name == "is_null":
                parts.append({prefix[:-1]: None} if below else {prefix[:-1]: {"$ne": None}})
            else:
                child = path.child(name)
                parts.append(self._path(state, child, below, at, f"{prefix}{child.name}"))
        return all_of(parts)

    def _some(self, state: _State, path: Path, value: Mapping[str, Any], place: str, stored: str) -> Filter:
        """Some element that the caller reads meets the conditions."""
        if path.reference:
            return {stored: {"$in": self._referred[path.reference, repr(value)]}}
        if path.model is None:
            compared = self._compared(value, place)
            return NOTHING if compared is None else {stored: {"$elemMatch": compared or {"$exists": True}}}
        parts: list[Filter] = []
        if (admitted := state.admitted(path)) is not None:
            parts.append({str(path.apart): {"$in": sorted(admitted)}})
        for name, below, at in entries(value, place):
            if name == "is_null":
                parts.append(NOTHING if below else TRUE)
            else:
                child = path.child(name)
                parts.append(self._path(state, child, below, at, child.name))
        element = all_of(parts)
        if element == NOTHING:
            return NOTHING
        # A plain field goes first: some servers refuse an element match that begins with a logical operator.
        return {stored: {"$elemMatch": {path.children[0].name: {"$exists": True}} | element}}

    def _leaf(self, value: Mapping[str, Any], place: str, stored: str) -> Filter:
        compared = self._compared(value, place)
        return NOTHING if compared is None else {stored: compared} if compared else TRUE

    def _compared(self, value: Mapping[str, Any], place: str) -> Filter | None:
        """The operators on one value, or None where no value meets them."""
        found: Filter = {}
        for name, below, at in entries(value, place):
            if name == "is_null":
                # Beside another operator these are two conditions on the same key.
                if below and "$in" in found:
                    return None
                found |= {"$in": [None]} if below else {"$nin": [*found.get("$nin", []), None]}
            elif name in ("starts_with", "contains"):
                found["$regex"] = _pattern(value, at)
            elif name in ("in", "not_in"):
                _size(self.context, below, at)
                wanted = [_storable(item, at) for item in below]
                if name == "in" and "$in" in found:
                    return None
                found[_OPERATORS[name]] = [*found.get(_OPERATORS[name], []), *wanted]
            else:
                found[_OPERATORS[name]] = _storable(below, at)
        return found


def _size(context: Context, value: list[Any], place: str) -> None:
    if len(value) > context.settings.max_list_input:
        msg = f"{place} has {len(value)} entries; at most {context.settings.max_list_input} are taken"
        raise LimitReached(msg)


def _storable(value: Any, place: str) -> Any:
    """A client's scalar as the store keeps it. It is only ever compared with, never an operator."""
    if value is None:
        msg = f"{place} holds null: leave it out, or ask with isNull"
        raise Invalid(msg)
    if isinstance(value, str):
        if _CONTROL.search(value):
            msg = f"{place} holds a control character: remove it"
            raise Invalid(msg)
        return str(value)
    return Decimal128(value) if isinstance(value, Decimal) else value


def _pattern(value: Mapping[str, Any], place: str) -> str:
    """An escaped pattern: anchored for ``startsWith``; ``contains`` looks anywhere, in any case."""
    starts, contains = (_storable(value.get(name, ""), place) for name in ("starts_with", "contains"))
    if not contains:
        return f"^{re.escape(starts)}"
    return f"(?i:{re.escape(contains)})" if not starts else f"^(?={re.escape(starts)})(?s:.*)(?i:{re.escape(contains)})"


def _of_null(path: Path, value: Mapping[str, Any]) -> bool:
    """Whether conditions hold where the path has no value."""
    if path.many:
        return "any" not in value
    if path.reference:
        return False
    children = {child.name: child for child in path.children}
    for name, below in value.items():
        if name == "is_null":
            holds = bool(below)
        elif name in children:
            holds = _of_null(children[name], below)
        else:
            holds = name in _TRUE_OF_NULL
        if not holds:
            return False
    return True


def _held(sight: Sight, rule: Rule, *, holds: bool) -> Filter:
    found = rule.filter(sight.caller, sight.now)
    found = NOTHING if found is None else found
    return found if holds else none_of(found)


def _rules(sight: Sight, paths: Mapping[str, Path], where: Mapping[str, Any]) -> set[Rule]:
    """The rules of the table that decide what of a `where` is readable on a record."""
    found: set[Rule] = set()
    for name, below in where.items():
        if name in ("and", "or"):
            found = found.union(*(_rules(sight, paths, item) for item in below or ()))
        elif name == "not":
            found |= _rules(sight, paths, below or {})
        elif below is not None:
            found |= _rules_of(sight, paths[name], below)
    return found


def _rules_of(sight: Sight, path: Path, value: Any) -> set[Rule]:
    """The rules that decide what of the conditions on a path is readable on a record."""
    kind = sight.kind
    found = {kind.labels[label] for label in path.chain if kind.modes[label] == "if"}
    if (access := kind.elements.get(path.path)) is not None:
        found |= {access.full, *(held for held, _ in access.some)}
    if path.reference:
        return found
    children = {child.name: child for child in path.children}
    for below in value.values() if path.many else (value,):
        if isinstance(below, Mapping):
            inner = (_rules_of(sight, children[name], item) for name, item in below.items() if name in children)
            found = found.union(*inner)
    return found
