"""What mutations are given: facts that the writer may and may not write, ids of what they see and do not see."""

import random
from collections import Counter
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_required_input_field,
)

from documents.kinds import KINDS, kind_of, tree_of
from documents.tree import Path
from tests.interference.conditions import as_json
from tests.interference.coverage import Place
from tests.interference.pair import Pair
from tests.interference.values import NOW, Values

LIST_PATCH = {"add", "change", "remove", "order"}
SCALARS = {
    "String": ("lotus", "AZ", "0613"),
    "Int": (1, 2, 24),
    "Float": (1.5,),
    "Boolean": (True, False),
    "Date": tuple(NOW.date().replace(day=day).isoformat() for day in (1, 4, 5, 9)),
    "DateTime": tuple(NOW.replace(day=day).isoformat() for day in (1, 4, 5, 9)),
    "LocalTime": ("09:00",),
    "Decimal": ("10.50",),
}


class Inputs:
    """Draws inputs by their types, with values that suit the paths they stand for."""

    def __init__(self, pair: Pair, counts: "Counter[Place]", rng: random.Random) -> None:
        self.pair = pair
        self.counts = counts
        self.rng = rng
        self.values = Values(rng, pair.ids)

    def facts(self, type_: Any, kind: str, record_id: str | None, places: list[Place]) -> Any:
        """Facts of a kind for a mutation, the paths first that were written least."""
        inner = get_named_type(type_)
        if not isinstance(inner, GraphQLInputObjectType):
            return self.value(type_, None, kind)
        by_name = {path.graphql: path for path in tree_of(kind).paths}
        names = sorted(
            inner.fields, key=lambda name: (self.counts[kind, "write", self._name(by_name, name)], self.rng.random())
        )
        chosen = set(names[: self.rng.choice((1, 1, 2, 3))])
        chosen |= {name for name, found in inner.fields.items() if is_required_input_field(found)}
        found = {}
        for name in inner.fields:
            if name in chosen:
                path = by_name.get(name)
                self.counts[kind, "write", self._name(by_name, name)] += 1
                places.append((kind, "write", self._name(by_name, name)))
                found[name] = self.value(inner.fields[name].type, path, kind, record_id)
        return found

    def _name(self, by_name: dict[str, Path], name: str) -> str:
        return by_name[name].path if name in by_name else name

    def value(self, type_: Any, path: Path | None, kind: str, record_id: str | None = None) -> Any:
        """A value of an input type; null sometimes, where it may be."""
        if isinstance(type_, GraphQLNonNull):
            return self._value(type_.of_type, path, kind, record_id)
        return None if self.rng.random() < 0.08 else self._value(type_, path, kind, record_id)

    def _value(self, type_: Any, path: Path | None, kind: str, record_id: str | None) -> Any:
        if isinstance(type_, GraphQLList):
            return [
                self.value(type_.of_type, path, kind, record_id)
                or self._value(get_named_type(type_), path, kind, record_id)
                for _ in range(self.rng.randint(0, 2))
            ]
        if isinstance(type_, GraphQLInputObjectType):
            return self._object(type_, path, kind, record_id)
        if isinstance(type_, GraphQLEnumType):
            return self.rng.choice(list(type_.values))
        if type_.name == "ID":
            return self._id(path, kind)
        if path is not None and not path.children:
            return self._leaf(path, kind)
        return self.rng.choice(SCALARS[type_.name])

    def _object(self, type_: GraphQLInputObjectType, path: Path | None, kind: str, record_id: str | None) -> Any:
        if path is not None and type_.fields.keys() == LIST_PATCH:
            return self._list_patch(type_, path, kind, record_id)
        if path is not None and path.value:
            return self._fitting(type_, path)
        children = {child.graphql: child for child in path.children} if path else {}
        return {
            name: self._element_id(path, kind)
            if name == "id" and path is not None
            else self.value(found.type, children.get(name), kind, record_id)
            for name, found in type_.fields.items()
            if is_required_input_field(found) or self.rng.random() < 0.5
        }

    def _fitting(self, type_: GraphQLInputObjectType, path: Path) -> Any:
        """A value object that holds together, in the graph's names."""

        def shown(below: Any, at: Path) -> Any:
            if isinstance(below, list):
                return [shown(item, at) for item in below]
            if isinstance(below, dict):
                return {child.graphql: shown(below[child.name], child) for child in at.children if child.name in below}
            return as_json(below)

        del type_
        found = shown(self.values.object(path), path)
        return {name: value for name, value in found.items() if value is not None}

    def _list_patch(self, type_: GraphQLInputObjectType, path: Path, kind: str, record_id: str | None) -> Any:
        found: dict[str, Any] = {}
        for name in self.rng.sample(sorted(LIST_PATCH), k=self.rng.choice((1, 1, 2))):
            if name not in type_.fields:
                continue
            if name in ("remove", "order"):
                found[name] = [self._element_id(path, kind, record_id) for _ in range(self.rng.randint(1, 3))]
            else:
                inner = get_named_type(type_.fields[name].type)
                found[name] = [self._object(inner, path, kind, record_id)]
                if name == "change":
                    found[name][0]["id"] = self._element_id(path, kind, record_id)
        return found

    def _element_id(self, path: Path, kind: str, record_id: str | None = None) -> str:
        """The id of an element of either world, of the record at hand where it can be."""
        own = []
        for world in (self.pair.left, self.pair.right):
            document = world.docs[kind].get(record_id or "")
            value: Any = document.get(path.name) if document and "." not in path.path else None
            own += [item["id"] for item in value if "id" in item] if isinstance(value, list) else []
        known = own if own and self.rng.random() < 0.8 else self.pair.elements.get((kind, path.path), [])
        return self.rng.choice(known) if known and self.rng.random() < 0.9 else "zzzzzzzzzzzz"

    def _id(self, path: Path | None, kind: str) -> str:
        to = path.reference if path is not None and path.reference else kind or self.rng.choice(list(KINDS))
        draw = self.rng.random()
        if draw < 0.65 and self.pair.visible[to]:
            return self.rng.choice(self.pair.visible[to])
        if draw < 0.93 and self.pair.hidden[to]:
            return self.rng.choice(self.pair.hidden[to])
        if draw < 0.96:
            return self.rng.choice(self.values.ids[self.rng.choice(list(KINDS))])
        return f"{KINDS[to].prefix}_{self.rng.randrange(10**19):020}"

    def _leaf(self, path: Path, kind: str) -> Any:
        known = self.pair.constants.get((kind, path.path))
        if known and self.rng.random() < 0.6:
            return as_json(self.rng.choice(known))
        names = path.path.rpartition(".")[0]
        model = tree_of(kind).path(names).model if names else tree_of(kind).model
        assert model is not None
        return as_json(self.values.one(model, path))


def owner_kind(record_id: Any) -> str | None:
    """The kind that an id belongs to."""
    return kind_of(record_id) if isinstance(record_id, str) else None
