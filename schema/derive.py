"""Record kinds to GraphQL types and inputs. A record is written once; nothing here lists a field of a kind.

Every generated field carries a `Mark`: the path it shows and in which part it stands, for the mask and for the plan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from keyword import iskeyword
from typing import Any, Literal

import strawberry
from pydantic import BaseModel
from strawberry import UNSET

from documents.kinds import KINDS, tree_of
from documents.record import graphql_name
from documents.stamp import orders
from documents.tree import Path, is_enum
from resolvers.relations import Back, backs_of
from schema.scalars import LEAVES

Use = Literal["read", "order", "write", "reference", "back", "extra", "action", "kind"]


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


def _doc(text: str | None) -> str:
    """The first paragraph of a docstring as one line."""
    return " ".join((text or "").split("\n\n")[0].split())


def readers(path: Path) -> str:
    """The sentence on a field's label that its description ends in."""
    return f"Label: {' within '.join(label.name for label in reversed(path.chain))}."


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
) -> None:
    """Add a field to a class made by `new_class`."""
    options: dict[str, Any] = {"description": description, "name": graphql_name(name)}
    # Words of Python, such as ``and``, carry a trailing underscore in Python only.
    name = f"{name}_" if iskeyword(name) else name
    if mark is not None:
        options["metadata"] = {"mark": mark}
    if default is not None:
        options["default"] = default
    if resolver is not None:
        setattr(cls, name, strawberry.field(resolver=resolver, **options))
        return
    cls.__annotations__[name] = annotation
    setattr(cls, name, strawberry.field(**options))


def list_of(kept: Any) -> Any:
    """The list type of a type that was made at run time."""
    return list[kept]


@cache
def enum_type(leaf: type[StrEnum]) -> Any:
    """The enumerated type of the graph for one of the documents."""
    return strawberry.enum(leaf, description=_doc(leaf.__doc__))


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


def _record_class(kind: str) -> type:
    """An empty class for a kind's object type, which knows its own loaded records."""

    def is_type_of(source: Any, _: Any) -> bool:
        return getattr(source, "kind", None) == kind

    members = {"__annotations__": {}, "__module__": __name__, "is_type_of": staticmethod(is_type_of)}
    return type(kind, (Node,), members)


class Outputs:
    """The output types of all kinds: one object type a kind, one a part, one a value object."""

    def __init__(self) -> None:
        self.records: dict[str, type] = {kind: _record_class(kind) for kind in KINDS}
        self._parts: dict[str, type] = {}

    def build(self, extras: Callable[[str, type], None]) -> None:
        """Fill the object types of all kinds; ``extras`` adds what is not a stored path."""
        for kind, cls in self.records.items():
            for path in tree_of(kind).paths:
                self._field(kind, cls, path)
            for back in backs_of(kind):
                add(
                    cls,
                    back.name,
                    list_of(self.records[back.kind]),
                    description=back.says,
                    mark=Mark(kind, "back", back=back),
                )
            extras(kind, cls)
            strawberry.type(cls, description=_doc(KINDS[kind].__doc__))

    def _field(self, kind: str, cls: type, path: Path) -> None:
        if path.hidden:
            return
        kept: Any
        if path.reference:
            kept = self.records[path.reference]
        else:
            kept = self.part(kind, path) if path.model else scalar_type(path)
        use: Use = "reference" if path.reference else "read"
        if path.many:
            kept = list_of(kept)
        # What a reference points to may lie outside the caller's scope: then it is null.
        if path.nullable or (path.reference and not path.many):
            kept = kept | None
        add(cls, path.name, kept, description=f"{path.description} {readers(path)}", mark=Mark(kind, use, path))

    def part(self, kind: str, path: Path) -> type:
        """The type of a nested part or value object."""
        name = part_name(kind, path)
        if name not in self._parts:
            cls = self._parts[name] = new_class(name)
            for child in path.children:
                self._field("" if path.value else kind, cls, child)
            strawberry.type(cls, description=_doc(path.model.__doc__))
        return self._parts[name]


