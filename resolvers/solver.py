"""The search for times at which meetings fit, by constraint programming (CP-SAT). It knows no records."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

from ortools.sat.python import cp_model

from resolvers.slots import MOST_AGAINST, QUARTER, Free, Placed, Task, Wish


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
