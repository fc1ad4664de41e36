"""Meetings to be placed, and the arithmetic of free time. Times are whole minutes since some midnight in UTC.

Periods are half-open. The search itself runs in a process of its own: it takes no time from other requests, and the
library that it needs no memory from the service.
"""

import asyncio
import signal
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from typing import Any

from errors import Unavailable

# Meetings begin at whole quarters of an hour.
QUARTER = 15
MOST_AGAINST = 100
STARTING_SECONDS = 10.0
Free = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A room, or someone who helps, such as an interpreter: when it is free, and what speaks against it.

    ``against`` is counted in quarters of an hour for which one would rather wait, up to ``MOST_AGAINST``.
    """

    id: str
    free: Free
    # Rooms of one site are beside each other; None is nowhere in particular.
    site: str | None = None
    against: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """A meeting to be placed; one that ``must`` be stands where it is: ``free`` just holds it."""

    id: str
    minutes: int
    # When all who must take part can.
    free: Free
    # One of each list is needed; an empty list of lists needs nothing.
    choices: list[list[Choice]] = field(default_factory=list)
    must: bool = False
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Task:
    """Meetings of one group of guests, who are in one place at a time."""

    wishes: list[Wish]
    # Minutes on the way between two sites, ``a|b`` in either order; those not named take none.
    travel: dict[str, int] = field(default_factory=dict)
    # How many different answers, whose first starts lie so many minutes apart.
    most: int = 1
    apart: int = 60
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a wish fits: its start, and the choice made from each of its lists."""

    wish: str
    start: int
    chosen: list[str]


def common(parts: Iterable[Free]) -> Free:
    """The time that is in all of these; each is sorted and its periods lie apart."""
    found: Free | None = None
    for part in parts:
        found = part if found is None else _both(found, part)
    return found or []


def _both(one: Free, other: Free) -> Free:
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def union(periods: Iterable[tuple[int, int]]) -> Free:
    """The time that is in at least one of these, sorted and apart."""
    found: Free = []
    for start, end in sorted(periods):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def without(free: Free, taken: Iterable[tuple[int, int]]) -> Free:
    """What is left of free time when some of it is taken."""
    left = list(free)
    for start, end in taken:
        left = [
            part
            for first, last in left
            for part in ((first, min(last, start)), (max(first, end), last))
            if part[0] < part[1]
        ]
    return left


def _search(task: Task) -> Any:
    """What the other process does: it alone loads the library."""
    return import_module("resolvers.solver").solve(task)


@cache
def _pool() -> ProcessPoolExecutor:
    # Ctrl-C goes to all processes of a terminal; this one ends with the service.
    ignore = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=signal.signal, initargs=ignore)


async def search(task: Task) -> list[list[Placed]]:
    """What ``resolvers.solver.solve`` finds. Raises Unavailable where that is not to be had, or takes too long."""
    try:
        async with asyncio.timeout(task.seconds + STARTING_SECONDS):
            found: list[list[Placed]] = await asyncio.get_running_loop().run_in_executor(_pool(), _search, task)
    except TimeoutError as error:
        msg = "No answer was found in time: ask for fewer days, hosts or meetings at once"
        raise Unavailable(msg) from error
    except BrokenProcessPool as error:
        _pool.cache_clear()
        msg = "The search for times was interrupted: try again"
        raise Unavailable(msg) from error
    return found
