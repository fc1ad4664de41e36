"""The output types of all kinds, from their models."""

from collections.abc import Callable
from typing import Any

import strawberry

from documents.kinds import KINDS, tree_of
from documents.tree import Path, is_text
from resolvers.relations import backs_of
from schema.derive import (
    Mark,
    Node,
    Use,
    add,
    chain_name,
    list_of,
    new_class,
    one_line,
    part_name,
    readers,
    scalar_type,
)
from schema.language import spoken


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
            strawberry.type(cls, description=one_line(KINDS[kind].__doc__))

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
        if kind:
            says = f"{path.description}\n\n{readers(path.chain)}"
            add(cls, path.name, kept, description=says, mark=Mark(kind, use, path), label=chain_name(path))
        else:
            add(cls, path.name, kept, description=path.description, mark=Mark(kind, use, path))

    def part(self, kind: str, path: Path) -> type:
        """The type of a nested part or value object."""
        name = part_name(kind, path)
        if name not in self._parts:
            cls = self._parts[name] = new_class(name)
            for child in path.children:
                self._field("" if path.value else kind, cls, child)
            if is_text(path):
                says = "In this language; in another one where it is not given in this."
                add(cls, "in", None, description=says, mark=Mark("", "spoken"), resolver=spoken)
            strawberry.type(cls, description=one_line(path.model.__doc__))
        return self._parts[name]