_COMPARED = (date, datetime, time, Decimal, int, float)
_SAYS = {
    "eq": "Equal to this.",
    "ne": "Not equal to this; true where there is no value.",
    "in": "One of these.",
    "not_in": "None of these; true where there is no value.",
    "lt": "Less than this.",
    "lte": "At most this.",
    "gt": "Greater than this.",
    "gte": "At least this.",
    "starts_with": "Begins with this, in the same case.",
    "contains": "Contains this, in any case.",
    "is_null": "Whether there is no value. What the caller may not read has none.",
}


class Filters:
    """The `where` inputs of all kinds."""

    def __init__(self) -> None:
        self.records: dict[str, type] = {kind: new_class(f"{kind}Where") for kind in KINDS}
        self._made: dict[str, type] = {}

    def build(self) -> None:
        """Fill the inputs of all kinds."""
        for kind, cls in self.records.items():
            for path in tree_of(kind).paths:
                self._field(kind, cls, path)
            self._logic(cls)
            strawberry.input(cls, description=f"Conditions on a {kind}; all that are given must hold.")
        for name, cls in self._made.items():
            if not hasattr(cls, "__strawberry_definition__"):
                strawberry.input(cls, description=f"Conditions of {name}; all that are given must hold.")

    def _logic(self, cls: type) -> None:
        for name, annotation, says in (
            ("and", list_of(cls), "All of these hold."),
            ("or", list_of(cls), "One of these holds."),
            ("not", cls, "This does not hold."),
        ):
            add(cls, name, annotation | None, description=says, default=UNSET)

    def _field(self, kind: str, cls: type, path: Path) -> None:
        if path.hidden:
            return
        if path.reference:
            kept: type = self.records[path.reference]
            says = f"The {path.reference} it refers to, where the caller has it in scope, meets this."
        elif path.model:
            kept, says = self._part(kind, path), path.description
        else:
            kept, says = self._scalar(path), path.description
        if path.many:
            name = kept.__name__.removesuffix("Where").removesuffix("Filter")
            kept = self._list(f"{name}ListWhere", kept)
        add(cls, path.name, kept | None, description=says, mark=Mark(kind, "read", path), default=UNSET)

    def _part(self, kind: str, path: Path) -> type:
        name = f"{part_name(kind, path)}Where"
        if name not in self._made:
            cls = self._made[name] = new_class(name)
            for child in path.children:
                self._field("" if path.value else kind, cls, child)
            add(cls, "is_null", bool | None, description=_SAYS["is_null"], default=UNSET)
        return self._made[name]

    def _list(self, name: str, item: type) -> type:
        if name not in self._made:
            cls = self._made[name] = new_class(name)
            add(cls, "any", item | None, description="Some element meets this.", default=UNSET)
            add(cls, "none", item | None, description="No element meets this.", default=UNSET)
        return self._made[name]

    def _scalar(self, path: Path) -> type:
        kept = scalar_type(path)
        names = {strawberry.ID: "ID", str: "String", bool: "Boolean", int: "Int", float: "Float"}
        base = names.get(kept) or getattr(kept, "__name__", "")
        name = f"{base}Filter"
        if name in self._made:
            return self._made[name]
        cls = self._made[name] = new_class(name)
        ops = ["eq", "ne", "is_null"] if kept is bool else ["eq", "ne", "in", "not_in", "is_null"]
        if path.leaf in _COMPARED:
            ops += ["lt", "lte", "gt", "gte"]
        if path.leaf is str and kept is not strawberry.ID:
            ops += ["starts_with", "contains"]
        for op in ops:
            annotation = bool if op == "is_null" else list_of(kept) if op in ("in", "not_in") else kept
            add(cls, op, annotation | None, description=_SAYS[op], default=UNSET)
        return cls


@strawberry.enum(description="Which way an order runs.")
class OrderDirection(StrEnum):
    """Ascending or descending."""

    ASC = "ASC"
    DESC = "DESC"


