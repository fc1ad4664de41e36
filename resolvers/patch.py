"""A patch to a stored record: what is absent stays, null clears, lists change element by element."""

from collections.abc import Iterator, Mapping
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bson import Decimal128

from auth.access import Sight
from documents.record import element_id
from documents.tree import Path, is_text
from resolvers.context import Context
from resolvers.problem import Problem, ProblemCode, at


def storable(value: Any) -> Any:
    """A client's value in storage form; the model checks it afterwards."""
    if isinstance(value, Mapping):
        return {name: storable(below) for name, below in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, Decimal):
        return Decimal128(value)
    return value.isoformat() if isinstance(value, time) else value


Place = tuple[str | int, ...]


def written(paths: tuple[Path, ...], patch: Mapping[str, Any], prefix: Place = ()) -> Iterator[tuple[Path, str]]:
    """Every path that a patch writes, with its place. Clearing or removing something writes all of it."""
    by_name = {path.name: path for path in paths}
    for name, value in patch.items():
        if name in by_name and name != "id":
            yield from _written(by_name[name], value, (*prefix, name))


def _written(path: Path, value: Any, place: Place) -> Iterator[tuple[Path, str]]:
    yield path, at(*place)
    if value is None:
        yield from _all_of(path, place)
    elif not path.children or path.value:
        return
    elif not path.many:
        yield from written(path.children, value, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from written(path.children, item, (*place, index))
    else:
        for key in ("add", "change"):
            for index, item in enumerate(value.get(key) or ()):
                yield from written(path.children, item, (*place, key, index))
        if value.get("remove"):
            yield from _all_of(path, (*place, "remove"))


def _all_of(path: Path, place: Place) -> Iterator[tuple[Path, str]]:
    """A path and all that a client could write below it."""
    return ((below, at(*place)) for below in path.walk() if not below.fills)


class Patcher:
    """Applies one patch for one caller; problems are collected, not raised."""

    def __init__(self, context: Context, sight: Sight | None, record: dict[str, Any]) -> None:
        self.context = context
        self.sight = sight
        self.record = record
        self.problems: list[Problem] = []

    def apply(
        self, paths: tuple[Path, ...], document: dict[str, Any], patch: Mapping[str, Any], *place: str | int
    ) -> None:
        """Put the patch into a stored document, in place."""
        by_name = {path.name: path for path in paths}
        for name, value in patch.items():
            path = by_name.get(name)
            if path is None or name == "id":
                continue
            self._one(path, document, value, (*place, name))

    def _one(self, path: Path, document: dict[str, Any], value: Any, place: Place) -> None:
        name = path.name
        if path.element:
            kept = document.get(name) or []
            # Clearing a list takes away what the writer reads of it.
            value = {"remove": list(self._seen(path, kept))} if value is None else value
            document[name] = self._elements(path, kept, value, place)
        elif value is None:
            document[name] = [] if path.many else None
        elif path.many or not path.children:
            document[name] = storable(value)
        elif is_text(path) and document.get(name):
            # A language that is not given stays.
            document[name] = {**document[name], **storable(value)}
        elif path.value:
            document[name] = storable(value)
        else:
            below = document.get(name) or {}
            document[name] = below
            self.apply(path.children, below, value, *place)

    def _new(self, path: Path, value: Mapping[str, Any], place: Place) -> dict[str, Any]:
        item: dict[str, Any] = {"id": element_id()}
        self.apply(path.children, item, value, *place)
        for child in path.children:
            if child.fills in ("author", "now"):
                item[child.name] = self.context.caller.person if child.fills == "author" else self.context.now
        return item

    def _seen(self, path: Path, items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """The elements of a list that the caller reads, by id. What is not read is left where it is."""
        if self.sight and not self.sight.reads(path.chain, self.sight.bits(self.record)):
            return {}
        admitted = self.sight.admits(path.path, self.record) if self.sight else None
        return {item["id"]: item for item in items if admitted is None or item.get(admitted[0]) in admitted[1]}

    def _elements(self, path: Path, items: list[dict[str, Any]], value: Any, place: Place) -> list[dict[str, Any]]:
        if isinstance(value, list):
            return [self._new(path, item, (*place, index)) for index, item in enumerate(value)]
        seen = self._seen(path, items)
        for index, item in enumerate(value.get("change") or ()):
            found = seen.get(item["id"])
            if found is None:
                self._missing((*place, "change", index, "id"), item["id"])
            else:
                self.apply(path.children, found, item, *place, "change", index)
        gone = set(value.get("remove") or ())
        for index, identifier in enumerate(value.get("remove") or ()):
            if identifier not in seen:
                self._missing((*place, "remove", index), identifier)
        kept = [item for item in items if item["id"] not in gone or item["id"] not in seen]
        kept += [self._new(path, item, (*place, "add", index)) for index, item in enumerate(value.get("add") or ())]
        order = list(value.get("order") or ())
        for index, identifier in enumerate(order):
            if identifier not in seen:
                self._missing((*place, "order", index), identifier)
        return _reordered(kept, order)

    def _missing(self, place: Place, identifier: str) -> None:
        message = f"There is no element “{identifier[:40]}” in this list: read the record again"
        self.problems.append(Problem(ProblemCode.NOT_FOUND, at(*place), message))


def _reordered(items: list[dict[str, Any]], order: list[str]) -> list[dict[str, Any]]:
    """The named elements in their new order, in the places that they held together; the others keep theirs."""
    if not order:
        return items
    by_id = {item["id"]: item for item in items}
    named = iter([by_id[found] for found in dict.fromkeys(order) if found in by_id])
    wanted = set(order)
    return [next(named) if item["id"] in wanted else item for item in items]
