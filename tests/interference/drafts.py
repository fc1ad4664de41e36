"""A request in the making, and what a schema offers to ask for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import get_named_type, is_leaf_type

from documents.kinds import tree_of
from documents.tree import Path
from tests.interference.coverage import Place

CURSORS = ("cursor", "startCursor", "endCursor")


@dataclass
class Request:
    """One document, its variables, and the places that it asks for."""

    text: str
    variables: dict[str, Any]
    places: list[Place]
    changes: bool = False
    # What is asked of the fixed tables: the year by alias.
    figures: dict[str, int] = field(default_factory=dict)


@dataclass
class Draft:
    """A request in the making."""

    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)

    def variable(self, type_: Any, value: Any) -> str:
        """A new variable that holds a value."""
        name = f"v{len(self.declared)}"
        self.declared.append(f"${name}: {type_}")
        self.variables[name] = value
        return f"${name}"


def leaves(type_: Any, paths: tuple[Path, ...], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The leaves of an object type that show stored paths: names on the way down, and the dotted path."""
    by_name = {path.graphql: path for path in paths if not path.hidden}
    for name, shown in type_.fields.items():
        path = by_name.get(name)
        inner = get_named_type(shown.type)
        if path is None or path.reference:
            continue
        if is_leaf_type(inner):
            yield (*above, name), path.path
        else:
            yield from leaves(inner, path.children, (*above, name))


def fields_of(type_: Any) -> dict[str, Any]:
    """The fields of a type, or of what it is a list of."""
    return dict(getattr(get_named_type(type_), "fields", {}))


def written(kind: str, type_: Any) -> Iterator[str]:
    """The top-level paths that an input of a mutation offers."""
    by_name = {path.graphql: path.path for path in tree_of(kind).paths}
    yield from (by_name.get(name, name) for name in fields_of(type_))


def cursors_of(data: Any) -> list[str]:
    """The cursors in an answer."""
    if isinstance(data, list):
        return [found for item in data for found in cursors_of(item)]
    if not isinstance(data, dict):
        return []
    own = [value for name, value in data.items() if name in CURSORS and isinstance(value, str)]
    return own + [found for value in data.values() for found in cursors_of(value)]