@cache
def order_type(kind: str) -> type:
    """The `orderBy` input of a kind: name exactly one."""
    cls = new_class(f"{kind}Order")
    for order in orders(KINDS[kind]):
        mark = Mark(kind, "order", order.path)
        says = f"By {order.path.description[:1].lower()}{order.path.description[1:]}"
        add(cls, order.name, OrderDirection | None, description=says, mark=mark, default=UNSET)
    strawberry.input(cls, description=f"An order of {kind} records: name exactly one. Ties go by id.")
    return cls


class Inputs:
    """The inputs of all kinds: what a record, a part or a value object is made of, and how it is patched."""

    def __init__(self) -> None:
        self._made: dict[str, type] = {}

    def create(self, kind: str) -> type:
        """What a new record is made of."""
        return self._object(kind, f"Create{kind}Input", tree_of(kind).paths, f"What a new {kind} is made of.")

    def patch(self, kind: str) -> type:
        """How a record is changed."""
        says = f"What changes in a {kind}. What is absent stays; null clears."
        return self._object(kind, f"{kind}Patch", tree_of(kind).paths, says, patch=True)

    def arguments(self, kind: str, action: str, paths: tuple[Path, ...]) -> type:
        """What a named action takes."""
        name = f"{action[:1].upper()}{action[1:]}{kind}Input"
        return self._object(kind, name, paths, f"What “{action}” of a {kind} takes.", action=action)

    def _object(
        self,
        kind: str,
        name: str,
        paths: tuple[Path, ...],
        says: str,
        *,
        patch: bool = False,
        value: bool = False,
        action: str | None = None,
    ) -> type:
        if name in self._made:
            return self._made[name]
        cls = self._made[name] = new_class(name)
        for path in paths:
            if path.fills or path.hidden or not (path.fact or action) or (path.name == "id" and not patch):
                continue
            if path.name == "id":
                add(cls, "id", strawberry.ID, description="Id of the element that changes.")
                continue
            annotation = self._type(kind, path, patch=patch)
            required = path.required and not patch and not action
            mark = Mark(kind, "action", action=action) if action else Mark("" if value else kind, "write", path)
            if required:
                add(cls, path.name, annotation, description=path.description, mark=mark)
            else:
                add(cls, path.name, annotation | None, description=path.description, mark=mark, default=UNSET)
        strawberry.input(cls, description=says)
        return cls

    def _type(self, kind: str, path: Path, *, patch: bool) -> Any:
        if path.reference:
            return list[strawberry.ID] if path.many else strawberry.ID
        if path.model is None:
            kept = scalar_type(path)
            return list_of(kept) if path.many else kept
        part = part_name(kind, path)
        says = _doc(path.model.__doc__)
        if path.value:
            kept = self._object(kind, f"{part}Input", path.children, says, value=True)
            return list_of(kept) if path.many else kept
        new = self._object(kind, f"{part}Input", path.children, says)
        if not patch:
            return list_of(new) if path.many else new
        change = self._object(kind, f"{part}Patch", path.children, f"What changes. {says}", patch=True)
        return self._list_patch(f"{part}ListPatch", new, change) if path.many else change

    def _list_patch(self, name: str, new: type, change: type) -> type:
        if name in self._made:
            return self._made[name]
        cls = self._made[name] = new_class(name)
        for field, annotation, says in (
            ("add", list_of(new), "New elements, put at the end."),
            ("change", list_of(change), "Elements that change, each by its id."),
            ("remove", list[strawberry.ID], "Ids of elements to take away."),
            ("order", list[strawberry.ID], "Ids in their new order; those not named keep their places."),
        ):
            add(cls, field, annotation | None, description=says, default=UNSET)
        strawberry.input(cls, description="How a list changes, element by element. What is not named stays.")
        return cls


def describe(cls: Any, **says: str) -> None:
    """Put descriptions on the fields of a plain dataclass that is shown as a type."""
    for found in cls.__strawberry_definition__.fields:
        found.description = says[found.python_name]
