"""Random queries over a masked schema: every selectable thing, in the ways in which clients combine them."""

import random
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)

MOST_FRAGMENTS = 3
DEEPEST = 5
ASKING = ("history", "differences", "clashes", "travel", "fits")
TEXTS = {
    "from": '"2026-04-28"',
    "to": '"2026-05-20"',
    "slug": '"x"',
    "field": '"members.person"',
    "code": '"FIZ"',
    "year": "2025",
    "meeting": "{ minutes: 30, room: false }",
    "meetings": "[{ minutes: 45, room: false }, { minutes: 30, room: false }]",
    "archived": "true",
}


@dataclass
class Asked:
    """A query and its variables."""

    text: str
    variables: dict[str, Any]


@dataclass
class QueryDraw:
    """Draws one query. The arguments of a field are the same wherever it stands, so that selections merge.

    ``ids`` are the ids to ask for, by the field that takes them; ``node`` takes those of all. ``asking`` is how often
    to take a field that asks the store again for every record.
    """

    schema: GraphQLSchema
    ids: dict[str, list[str]]
    random: random.Random
    asking: float = 0.3
    variables: dict[str, tuple[str, Any]] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    _arguments: dict[tuple[str, str], str] = field(default_factory=dict)

    def query(self, most: int) -> Asked:
        """A query of one to so many root fields."""
        root = self.schema.query_type
        assert root is not None
        names = self.random.sample(sorted(root.fields), min(len(root.fields), self.random.randint(1, most)))
        parts = [self._field(root, name, DEEPEST, alias=f"r{n}") for n, name in enumerate(names)]
        if self.random.random() < 0.3:
            parts.insert(self.random.randrange(len(parts) + 1), "__typename")
        body = " ".join(parts)
        declared = ", ".join(f"${name}: {type_}" for name, (type_, _) in self.variables.items())
        text = f"query Q{f'({declared})' if declared else ''} {{ {body} }} {' '.join(self.fragments.values())}"
        return Asked(text, {name: value for name, (_, value) in self.variables.items()})

    def _variable(self, type_: str, value: Any) -> str:
        name = f"v{len(self.variables)}"
        self.variables[name] = (type_, value)
        return f"${name}"

    def _directive(self) -> str:
        if self.random.random() > 0.15:
            return ""
        name, value = self.random.choice(("skip", "include")), self.random.random() < 0.5
        shown = self._variable("Boolean!", value) if self.random.random() < 0.7 else str(value).lower()
        return f" @{name}(if: {shown})"

    def _call(self, type_: GraphQLObjectType, name: str) -> str:
        key = (type_.name, name)
        if key not in self._arguments:
            found = [
                f"{arg}: {given}" for arg in type_.fields[name].args if (given := self._given(name, arg)) is not None
            ]
            self._arguments[key] = f"({', '.join(found)})" if found else ""
        return self._arguments[key]

    def _given(self, name: str, arg: str) -> str | None:
        if arg == "id":
            return self._variable("ID!", self.random.choice(self.ids.get(name, self.ids["node"])))
        if arg == "ids":
            return self._variable("[ID!]!", [*self.random.choices(self.ids["node"], k=4), "x_y"])
        if arg == "first":
            return "3" if self.random.random() < 0.5 else self._variable("Int", 14)
        if arg in TEXTS:
            return TEXTS[arg]
        if arg == "language":
            language = self.random.choice(("AZ", "EN", "RU"))
            return language if self.random.random() < 0.5 else self._variable("Language!", language)
        return None

    def _field(self, type_: GraphQLObjectType, name: str, depth: int, *, alias: str = "") -> str:
        definition = type_.fields[name]
        head = f"{alias}: " if alias else ""
        return f"{head}{name}{self._call(type_, name)}{self._directive()}{self._below(definition, depth)}"

    def _below(self, definition: GraphQLField, depth: int) -> str:
        named = get_named_type(definition.type)
        if is_leaf_type(named):
            return ""
        if isinstance(named, GraphQLInterfaceType):
            return self._interface(named, depth)
        assert isinstance(named, GraphQLObjectType)
        return self._selection(named, depth - 1)

    def _interface(self, type_: GraphQLInterfaceType, depth: int) -> str:
        parts = ["id"] if self.random.random() < 0.7 else ["__typename"]
        kinds = sorted(self.schema.get_possible_types(type_), key=lambda each: each.name)
        taken = [found for found in kinds if self.random.random() < 0.6]
        # Aliases of its own: fields of one name differ in type from kind to kind.
        parts += [f"... on {found.name} {self._selection(found, depth - 1, prefix=found.name)}" for found in taken]
        return f" {{ {' '.join(parts)} }}"

    def _selection(self, type_: GraphQLObjectType, depth: int, prefix: str = "") -> str:
        names = [
            name for name in sorted(type_.fields) if depth > 0 or is_leaf_type(get_named_type(type_.fields[name].type))
        ]
        names = self.random.sample(names, min(len(names), self.random.choice((1, 2, 4, 8))))
        names = [name for name in names if name not in ASKING or self.random.random() < self.asking]
        parts = [self._item(type_, name, depth, prefix) for name in names]
        if self.random.random() < 0.4 or not parts:
            parts.insert(self.random.randrange(len(parts) + 1), "__typename")
        return f" {{ {' '.join(parts)} }}"

    def _item(self, type_: GraphQLObjectType, name: str, depth: int, prefix: str) -> str:
        alias = f"{prefix}_{name}" if prefix else self.random.choice(("", "", f"a_{name}"))
        text = self._field(type_, name, depth, alias=alias)
        form = self.random.random()
        if form < 0.08:
            return f"...{self._directive()} {{ {text} }}"
        if form < 0.16:
            return f"... on {type_.name}{self._directive()} {{ {text} }}"
        if form < 0.22 and len(self.fragments) < MOST_FRAGMENTS:
            fragment = f"F{len(self.fragments)}"
            self.fragments[fragment] = f"fragment {fragment} on {type_.name} {{ {text} }}"
            return f"...{fragment}{self._directive()} {text}"
        return text
