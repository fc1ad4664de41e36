"""A caller's mask to the schema that may be seen. What is outside the mask exists nowhere in it."""

import asyncio
import copy
import gc
from collections import OrderedDict
from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, StrawberryOptional
from strawberry.types.field import StrawberryField

from auth.mask import KindMask, Mask
from documents.kinds import tree_of
from resolvers.load import Row
from schema.derive import Mark
from schema.executor import Executor
from schema.scalars import SCALARS

MOST_SCHEMAS = 64


def read(source: Any, name: str) -> object:
    """What a field without a resolver shows of a loaded record, a part of one, or a plain object."""
    if type(source) is Row:
        return source.doc.get("_id" if name == "id" else name)
    if type(source) is dict:
        return source.get(name)
    return getattr(source, name)


def _exists(mark: Mark, kind: KindMask) -> bool:
    path = mark.path
    if mark.right is not None and mark.right not in kind.actions:
        return False
    if mark.use == "order":
        assert path is not None  # noqa: S101  # orders carry their path
        return kind.mode(path) == "always" and not any(kind.elements.get(found) for found in path.lists)
    if mark.use == "write":
        assert path is not None  # noqa: S101  # writes carry their path
        # A part is offered where something below it may be written.
        return any(kind.writable(found) for found in path.walk())
    if mark.use == "action":
        return mark.action in kind.actions if path is None else (mark.action, path.path) in kind.takes
    return path is None or kind.readable(path)


class MaskedSchema(strawberry.Schema):
    """The graph as one mask has it: fields outside the mask are left out, conditional ones are nullable."""

    def __init__(self, mask: Mask, query: type, mutation: type, subscription: type) -> None:
        self.mask = mask
        super().__init__(
            query=query,
            mutation=mutation,
            # Nobody in particular has nothing to follow.
            subscription=subscription if mask.somebody else None,
            execution_context_class=Executor,
            config=StrawberryConfig(scalar_map=SCALARS, default_resolver=read),
        )

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """The fields of a type that exist for the mask."""
        return [kept for field in type_definition.fields if (kept := self._kept(field)) is not None]

    def _kept(self, field: StrawberryField) -> StrawberryField | None:
        mark: Mark | None = field.metadata.get("mark")
        if mark is None or not mark.kind:
            return field
        kind = self.mask.kinds.get(mark.kind)
        if kind is None or not _exists(mark, kind):
            return None
        if mark.back is not None and not self._joins(mark):
            return None
        if mark.use in ("read", "reference") and mark.path is not None and kind.mode(mark.path) == "if":
            return _nullable(field)
        return field

    def _joins(self, mark: Mark) -> bool:
        assert mark.back is not None  # noqa: S101  # asked of back-references only
        other = self.mask.kinds.get(mark.back.kind)
        return other is not None and other.readable(tree_of(mark.back.kind).path(mark.back.by))


def _nullable(field: StrawberryField) -> StrawberryField:
    kept = field.type
    if isinstance(kept, StrawberryOptional):
        return field
    field = copy.copy(field)
    field.type = StrawberryOptional(kept)
    return field


def _settle() -> None:
    """Leave what lives long out of the search for unused cycles, which answers of some size set off again and again.

    What was dropped since goes first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


class Schemas:
    """The schemas in use, one a mask, the least recently used one dropped. Built off the event loop."""

    def __init__(self, build: Any, most: int = MOST_SCHEMAS) -> None:
        self._build = build
        self._most = most
        self._kept: OrderedDict[str, MaskedSchema] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def of(self, mask: Mask) -> MaskedSchema:
        """The schema of a mask, built on first use; two callers who need the same one wait for one build."""
        found = self._kept.get(mask.key)
        if found is not None:
            self._kept.move_to_end(mask.key)
            return found
        lock = self._locks.setdefault(mask.key, asyncio.Lock())
        async with lock:
            if mask.key not in self._kept:
                self._kept[mask.key] = await asyncio.to_thread(self._build, mask)
                while len(self._kept) > self._most:
                    dropped, _ = self._kept.popitem(last=False)
                    self._locks.pop(dropped, None)
                await asyncio.to_thread(_settle)
        return self._kept[mask.key]
