"""Values that must not get through, by the type that they are sent to, and every place of a schema to send them to."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

OPERATOR = {"$ne": None}
WRONG: dict[str, tuple[Any, ...]] = {
    "String": (OPERATOR, {"a.b": 1}, ["x"], 5, True, 1.5),
    "ID": (OPERATOR, {"a.b": 1}, ["x"], True, 1.5),
    "Int": (OPERATOR, "1", 1.5, 2**31, True, ["x"]),
    "Float": (OPERATOR, "1.5", True, ["x"]),
    "Boolean": (OPERATOR, "true", 1, ["x"]),
    "Date": (OPERATOR, "2026-02-30", "0000-00-00", "2026-13-01", 20260504, "x" * 100),
    "DateTime": (OPERATOR, "2026-02-30T00:00:00Z", "2026-05-04T09:00:00", "0001-01-01T00:00:00+14:00", 5),
    "LocalTime": (OPERATOR, "25:00", 930, "half past nine"),
    "Decimal": (
        OPERATOR,
        "NaN",
        "1,5",
        "Infinity",
        "1" * 41,
        True,
        {"$numberDecimal": "1"},
        "1e999999",
        "1e-7000",
        "9" * 40,
    ),
}
WRONG_ENUM = (OPERATOR, "NO_SUCH_VALUE", 5, True, "constructor")
WRONG_OBJECT: tuple[Any, ...] = ("x", 5, ["x"], {"noSuchField": 1}, {"$where": "1"}, {"a.b": 1}, {"constructor": {}})


@dataclass(frozen=True)
class Place:
    """One argument of an operation, or a field somewhere below it."""

    root: str
    field: str
    arguments: dict[str, Any]
    argument: str
    way: tuple[tuple[str, Any], ...]

    @property
    def type_(self) -> Any:
        """The type of what stands at the place."""
        return self.way[-1][1] if self.way else self.arguments[self.argument]

    @property
    def name(self) -> str:
        """What stands at the place is called so."""
        return self.way[-1][0] if self.way else self.argument

    def operation(self) -> str:
        """The operation, with each argument that it must have, and this one, as a variable of its name."""
        taken = {name: type_ for name, type_ in self.arguments.items() if self._given(name)}
        declared = ", ".join(f"${name}: {type_}" for name, type_ in taken.items())
        given = ", ".join(f"{name}: ${name}" for name in taken)
        return f"{self.root}({declared}) {{ {self.field}({given}) {{ __typename }} }}"

    def variables(self, wrong: Any) -> dict[str, Any]:
        """The variables, with a value at the place."""
        for name, type_ in reversed(self.way):
            wrong = {name: _nested(type_, wrong)}
        others = {name: _some(type_) for name, type_ in self.arguments.items() if self._given(name)}
        return others | {self.argument: _nested(self.arguments[self.argument], wrong)}

    def _given(self, name: str) -> bool:
        return name == self.argument or is_non_null_type(self.arguments[name])


def _some(type_: Any) -> Any:
    """A value for an argument that is only there because it must be."""
    if is_list_type(getattr(type_, "of_type", None)):
        return []
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        return {}
    return {"Int": 1, "Date": "2026-05-04", "DateTime": "2026-05-04T09:00:00Z"}.get(named.name, "x")


def _nested(type_: Any, value: Any) -> Any:
    """A value in as many lists as a type has. A list is never read as one of its elements."""
    while is_non_null_type(type_):
        type_ = type_.of_type
    return [_nested(type_.of_type, value)] if is_list_type(type_) else value


def wrong_values(type_: Any) -> tuple[Any, ...]:
    """What a type refuses."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        return WRONG_ENUM
    if isinstance(named, GraphQLInputObjectType):
        return WRONG_OBJECT
    return WRONG[named.name]


def places(schema: GraphQLSchema) -> Iterator[Place]:
    """Every argument of every query and mutation, and every field of every input type once, by the shortest way."""
    queue: deque[Place] = deque()
    for root, type_ in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        for field, definition in type_.fields.items() if type_ else ():
            arguments = {name: given.type for name, given in definition.args.items()}
            queue.extend(Place(root, field, arguments, name, ()) for name in arguments)
    seen: set[tuple[str, str]] = set()
    while queue:
        place = queue.popleft()
        yield place
        named = get_named_type(place.type_)
        if isinstance(named, GraphQLInputObjectType):
            for name, found in named.fields.items():
                if (named.name, name) not in seen:
                    seen.add((named.name, name))
                    queue.append(replace(place, way=(*place.way, (name, found.type))))
