"""How record kinds become types and inputs of the graph. A record is written once; nothing here lists its fields.

Every generated field carries a `Mark`: the path it shows and in which part it stands, for the mask and for the plan.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from inspect import isasyncgenfunction
from keyword import iskeyword
from typing import Any, Literal

import strawberry
from pydantic import BaseModel
from strawberry.schema_directive import Location

from auth.caller import Role
from auth.policy import AUTHORED, READ
from auth.rules import NEVER
from documents.kinds import KINDS, tree_of
from documents.labels import Label
from documents.record import graphql_name
from documents.tree import Path, is_enum
from resolvers.relations import Back
from schema.scalars import LEAVES
from schema.wording import ARGUMENTS, enumerated

Use = Literal["read", "order", "write", "reference", "back", "extra", "action", "kind", "spoken"]


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """What a field of the graph stands for. ``kind`` is empty within value objects, which are read as a whole."""

    kind: str
    use: Use
    path: Path | None = None
    back: Back | None = None
    action: str | None = None
    # The action of the table that a field is for: without it the field does not exist.
    right: str | None = None


@strawberry.interface(description="Anything that has a global id.")
class Node:
    """The `Node` interface of the Global Object Identification specification."""

    id: strawberry.ID = strawberry.field(description="Opaque global id.")

    @classmethod
    def resolve_type(cls, source: Any, *_: Any) -> str:
        """The kind of a loaded record."""
        return str(source.kind)


def one_line(text: str | None) -> str:
    """The first paragraph of a docstring as one line."""
    return " ".join((text or "").split("\n\n")[0].split())


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="access", description="Under which labels a field stands."
)
class Access:
    """Shown in the printed schema; the mask has decided before."""

    label: str = strawberry.directive_field(name="label")


def chain_name(path: Path) -> str:
    """The labels of a path, from the outside in."""
    return " > ".join(label.name for label in path.chain)


@cache
def readers(chain: tuple[Label, ...]) -> str:
    """The sentence that says, from the table, who reads what stands under a chain of labels."""
    freely, limited = [], []
    for role in Role:
        rules = [READ[label].get(role, NEVER) for label in chain]
        authors = any(role in AUTHORED.get(label, {}) for label in chain)
        if not all(rules) and not authors:
            continue
        conditions = sorted({str(rule) for rule in rules if rule and not rule.always})
        if conditions or authors:
            own = ["they wrote it"] if authors else []
            limited.append(f"{role.value} where {', or '.join([' and '.join(conditions), *own])}")
        else:
            freely.append(role.value)
    if len(freely) == len(Role):
        return "Read by everyone who has the record in scope."
    said = "; ".join([", ".join(freely), *limited] if freely else limited)
    return f"Read by {said}." if said else "Read by nobody."


def new_class(name: str) -> type:
    """An empty class that a type of the graph is made of."""
    return type(name, (), {"__annotations__": {}, "__module__": __name__})


def add(
    cls: type,
    name: str,
    annotation: Any,
    *,
    description: str,
    mark: Mark | None = None,
    default: Any = None,
    resolver: Callable[..., Any] | None = None,
    label: str | None = None,
) -> None:
    """Add a field to a class made by `new_class`."""
    options: dict[str, Any] = {"description": description, "name": graphql_name(name)}
    # Words of Python, such as ``and``, carry a trailing underscore in Python only.
    name = f"{name}_" if iskeyword(name) else name
    if mark is not None:
        options["metadata"] = {"mark": mark}
    if default is not None:
        options["default"] = default
    if label is not None:
        options["directives"] = [Access(label=label)]
    if resolver is not None:
        made = strawberry.field(resolver=resolver, is_subscription=isasyncgenfunction(resolver), **options)
        for argument in made.arguments:
            argument.description = ARGUMENTS.get(argument.python_name)
        setattr(cls, name, made)
        return
    cls.__annotations__[name] = annotation
    setattr(cls, name, strawberry.field(**options))


def list_of(kept: Any) -> Any:
    """The list type of a type that was made at run time."""
    return list[kept]


def stream_of(kept: Any) -> Any:
    """What the resolver of a subscription gives, of a type that was made at run time."""
    return AsyncGenerator[kept, None]


@cache
def enum_type(leaf: type[StrEnum]) -> Any:
    """The enumerated type of the graph for one of the documents."""
    return enumerated(leaf, one_line(leaf.__doc__))


def scalar_type(path: Path) -> Any:
    """The type of the graph that shows a leaf."""
    if path.name == "id":
        return strawberry.ID
    if is_enum(path.leaf):
        return enum_type(path.leaf)
    assert path.leaf is not None  # noqa: S101  # parts are no scalars
    return LEAVES.get(path.leaf, path.leaf)


def _holders() -> dict[type[BaseModel], set[str]]:
    """Which kinds hold a part; one that several hold is named after each."""
    found: dict[type[BaseModel], set[str]] = {}
    for kind in KINDS:
        for path in tree_of(kind).walk():
            if path.model is not None and not path.hidden:
                found.setdefault(path.model, set()).add(kind)
    return found


def _check_parts() -> None:
    """A part that stands in several places of a kind must carry the same labels in each: it is one type."""
    for kind in KINDS:
        chains: dict[type[BaseModel], Path] = {}
        for path in tree_of(kind).walk():
            if path.model is None or path.value or path.hidden:
                continue
            first = chains.setdefault(path.model, path)
            if first.chain != path.chain or first.apart != path.apart:
                msg = f"{kind}.{path.path} and {first.path} hold the same part under other labels: subclass the part"
                raise TypeError(msg)


HOLDERS = _holders()
_check_parts()


def part_name(kind: str, path: Path) -> str:
    """The name in the graph of a nested part: its own, with the kind before it where several kinds hold one."""
    assert path.model is not None  # noqa: S101  # callers pass parts only
    name = path.model.__name__
    return name if path.value or len(HOLDERS[path.model]) == 1 else f"{kind}{name}"


def describe(cls: Any, **says: str) -> None:
    """Put descriptions on the fields of a plain dataclass that is shown as a type."""
    for found in cls.__strawberry_definition__.fields:
        found.description = says[found.python_name]
