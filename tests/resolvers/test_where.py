"""Conditions: every operator agrees with a plain evaluation over what the caller reads, and `not` is the complement."""

import operator
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from bson import Decimal128

from auth.backend import Authenticator
from auth.caller import Caller
from auth.rules import utc
from documents.kinds import KINDS, tree_of
from documents.tree import Path, is_enum
from resolvers.context import Services
from resolvers.load import Load, rows
from schema.graph import Graph
from schema.names import plural
from schema.view import View
from tests.conftest import Ask, asking
from tests.world import World, cast, fitting

ROLES = ("head", "partner", "coordinator", "officer", "host", "member", "anonymous")
COMPARE = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
COMPARED = (date, datetime, Decimal, int, float)
Where = dict[str, Any]


def _operators(path: Path) -> tuple[str, ...]:
    """The operators of a scalar, as the conventions of the graph have them."""
    if path.leaf is bool:
        return ("eq", "ne", "isNull")
    ordered = ("lt", "lte", "gt", "gte") if path.leaf in COMPARED else ()
    text = ("startsWith", "contains") if path.leaf is str and path.name != "id" else ()
    return ("eq", "ne", "in", "notIn", "isNull", *ordered, *text)


def _client(value: Any) -> Any:
    """A stored value as a client writes it."""
    if isinstance(value, Decimal128 | Decimal):
        return str(value)
    if isinstance(value, datetime):
        return utc(value).isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _comparable(path: Path, value: Any) -> Any:
    if value is None:
        return None
    if path.leaf is Decimal:
        return value.to_decimal() if isinstance(value, Decimal128) else Decimal(value)
    if path.leaf is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    return utc(value) if isinstance(value, datetime) else value


def _holds(path: Path, name: str, value: Any, wanted: Any) -> bool:
    """One operator on one value, null logic included."""
    if name == "isNull":
        return (value is None) is bool(wanted)
    if value is None:
        return name in ("ne", "notIn")
    mine = _comparable(path, value)
    if name in ("in", "notIn"):
        return (mine in [_comparable(path, each) for each in wanted]) == (name == "in")
    if name in ("startsWith", "contains"):
        pattern = f"^{re.escape(wanted)}" if name == "startsWith" else f"(?i){re.escape(wanted)}"
        return re.search(pattern, mine) is not None
    held: bool = COMPARE[name](mine, _comparable(path, wanted))
    return held


@dataclass
class Plain:
    """A plain evaluation of conditions over the records that one caller reads, as they read them."""

    readable: dict[str, dict[str, dict[str, Any]]]

    def record(self, kind: str, document: Mapping[str, Any], where: Where) -> bool:
        """Whether a record meets conditions."""
        paths = {path.graphql: path for path in tree_of(kind).paths}
        for name, value in where.items():
            if name == "and":
                held = all(self.record(kind, document, item) for item in value)
            elif name == "or":
                held = any(self.record(kind, document, item) for item in value)
            elif name == "not":
                held = not self.record(kind, document, value)
            else:
                path = paths[name]
                held = self.path(path, document.get(path.stored), value)
            if not held:
                return False
        return True

    def path(self, path: Path, value: Any, where: Where) -> bool:
        """Whether a value of a path meets conditions."""
        if not path.many:
            return self.one(path, value, where)
        return all(
            any(self.element(path, item, below) for item in value or ()) == (name == "any")
            for name, below in where.items()
        )

    def element(self, path: Path, item: Any, where: Where) -> bool:
        """Whether an element of a list meets conditions. An element is never null."""
        return self.one(path, item, where)

    def one(self, path: Path, value: Any, where: Where) -> bool:
        """Whether a single value meets conditions; an object that is null has nulls in it."""
        if path.reference:
            found = self.readable.get(path.reference, {}).get(value)
            return found is not None and self.record(path.reference, found, where)
        if path.model is None:
            return all(_holds(path, name, value, wanted) for name, wanted in where.items())
        children = {child.graphql: child for child in path.children}
        return all(
            (value is None) == below
            if name == "isNull"
            else self.path(children[name], None if value is None else value.get(children[name].name), below)
            for name, below in where.items()
        )


