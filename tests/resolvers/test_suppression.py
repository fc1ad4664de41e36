"""Fixed tables: no small group is shown, and none can be worked out from what is."""

import random
from itertools import product

import pytest

from resolvers.suppression import SMALLEST, Cell, Count, hidden, together, with_totals


def possible(shown: dict[Cell, int], rows: int, columns: int, most: int) -> list[dict[Cell, int]]:
    """Every table of counts up to ``most`` that agrees with what is shown, totals included."""
    inner = [(i, j) for i in range(rows) for j in range(columns)]
    free = [cell for cell in inner if cell not in shown]
    found = []
    for values in product(range(most + 1), repeat=len(free)):
        guess = {cell: shown[cell] for cell in inner if cell in shown} | dict(zip(free, values, strict=True))
        counts = with_totals([[Count(guess[i, j], 0) for j in range(columns)] for i in range(rows)])
        if all(counts[cell].value == value for cell, value in shown.items()):
            found.append({cell: count.value for cell, count in counts.items()})
    return found


@pytest.mark.parametrize("seed", range(40))
def test_no_hidden_cell_follows_from_what_is_shown(seed: int) -> None:
    """Whoever tries all tables that agree with the published one finds at least two values for each hidden cell."""
    rng = random.Random(seed)  # noqa: S311  # what is drawn guards nothing
    rows, columns = rng.choice(((1, 2), (2, 2), (3, 2), (2, 3)))
    values = [[rng.choice((0, 0, 1, 2, 3)) for _ in range(columns)] for _ in range(rows)]
    inner = [[Count(value, value * rng.choice((1, 1, 3, 6))) for value in row] for row in values]
    cells = with_totals(inner)
    kept_back = hidden(cells)
    shown = {cell: count.value for cell, count in cells.items() if cell not in kept_back}
    assert not [cell for cell in shown if cells[cell].small]
    most = max(count.value for count in cells.values()) + 1
    guesses = possible(shown, rows, columns, min(most, 6))
    assert {cell: count.value for cell, count in cells.items()} in guesses or most > 6
    for cell in kept_back:
        assert len({guess[cell] for guess in guesses}) > 1, (cell, inner, kept_back)


def test_nothing_small_means_nothing_hidden() -> None:
    """A table of large groups is shown whole."""
    assert hidden(with_totals([[Count(2, 9), Count(0, 0)], [Count(7, 30), Count(5, 5)]])) == frozenset()


def test_small_countries_count_together() -> None:
    """Those of whom there are few are not named, and never alone in what is left."""
    assert together({"TR": 12, "GE": 9, "AT": 2, "FR": 1}) == {"TR": 12, None: 12}
    assert together({"TR": 12, "AT": 4, "FR": 4}) == {"TR": 12, None: 8}
    assert together({"TR": 12, "AT": 1}) == {None: 13}
    assert together({"AT": 2, "FR": 1}) == {}
    assert together({}) == {}
    assert all(count >= SMALLEST for count in together({"A": 5, "B": 6, "C": 4}).values())
