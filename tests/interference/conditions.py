"""Conditions on every path with every operator, nested, through references, on values that either world holds."""

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from bson import Decimal128
from graphql import GraphQLInputObjectType, GraphQLSchema, get_named_type

from documents.kinds import KINDS, tree_of
from documents.tree import Path
from tests.interference.coverage import Place
from tests.interference.pair import Pair
from tests.interference.values import Values

LOGIC = ("and", "or", "not")
DEEPEST = 2

# The conditions of an input object on the way to a leaf: (name in the graph, path) pairs.
Way = tuple[Path, ...]


def as_json(value: Any) -> Any:
    """A stored value as a client sends it."""
    if isinstance(value, Decimal | Decimal128):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def ways(type_: Any, paths: tuple[Path, ...], above: Way = ()) -> Iterator[Way]:
    """Every leaf and reference that an input of conditions offers."""
    by_name = {path.graphql: path for path in paths}
    for name, field in type_.fields.items():
        path = by_name.get(name)
        if path is None:
            continue
        inner = get_named_type(field.type)
        if path.many:
            inner = get_named_type(inner.fields["any"].type)
        if path.reference or not path.children:
            yield (*above, path)
        else:
            yield from ways(inner, path.children, (*above, path))


class Conditions:
    """Draws conditions, those first whose paths were asked about least."""

    def __init__(self, schema: GraphQLSchema, pair: Pair, counts: "Counter[Place]", rng: random.Random) -> None:
        self.pair = pair
        self.counts = counts
        self.rng = rng
        self.values = Values(rng, pair.ids)
        self.types = {k: schema.type_map[f"{k}Where"] for k in KINDS if f"{k}Where" in schema.type_map}
        self.ways = {kind: list(ways(type_, tree_of(kind).paths)) for kind, type_ in self.types.items()}

    def places(self) -> Iterator[Place]:
        """Every path that conditions can be put on."""
        for kind, found in self.ways.items():
            for way in found:
                yield kind, "where", way[-1].path

    def where(self, kind: str, places: list[Place], depth: int = 0) -> dict[str, Any]:
        """Conditions on a kind."""
        first = self.one(kind, places, depth)
        draw = self.rng.random()
        if draw < 0.15:
            return first
        if draw < 0.3:
            return {"not": first}
        second = self.one(kind, places, depth)
        if draw < 0.75:
            third = self.one(kind, places, depth)
            return {"or": [{"and": [first, second]}, {"not": {"or": [second, third]}}]}
        if draw < 0.85:
            return {"or": [first, {"not": second} if self.rng.random() < 0.4 else second]}
        if draw < 0.95:
            return {"and": [{"not": first}, second]}
        return {"not": {"or": [first, second]}}

    def one(self, kind: str, places: list[Place], depth: int = 0) -> dict[str, Any]:
        """A condition on one path, of those that were asked about least."""
        known = self.ways[kind]
        if depth >= DEEPEST:
            known = [way for way in known if not way[-1].reference]
        lowest = min(self.counts[kind, "where", way[-1].path] for way in known)
        way = self.rng.choice([way for way in known if self.counts[kind, "where", way[-1].path] <= lowest + 1])
        self.counts[kind, "where", way[-1].path] += 1
        places.append((kind, "where", way[-1].path))
        return self._down(kind, self.types[kind], way, places, depth)

    def _down(self, kind: str, type_: Any, way: Way, places: list[Place], depth: int) -> dict[str, Any]:
        path, *rest = way
        inner = get_named_type(type_.fields[path.graphql].type)
        chance = self.rng.random()
        if path.many:
            word = "none" if chance < 0.35 else "any"
            inner = get_named_type(inner.fields[word].type)
            return {path.graphql: {word: self._inner(kind, inner, path, tuple(rest), places, depth)}}
        if chance < 0.06 and not path.reference and "isNull" in inner.fields:
            return {path.graphql: {"isNull": self.rng.random() < 0.5}}
        return {path.graphql: self._inner(kind, inner, path, tuple(rest), places, depth)}

    def _inner(self, kind: str, type_: Any, path: Path, rest: Way, places: list[Place], depth: int) -> dict[str, Any]:
        if rest:
            return self._down(kind, type_, rest, places, depth)
        if path.reference:
            if self.rng.random() < 0.4:
                known = [*self.pair.hidden[path.reference], *self.pair.visible[path.reference]]
                return {"id": {"in": self.rng.sample(known, k=min(len(known), self.rng.randint(1, 6)))}}
            if self.rng.random() < 0.2:
                return {}
            return self.where(path.reference, places, depth + 1)
        return self._leaf(kind, type_, path)

    def _leaf(self, kind: str, type_: GraphQLInputObjectType, path: Path) -> dict[str, Any]:
        name = self.rng.choice(list(type_.fields))
        if name == "isNull":
            return {name: self.rng.random() < 0.5}
        if name in ("in", "notIn"):
            return {name: [self.constant(kind, path) for _ in range(self.rng.randint(1, 4))]}
        value = self.constant(kind, path)
        if name in ("startsWith", "contains"):
            text = str(value)
            start = 0 if name == "startsWith" else self.rng.randrange(max(1, len(text)))
            value = text[start : start + self.rng.randint(1, max(1, len(text)))] or "a"
        found = {name: value}
        if self.rng.random() < 0.08:
            found["isNull"] = self.rng.random() < 0.5
        return found

    def constant(self, kind: str, path: Path) -> Any:
        """A value of a path: mostly one that either world holds somewhere."""
        known = self.pair.constants.get((kind, path.path))
        if known and self.rng.random() < 0.9:
            return as_json(self.rng.choice(known))
        if path.path == "id":
            return f"{KINDS[kind].prefix}_{self.rng.randrange(10**19):020}"
        model = tree_of(kind).model if "." not in path.path else tree_of(kind).path(path.path.rpartition(".")[0]).model
        if path.name == "id" or model is None:
            return "zzzzzzzzzzzz"
        return as_json(self.values.one(model, path))