@dataclass
class Draw:
    """Draws conditions over the paths that exist for a caller, with values that are stored."""

    view: View
    who: Caller
    readable: dict[str, dict[str, dict[str, Any]]]
    random: random.Random
    _values: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def where(self, kind: str, depth: int = 2) -> Where:
        """Conditions on a kind: one to three, now and then combined."""
        paths = [path for path in tree_of(kind).paths if self.exists(kind, path)]
        found: Where = {}
        for path in self.random.sample(paths, min(len(paths), self.random.choice((1, 1, 2)))):
            found[path.graphql] = self.path(kind, path, depth)
        if depth > 0 and self.random.random() < 0.35:
            name = self.random.choice(("and", "or", "not"))
            below = [self.where(kind, depth - 1) for _ in range(self.random.choice((0, 1, 2)))]
            found[name] = self.where(kind, depth - 1) if name == "not" else below
        return found

    def exists(self, kind: str, path: Path) -> bool:
        """Whether a path can be asked by the caller at all."""
        mask = self.view.context(self.who).mask.kinds
        return not path.hidden and mask[kind].readable(path) and (path.reference is None or path.reference in mask)

    def path(self, kind: str, path: Path, depth: int) -> Where:
        """Conditions on a path."""
        if not path.many:
            return self.one(kind, path, depth)
        return {name: self.one(kind, path, depth) for name in self.random.choice((["any"], ["none"], ["any", "none"]))}

    def one(self, kind: str, path: Path, depth: int) -> Where:
        """Conditions on a value."""
        if path.reference:
            return self.where(path.reference, depth - 1) if depth > 0 else {}
        if path.model is None:
            return {
                op: self.value(kind, path, op)
                for op in self.random.sample(_operators(path), self.random.choice((1, 1, 2)))
            }
        children = [child for child in path.children if self.exists(kind, child)]
        names = self.random.sample(children, min(len(children), self.random.choice((1, 1, 2))))
        found: Where = {child.graphql: self.path(kind, child, depth) for child in names}
        if self.random.random() < 0.2 and not path.many:
            found["isNull"] = self.random.random() < 0.5
        return found

    def value(self, kind: str, path: Path, op: str) -> Any:
        """What an operator compares with."""
        if op == "isNull":
            return self.random.random() < 0.5
        values = self.stored(kind, path)
        if op in ("in", "notIn"):
            return self.random.sample(values, min(len(values), self.random.choice((0, 1, 3))))
        value = self.random.choice(values)
        if op == "startsWith":
            return value[: self.random.choice((1, 2, 4))]
        if op == "contains":
            return self.random.choice((value[1:3], value[:2].swapcase(), value)) or value
        return value

    def stored(self, kind: str, path: Path) -> list[Any]:
        """Values of a path as a client writes them: those that are stored, and one that may not be."""
        key = (kind, path.path)
        if key not in self._values:
            found = {repr(value): _client(value) for doc in self.readable[kind].values() for value in _at(path, doc)}
            holder = path.model or KINDS[kind]
            if path.name in holder.model_fields and path.path.count(".") == 0 and path.name != "id":
                found |= {repr(value): _client(value) for value in fitting(holder, path.name, path.leaf or str)[:3]}
            self._values[key] = list(found.values()) or [_absent(path)]
        return self._values[key]


def _absent(path: Path) -> Any:
    if path.leaf is not None and issubclass(path.leaf, StrEnum):
        return next(iter(path.leaf)).value
    return {bool: True, int: 1, float: 1.5, date: "2026-05-04", datetime: "2026-05-04T09:00:00Z", Decimal: "1"}.get(
        path.leaf or str, "x" if path.leaf is str else "09:00"
    )


def _at(path: Path, document: Mapping[str, Any]) -> Iterator[Any]:
    places: list[Any] = [document]
    for name in path.stored.split("."):
        found = [place.get(name) for place in places if isinstance(place, Mapping)]
        places = [item for value in found for item in (value if isinstance(value, list) else [value])]
    yield from (place for place in places if place is not None)


async def _readable(view: View, who: Caller) -> dict[str, dict[str, dict[str, Any]]]:
    """Everything that the caller reads, as it is read, by kind and id."""
    context = view.context(who)
    found = {}
    for kind in context.mask.kinds:
        load = Load(kind, {"_id", *(path.stored for path in tree_of(kind).paths if not path.hidden)})
        found[kind] = {row.doc["_id"]: row.doc for row in await rows(context, load, {})}
    return found


