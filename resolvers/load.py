"""Reading: what is to be fetched of a kind, stripping what the caller may not see, and joining what is referred to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from auth.access import NOTHING, Sight, all_of
from auth.mask import chain_bits
from documents.kinds import collection_of, tree_of
from documents.labels import Label
from documents.store import translated
from documents.tree import Path
from errors import LimitReached
from resolvers.context import Context
from resolvers.relations import Back

MOST_JOINED = 20_000


class Row:
    """A stored record as this caller sees it: what they may not read is gone, what it refers to is joined.

    Its instants are UTC and do not say so: ``auth.rules.utc`` makes one comparable.
    ``now`` is the record as it is today, by which rights are judged, where ``doc`` is as it once was.
    """

    __slots__ = ("doc", "kind", "now", "sight")

    def __init__(self, kind: str, doc: dict[str, Any], sight: Sight, now: dict[str, Any] | None = None) -> None:
        self.kind = kind
        self.doc = doc
        self.sight = sight
        self.now = doc if now is None else now


class Rows(list[Row]):
    """Rows of one kind that were loaded together."""

    __slots__ = ()


@dataclass(slots=True)
class Load:
    """What a selection needs of a kind: stored paths, and what they refer to."""

    kind: str
    paths: set[str] = field(default_factory=lambda: {"_id"})
    references: dict[str, tuple[dict[str, Path], "Load"]] = field(default_factory=dict)
    backs: dict[str, tuple[Back, "Load"]] = field(default_factory=dict)
    # Conditional label chains and their paths, found once the selection is complete.
    _stripped: list[tuple[int, Path]] | None = None
    _projection: dict[str, int] | None = None
    _lists: list[Path] | None = None
    # The labels of the former, as bits.
    asked: int = 0
    # Nothing of the records is asked for, only how many there are.
    counted: bool = False
    _ordered: dict[str, "Load"] = field(default_factory=dict)

    def reference(self, path: Path) -> "Load":
        """The load of the kind that a path refers to."""
        assert path.reference is not None  # noqa: S101  # callers pass references only
        paths, load = self.references.setdefault(path.reference, ({}, Load(path.reference)))
        paths[path.path] = path
        self.paths.add(path.path)
        return load

    def back(self, back: Back) -> "Load":
        """The load of the kind that points back."""
        load = self.backs.setdefault(back.name, (back, Load(back.kind)))[1]
        load.paths.add(back.by)
        return load

    def absorb(self, other: "Load") -> None:
        """Need all that another load needs, too."""
        self.paths |= other.paths
        for kind, (paths, load) in other.references.items():
            mine = self.references.setdefault(kind, ({}, Load(kind)))
            mine[0].update(paths)
            mine[1].absorb(load)
        for name, (back, load) in other.backs.items():
            self.backs.setdefault(name, (back, Load(back.kind)))[1].absorb(load)

    def ordered_by(self, stored: str) -> "Load":
        """This load with the key of an order, for cursors; made once for each order."""
        if stored not in self._ordered:
            load = Load(self.kind)
            load.absorb(self)
            load.paths.add(stored)
            self._ordered[stored] = load
        return self._ordered[stored]

    def projection(self, sight: Sight) -> dict[str, int]:
        """The store's projection, with what deciding about each record takes."""
        if self._projection is None:
            wanted = set(self.paths)
            if self.stripped(sight) or self.lists(sight):
                wanted |= sight.needs()
            self._projection = {path: 1 for path in sorted(wanted) if not _below(path, wanted)}
        return self._projection

    def stripped(self, sight: Sight) -> list[tuple[int, Path]]:
        """Paths fetched that are not always read: (label bits, path), outermost only."""
        if self._stripped is None:
            found: list[tuple[int, Path]] = []
            modes = sight.kind.modes

            def visit(paths: Iterable[Path], above: tuple[Label, ...]) -> None:
                for path in paths:
                    if path.hidden or not self._touches(path):
                        continue
                    own = tuple(label for label in path.chain if label not in above and modes[label] != "always")
                    if own:
                        found.append((chain_bits(own), path))
                    visit(path.children, path.chain)

            visit(tree_of(self.kind).paths, ())
            self._stripped = found
            for bits, _ in found:
                self.asked |= bits
        return self._stripped

    def lists(self, sight: Sight) -> list[Path]:
        """Lists fetched whose elements are read by a rule, outermost first."""
        if self._lists is None:
            tree = tree_of(self.kind)
            self._lists = [tree.path(path) for path in sight.kind.elements if self._touches(tree.path(path))]
            for path in self._lists:
                self.paths.add(f"{path.path}.{path.apart}")
        return self._lists

    def _touches(self, path: Path) -> bool:
        """Whether something of a path is fetched: all of it, a part of it, or all of what holds it."""
        stored = path.stored
        return any(
            found == stored or found.startswith(f"{stored}.") or stored.startswith(f"{found}.") for found in self.paths
        )


def _below(path: str, wanted: set[str]) -> bool:
    """Whether a path above this one is wanted whole."""
    parts = path.split(".")
    return any(".".join(parts[:n]) in wanted for n in range(1, len(parts)))


def _clear(doc: dict[str, Any], names: list[str]) -> None:
    """Make a path null: in every element where lists stand on the way."""
    name, *rest = names
    if name not in doc:
        return
    if not rest:
        doc[name] = None
        return
    below = doc[name]
    for item in below if isinstance(below, list) else (below,):
        if isinstance(item, dict):
            _clear(item, rest)


