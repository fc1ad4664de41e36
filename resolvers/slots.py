"""Where meetings fit: wishes, with the times at which everything they need is free, to suggested times (CP-SAT).

Pure: it knows no records. It runs as a process of its own, ``python -m resolvers.slots``, which reads a task as JSON
and writes what it found: a hard search takes no time from other requests, and ends when it is told to. Times are whole
minutes since some midnight in UTC; periods are half-open.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any

from ortools.sat.python import cp_model

# Meetings begin at whole quarters of an hour.
QUARTER = 15
MOST_AGAINST = 100
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


def solve(task: Task) -> list[list[Placed]]:
    """Up to ``most`` answers, the best first: in each, as many wishes as fit, by weight, early, with little against.

    Empty where a wish that must be placed fits nowhere, or nothing was found in time.
    """
    found: list[list[Placed]] = []
    search = _Search(task)
    for _ in range(task.most):
        answer = search.next(task.seconds / task.most)
        if not answer:
            break
        found.append(answer)
    return found


class _Search:
    """The model of a task; each answer is kept away from by the next."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.model = cp_model.CpModel()
        self.start: dict[str, Any] = {}
        self.present: dict[str, Any] = {}
        self.chosen: dict[str, list[dict[str, Any]]] = {}
        costs = []
        longest = 1
        for wish in task.wishes:
            costs.append(self._wish(wish))
            longest = max([longest, *(end // QUARTER for _, end in wish.free)])
        for one, other in combinations(task.wishes, 2):
            # What stands already stands, whether it fits beside its neighbours or not.
            if not (one.must and other.must):
                self._apart(one, other)
        # A placed wish outweighs any delay and anything that speaks against a choice.
        most = (longest + MOST_AGAINST * 4) * (len(task.wishes) + 1)
        placed = sum(most * wish.weight * self.present[wish.id] for wish in task.wishes)
        self.model.maximize(placed - sum(costs))

    def _wish(self, wish: Wish) -> Any:
        """Add a wish; gives what speaks against where it is put."""
        model, free = self.model, _starts(wish.free, wish.minutes)
        present = model.new_constant(1) if wish.must else model.new_bool_var(f"{wish.id} is placed")
        domain = cp_model.Domain.from_intervals(free or [(0, 0)])
        start = model.new_int_var_from_domain(domain, f"{wish.id} starts")
        if not free:
            model.add(present == 0)
        cost: Any = start - min(first for first, _ in free) if free else 0
        self.start[wish.id], self.present[wish.id], self.chosen[wish.id] = start, present, []
        for number, choices in enumerate(wish.choices):
            literals = {}
            for choice in choices:
                literal = literals[choice.id] = model.new_bool_var(f"{wish.id} {number} {choice.id}")
                places = _starts(choice.free, wish.minutes)
                if not places:
                    model.add(literal == 0)
                    continue
                model.add_linear_expression_in_domain(start, cp_model.Domain.from_intervals(places)).only_enforce_if(
                    literal
                )
                cost += choice.against * literal
            model.add(sum(literals.values()) == present)
            self.chosen[wish.id].append(literals)
        return cost

    def _apart(self, one: Wish, other: Wish) -> None:
        """Guests are at one meeting at a time, and on the way between two for as long as that takes."""
        model = self.model
        both = [self.present[one.id], self.present[other.id]]
        first = model.new_bool_var(f"{one.id} before {other.id}")
        for before, after, when in ((one, other, first), (other, one, ~first)):
            end = self.start[before.id] + _quarters(before.minutes)
            model.add(self.start[after.id] >= end).only_enforce_if([*both, when])
            for here, literal in self._sites(before):
                for there, next_literal in self._sites(after):
                    way = self._way(here, there)
                    if way:
                        arrives = end + _quarters(way)
                        conditions = [*both, when, literal, next_literal]
                        model.add(self.start[after.id] >= arrives).only_enforce_if(conditions)

    def _sites(self, wish: Wish) -> Iterable[tuple[str, Any]]:
        for choices, literals in zip(wish.choices, self.chosen[wish.id], strict=True):
            yield from ((choice.site, literals[choice.id]) for choice in choices if choice.site)

    def _way(self, here: str, there: str) -> int:
        return self.task.travel.get(f"{here}|{there}") or self.task.travel.get(f"{there}|{here}") or 0

    def next(self, seconds: float) -> list[Placed]:
        """The best answer that is left; empty where there is none."""
        solver = cp_model.CpSolver()
        # One thread and one seed: the same task has the same answer on every machine.
        solver.parameters.num_workers, solver.parameters.random_seed = 1, 1
        solver.parameters.max_time_in_seconds = seconds
        if solver.solve(self.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return []
        found = []
        for wish in self.task.wishes:
            if not solver.value(self.present[wish.id]):
                continue
            chosen = [
                next(key for key, literal in literals.items() if solver.value(literal))
                for literals in self.chosen[wish.id]
            ]
            found.append(Placed(wish.id, int(solver.value(self.start[wish.id])) * QUARTER, chosen))
        must = {wish.id for wish in self.task.wishes if wish.must}
        new = [placed for placed in found if placed.wish not in must]
        if not new:
            return []
        self._leave(new[0])
        return sorted(found, key=lambda placed: placed.start)

    def _leave(self, placed: Placed) -> None:
        """Let later answers put this wish elsewhere."""
        start, away = placed.start // QUARTER, _quarters(self.task.apart)
        domain = cp_model.Domain.from_intervals([(-(2**31), start - away), (start + away, 2**31)])
        self.model.add_linear_expression_in_domain(self.start[placed.wish], domain)


def _quarters(minutes: int) -> int:
    """So many minutes in quarters of an hour, rounded up."""
    return -(-minutes // QUARTER)


def _starts(free: Free, minutes: int) -> list[tuple[int, int]]:
    """The quarters at which something so long can start, first and last of each run."""
    runs = ((_quarters(start), (end - minutes) // QUARTER) for start, end in free)
    return [(first, last) for first, last in runs if first <= last]


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


def as_task(given: dict[str, Any]) -> Task:
    """A task as JSON brought it."""
    wishes = [
        Wish(
            **wish
            | {
                "free": [(start, end) for start, end in wish["free"]],
                "choices": [[Choice(**choice) for choice in choices] for choices in wish["choices"]],
            }
        )
        for wish in given["wishes"]
    ]
    return Task(**given | {"wishes": wishes})


def main() -> None:
    """Solve the task that standard input brings."""
    found = solve(as_task(json.load(sys.stdin)))
    json.dump([[asdict(placed) for placed in answer] for answer in found], sys.stdout)


if __name__ == "__main__":
    main()
