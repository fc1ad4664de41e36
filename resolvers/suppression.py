"""Fixed tables that show no small group: small cells are hidden, and others with them, so that none can be worked out.

A table is published with its totals. Whoever reads it knows that no count is negative and that rows and columns add up.
A hidden cell is safe where, all this granted, it may have at least two values.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

SMALLEST = 5
ENDLESS = 10**9

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Count:
    """What a cell counts, and how many people are behind it."""

    value: int
    people: int

    @property
    def small(self) -> bool:
        """Whether it speaks of too few people."""
        return self.value > 0 and self.people < SMALLEST


def with_totals(inner: list[list[Count]]) -> dict[Cell, Count]:
    """The cells of a table by row and column, its totals last."""
    cells = {(i, j): cell for i, row in enumerate(inner) for j, cell in enumerate(row)}
    rows, columns = len(inner), len(inner[0])
    for i in range(rows):
        cells[i, columns] = _sum([cells[i, j] for j in range(columns)])
    for j in range(columns + 1):
        cells[rows, j] = _sum([cells[i, j] for i in range(rows)])
    return cells


def _sum(cells: list[Count]) -> Count:
    return Count(sum(cell.value for cell in cells), sum(cell.people for cell in cells))


def hidden(cells: Mapping[Cell, Count]) -> frozenset[Cell]:
    """The cells of a table with totals that must not be published: the small ones, and as few others as it takes."""
    found = frozenset(cell for cell, count in cells.items() if count.small)
    values = {cell: count.value for cell, count in cells.items()}
    while _known(values, found):
        trials = [(len(_known(values, found | {cell})), cells[cell].people, cell) for cell in cells.keys() - found]
        found |= {min(trials)[2]}
    return found


def _known(values: Mapping[Cell, int], found: frozenset[Cell]) -> list[Cell]:
    """Hidden cells that have only one possible value."""
    return [cell for cell in found if not _moves(values, found, cell)]


def _moves(values: Mapping[Cell, int], found: frozenset[Cell], cell: Cell) -> bool:
    """Whether a hidden cell may have another value while all that is published stays.

    Rows and columns are the nodes of a graph and hidden cells its edges. A change that keeps all sums is a circulation,
    and one that changes this cell exists where its row and column are joined by another way.
    """
    row, column = ("row", cell[0]), ("column", cell[1])
    forward, backward = _room(values, cell)
    edges: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for other in found - {cell}:
        here, there = ("row", other[0]), ("column", other[1])
        more, less = _room(values, other)
        if more:
            edges.setdefault(here, []).append(there)
        if less:
            edges.setdefault(there, []).append(here)
    return bool(forward and _joined(edges, column, row)) or bool(backward and _joined(edges, row, column))


def _room(values: Mapping[Cell, int], cell: Cell) -> tuple[int, int]:
    """How far a cell may grow or shrink, as a term of its row's sum: totals count against what they sum up."""
    last_row, last_column = max(row for row, _ in values), max(column for _, column in values)
    total = (cell[0] == last_row) != (cell[1] == last_column)
    return (values[cell], ENDLESS) if total else (ENDLESS, values[cell])


def _joined(
    edges: Mapping[tuple[str, int], list[tuple[str, int]]], start: tuple[str, int], end: tuple[str, int]
) -> bool:
    seen, queue = {start}, deque([start])
    while queue:
        for node in edges.get(queue.popleft(), ()):
            if node == end:
                return True
            if node not in seen:
                seen.add(node)
                queue.append(node)
    return False


def together(counts: Mapping[str, int]) -> dict[str | None, int]:
    """Counts of people by name, those too small put together under None, and the next smallest with them if need be.

    Where even all together are too few, nothing is left.
    """
    ordered = sorted(counts, key=lambda name: (counts[name], name))
    rest: list[str] = [name for name in ordered if counts[name] < SMALLEST]
    for name in ordered[len(rest) :]:
        if not rest or (len(rest) > 1 and sum(counts[each] for each in rest) >= SMALLEST):
            break
        rest.append(name)
    others = sum(counts[name] for name in rest)
    if 0 < others < SMALLEST:
        return {}
    shown: dict[str | None, int] = {name: counts[name] for name in sorted(counts) if name not in rest}
    return shown | ({None: others} if others else {})