def _filter(doc: dict[str, Any], names: list[str], field_name: str, values: frozenset[str]) -> None:
    """Keep only the elements of a list whose field has one of the values."""
    parts = [doc]
    for name in names[:-1]:
        below: list[dict[str, Any]] = []
        for part in parts:
            found = part.get(name)
            if isinstance(found, list):
                below += found
            elif found is not None:
                below.append(found)
        parts = below
    last = names[-1]
    for part in parts:
        if found := part.get(last):
            part[last] = [item for item in found if item.get(field_name) in values]


def strip(load: Load, sight: Sight, doc: dict[str, Any]) -> Row:
    """A record as the caller sees it. What they may not read is null, elements they may not read are not there."""
    conditional, lists = load.stripped(sight), load.lists(sight)
    if not conditional and not lists:
        return Row(load.kind, doc, sight)
    for path in lists:
        admitted = sight.admits(path.path, doc)
        if admitted is not None:
            _filter(doc, path.path.split("."), *admitted)
    if conditional:
        bits = sight.bits(doc, load.asked)
        for wanted, path in conditional:
            if bits & wanted != wanted:
                _clear(doc, path.stored.split("."))
    return Row(load.kind, doc, sight)


async def rows(
    context: Context,
    load: Load,
    query: Mapping[str, Any],
    *,
    sort: list[tuple[str, int]] | None = None,
    limit: int = 0,
    scoped: bool = True,
    peek: bool = False,
) -> Rows:
    """The rows that a query finds among the records in scope, with everything they refer to.

    ``peek`` gives one more than ``limit`` where there is one, without what it refers to: it tells that more follow.
    """
    sight = context.sight(load.kind)
    if sight is None:
        return Rows()
    load.lists(sight)
    found = all_of([dict(query), sight.filter()]) if scoped else dict(query)
    with translated():
        cursor = context.store.reading(collection_of(load.kind)).find(
            found, load.projection(sight), sort=sort, limit=limit + peek, batch_size=limit + peek or 1000
        )
        documents = await cursor.to_list()
    result = Rows([strip(load, sight, document) for document in documents])
    await join(context, load, Rows(result[:limit]) if peek else result)
    return result


def _ids(doc: Any, names: tuple[str, ...], found: set[str]) -> None:
    value = doc.get(names[0])
    if value is None:
        return
    if len(names) > 1:
        for item in value if isinstance(value, list) else (value,):
            _ids(item, names[1:], found)
    elif isinstance(value, list):
        found.update(value)
    else:
        found.add(value)


def _embed(doc: Any, names: tuple[str, ...], loaded: dict[str, Row]) -> None:
    name = names[0]
    value = doc.get(name)
    if value is None:
        return
    if len(names) > 1:
        for item in value if isinstance(value, list) else (value,):
            _embed(item, names[1:], loaded)
    elif isinstance(value, list):
        # What lies outside the caller's scope is not in the list.
        doc[name] = Rows([loaded[key] for key in value if key in loaded])
    else:
        doc[name] = loaded.get(value)


@cache
def _chain(kind: str, path: str) -> tuple[Label, ...]:
    """The labels of a path of a kind."""
    return tree_of(kind).path(path).chain


def not_archived(sight: Sight) -> dict[str, Any]:
    """The filter of what is not archived. Where the caller may not read that, nothing is: a hidden value is null."""
    readable = sight.label_filter(_chain(sight.kind.kind, "archived_at"))
    if readable is None:
        return {}
    return {"$or": [{"archived_at": None}, {"$nor": [readable]}]} if readable else {"archived_at": None}


async def join(context: Context, load: Load, result: Rows) -> None:
    """Put what the rows refer to in the place of each reference, and what points back beside it."""
    if not result:
        return
    for paths, below in load.references.values():
        wanted: set[str] = set()
        names = [tuple(path.split(".")) for path in paths]
        for row in result:
            for name in names:
                _ids(row.doc, name, wanted)
        if len(wanted) > MOST_JOINED:
            msg = f"The answer would join more than {MOST_JOINED} records: ask for fewer at once."
            raise LimitReached(msg)
        found = await rows(context, below, {"_id": {"$in": sorted(wanted)}}) if wanted else Rows()
        loaded = {row.doc["_id"]: row for row in found}
        for row in result:
            for name in names:
                _embed(row.doc, name, loaded)
    for back, below in load.backs.values():
        await _join_back(context, back, below, result)


async def _join_back(context: Context, back: Back, below: Load, result: Rows) -> None:
    sight = context.sight(back.kind)
    by: dict[str, Rows] = {row.doc["_id"]: Rows() for row in result}
    if sight is not None:
        below.paths |= {back.by, back.order}
        readable = sight.label_filter(_chain(back.kind, back.by))
        query = NOTHING if readable is None else all_of([{back.by: {"$in": sorted(by)}}, readable, not_archived(sight)])
        # The pointing path itself may be joined below, so the id is kept before.
        for row in await rows(context, below, query, sort=[(back.order, 1), ("_id", 1)], limit=MOST_JOINED):
            pointer = row.doc[back.by]
            by[pointer.doc["_id"] if isinstance(pointer, Row) else pointer].append(row)
    for row in result:
        row.doc[back.name] = by[row.doc["_id"]]