async def _matching(ask: Ask, who: Caller, kind: str, where: Where) -> set[str] | None:
    """The ids that the service finds; None where it asks for fewer conditions."""
    query = f"query($w: {kind}Where) {{ {plural(kind)}(where: $w, first: 100, archived: true) {{ nodes {{ id }} }} }}"
    answered = await ask(who, query, w=where)
    if answered.codes == ["LIMIT"]:
        return None
    assert answered.errors == [], f"{where}: {answered.errors}"
    return {node["id"] for node in answered.data[plural(kind)]["nodes"]}


def _desk(library: Services, graph: Graph) -> tuple[View, Ask]:
    view = View(library, graph, Authenticator(library.settings, library.store))
    return view, asking(view)


@pytest.mark.parametrize("role", ROLES)
async def test_conditions_agree_with_a_plain_evaluation(
    role: str, library: Services, world: World, graph: Graph
) -> None:
    """Random conditions on every kind find exactly the records that meet them as the caller reads them."""
    view, ask = _desk(library, graph)
    who = cast(world)[role]
    readable = await _readable(view, who)
    draw, plain = Draw(view, who, readable, random.Random(role)), Plain(readable)  # noqa: S311
    limited = asked = 0
    for kind in readable:
        for _ in range(12):
            where = draw.where(kind)
            found = await _matching(ask, who, kind, where)
            asked += 1
            if found is None:
                limited += 1
                continue
            expected = {key for key, document in readable[kind].items() if plain.record(kind, document, where)}
            assert found == expected, f"{role}, {kind}: {where}"
    assert limited < asked / 10


@pytest.mark.parametrize("role", ["head", "partner", "coordinator"])
async def test_every_operator_agrees_and_not_is_its_complement(
    role: str, library: Services, world: World, graph: Graph
) -> None:
    """Each path that the caller can ask, with operators in turn, agrees with a plain evaluation, also under `not`."""
    view, ask = _desk(library, graph)
    who = cast(world)[role]
    readable = await _readable(view, who)
    draw, plain = Draw(view, who, readable, random.Random(role)), Plain(readable)  # noqa: S311
    turn = 0
    covered = set()
    for kind, documents in readable.items():
        for path in tree_of(kind).walk():
            if path.model or path.reference or not draw.exists(kind, path):
                continue
            op = _operators(path)[turn % len(_operators(path))]
            turn += 1
            covered.add((path.leaf if not is_enum(path.leaf) else "enum", op))
            where: Where = _wrapped(kind, path, {op: draw.value(kind, path, op)})
            found = await _matching(ask, who, kind, where)
            assert found is not None
            assert found == {key for key, doc in documents.items() if plain.record(kind, doc, where)}, (
                f"{kind}: {where}"
            )
            assert await _matching(ask, who, kind, {"not": where}) == documents.keys() - found, f"{kind}: not {where}"
    assert role != "head" or len(covered) > 45


def _wrapped(kind: str, path: Path, condition: Where) -> Where:
    """The condition below every part and list on the way to a path."""
    for dotted in [path.path.rsplit(".", n)[0] for n in range(path.path.count(".") + 1)]:
        step = tree_of(kind).path(dotted)
        condition = {step.graphql: {"any": condition} if step.many else condition}
    return condition


async def test_null_in_a_condition_is_refused_by_its_place(look: Ask, world: World) -> None:
    """A condition that is null says nothing, so it is no condition: the place is named."""
    head = cast(world)["head"]
    for where, place in (
        ({"code": None}, "where.code"),
        ({"code": {"eq": None}}, "where.code.eq"),
        ({"or": [{"title": {"en": {"contains": None}}}]}, "where.or[0].title.en.contains"),
        ({"members": {"any": {"head": {"eq": None}}}}, "where.members.any.head.eq"),
    ):
        answered = await look(head, "query($w: DelegationWhere) { delegations(where: $w) { totalCount } }", w=where)
        assert answered.codes == ["INVALID"]
        assert place in answered.errors[0]["message"]


async def test_text_is_never_a_pattern_or_an_operator(look: Ask, world: World) -> None:
    """Signs that a store or a pattern would act on are compared as they are."""
    head = cast(world)["head"]
    for text in (".*", "^", "$", "(", "[a-z]+", "\\", "(?i)x", "$where", "|", "a{1000000}", "%", "\u0301"):
        for op in ("eq", "startsWith", "contains"):
            where = {"city": {op: text}}
            answered = await look(head, "query($w: PartnerWhere) { partners(where: $w) { nodes { city } } }", w=where)
            cities = [node["city"] for node in answered["partners"]["nodes"]]
            assert all(text in city for city in cities), f"{op} {text}: {cities}"
