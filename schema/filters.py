"""The conditions and orders of all kinds, from their models."""

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache

import strawberry
from strawberry import UNSET

from documents.kinds import KINDS, tree_of
from documents.stamp import orders
from documents.tree import Path
from schema.derive import (
    Mark,
    add,
    list_of,
    new_class,
    part_name,
    scalar_type,
)
from schema.wording import enumerated

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


class OrderDirection(StrEnum):
    """Ascending or descending."""

    ASC = "ASC"
    DESC = "DESC"


enumerated(OrderDirection, "Which way an order runs.")


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
