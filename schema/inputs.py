"""What records are made of and how they are patched, from their models."""

from typing import Any

import strawberry
from strawberry import UNSET

from documents.kinds import tree_of
from documents.tree import Path
from schema.derive import (
    Mark,
    add,
    list_of,
    new_class,
    one_line,
    part_name,
    scalar_type,
)


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
            mark = Mark(kind, "action", path, action=action) if action else Mark("" if value else kind, "write", path)
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
        says = one_line(path.model.__doc__)
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
