"""What was measured, as a table and as a file."""

from collections.abc import Mapping
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from bench.contenders import FLOOR, IDIOMATIC, OPEN, SERVICE, YOGA_NAME
from bench.knowing import BY_BEARER, BY_SESSION, BY_TOKEN
from bench.measure import Figure, ratio

SMALLER = f"{SERVICE}, on the smaller store"
RESULTS = Path(__file__).parent / "results.json"
Series = list[dict[str, Figure]]


def table(series: Series, title: str) -> None:
    """Print the figures of one size."""
    found = Table(title=title, title_justify="left")
    for column in ("work", "as", "contender", "kB", "CPU ms", "wall ms", "× floor", "spread"):
        found.add_column(column, justify="left" if column in ("work", "as", "contender") else "right")
    for figures in series:
        floor = figures.get(FLOOR)
        for place, figure in enumerate(figures.values()):
            found.add_row(
                figure.work if not place else "",
                figure.account if not place else "",
                figure.contender,
                f"{figure.size / 1000:.1f}",
                f"{figure.cpu_ms:.3f}",
                f"{figure.wall_ms:.1f}",
                f"{ratio(figure, floor):.2f}" if floor else "",
                f"{figure.spread:.0%}" + ("" if figure.steady else " unsteady"),
                end_section=place == len(figures) - 1,
            )
    Console(width=132).print(found)


def write(by_size: Mapping[str, Series]) -> None:
    """Write every figure: a list of {name, cpu_ms, wall_ms, ratio_to_floor}."""
    entries = [
        {
            "name": f"{size} / {figure.work} / {figure.account} / {figure.contender}",
            "cpu_ms": round(figure.cpu_ms, 4),
            "wall_ms": round(figure.wall_ms, 4),
            "ratio_to_floor": round(ratio(figure, figures[FLOOR]), 3) if FLOOR in figures else None,
        }
        for size, series in by_size.items()
        for figures in series
        for figure in figures.values()
    ]
    RESULTS.write_bytes(orjson.dumps(entries, option=orjson.OPT_INDENT_2) + b"\n")


def targets(series: Series) -> list[tuple[str, float, str, bool]]:
    """What is aimed at within one size: (what, found, wanted, reached)."""
    found = []
    by_work = {(figures[SERVICE].work, OPEN in figures and len(figures) == 2): figures for figures in series}
    for (work, pair), figures in by_work.items():
        mine = figures[SERVICE]
        if pair:
            continue
        if FLOOR in figures and work.startswith("page of 50"):
            found.append(_most(f"{work}: × floor", ratio(mine, figures[FLOOR]), 1.5))
            if IDIOMATIC in figures:
                found.append(_least(f"{work}: times less than {IDIOMATIC}", ratio(figures[IDIOMATIC], mine), 8))
            if YOGA_NAME in figures:
                found.append(_least(f"{work}: times less than {YOGA_NAME}", ratio(figures[YOGA_NAME], mine), 2.5))
        if FLOOR in figures and "by id" in work:
            found.append(_most(f"{work}: × floor", ratio(mine, figures[FLOOR]), 3))
    found += [
        _most(f"{figures[SERVICE].work}, {figures[SERVICE].account}: × all-open table", _open(figures), 1.05)
        for figures in series
        if OPEN in figures
    ]
    first = {figures[SERVICE].work: figures[SERVICE] for figures in series if len(figures) > 2}
    for deep, page in (
        ("deep page", "page of 50 with members and plans"),
        ("deep page of issues", "page of 50 issues with days"),
    ):
        if deep in first and page in first:
            found.append(_most(f"{deep}: × the first page", first[deep].cpu_ms / first[page].cpu_ms, 1.05))
    return found


def _open(figures: Mapping[str, Figure]) -> float:
    return ratio(figures[SERVICE], figures[OPEN])


def knowing(figures: Mapping[str, Figure]) -> list[tuple[str, float, str, bool]]:
    """What is aimed at in knowing the caller: within a tenth of the query by a demo token."""
    first = figures[BY_TOKEN]
    return [
        _most(f"{first.work}, by {name}: × {BY_TOKEN}", ratio(figures[name], first), 1.1)
        for name in (BY_SESSION, BY_BEARER)
    ]


def larger(series: Series) -> list[tuple[str, float, str, bool]]:
    """What is aimed at between two sizes of the store."""
    return [
        _most(f"{mine.work}, {mine.account}: large × small store", ratio(mine, figures[SMALLER]), 1.05)
        for figures in series
        for mine in (figures[SERVICE],)
    ]


def _most(what: str, found: float, most: float) -> tuple[str, float, str, bool]:
    return what, found, f"≤ {most}", found <= most


def _least(what: str, found: float, least: float) -> tuple[str, float, str, bool]:
    return what, found, f"≥ {least}", found >= least


def verdict(rows: list[tuple[str, float, str, bool]]) -> None:
    """Print what was aimed at and what came of it."""
    found = Table(title="Targets", title_justify="left")
    for column in ("what", "found", "wanted", ""):
        found.add_column(column, justify="right" if column == "found" else "left")
    for what, value, wanted, reached in rows:
        found.add_row(what, f"{value:.2f}", wanted, "reached" if reached else "missed")
    Console(width=132).print(found)
