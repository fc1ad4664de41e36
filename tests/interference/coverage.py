"""How often each path of each kind was asked for, through which door, by whom."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

# How often each place is to be asked for at least, by each caller.
LEAST = 3

# Kind, door and path; a door that is about no path has an empty one.
Place = tuple[str, str, str]


@dataclass
class Coverage:
    """Counts of places by caller, and the places that there are for each."""

    counts: dict[str, Counter[Place]] = field(default_factory=dict)
    places: dict[str, set[Place]] = field(default_factory=dict)

    def of(self, name: str) -> Counter[Place]:
        """The counts of one caller."""
        return self.counts.setdefault(name, Counter())

    def exist(self, name: str, places: Iterable[Place]) -> None:
        """Say which places there are for a caller."""
        self.places.setdefault(name, set()).update(places)

    def stored(self) -> dict[str, list[tuple[*Place, int]]]:
        """Plain data of it, for `add`."""
        return {
            name: [(*place, self.of(name)[place]) for place in sorted(places | self.of(name).keys())]
            for name, places in self.places.items()
        }

    def add(self, stored: Mapping[str, Iterable[tuple[str, str, str, int]]]) -> None:
        """Add what was counted elsewhere."""
        for name, found in stored.items():
            for *place, count in found:
                self.places.setdefault(name, set()).add((place[0], place[1], place[2]))
                self.of(name)[place[0], place[1], place[2]] += count

    def below(self, least: int) -> dict[str, list[Place]]:
        """By caller, the places that were asked for less often than that."""
        found = {
            name: [place for place in sorted(places) if self.of(name)[place] < least]
            for name, places in self.places.items()
        }
        return {name: places for name, places in found.items() if places}

    def table(self) -> Iterator[str]:
        """One line for each kind, door and path, one column for each caller: - where that does not exist for them."""
        names = sorted(self.places)
        yield " | ".join(("kind", "door", "path", *names))
        for place in sorted(set().union(*self.places.values(), *self.counts.values())):
            row = [
                str(self.of(name)[place]) if place in self.places[name] or self.of(name)[place] else "-"
                for name in names
            ]
            yield " | ".join((*place, *row))

    def summary(self) -> Iterator[str]:
        """One line for each kind and door: how many paths, and the least and most requests of a caller for one."""
        doors: dict[tuple[str, str], list[int]] = {}
        paths: dict[tuple[str, str], set[str]] = {}
        for name, counts in self.counts.items():
            for kind, door, path in self.places.get(name, set()) | counts.keys():
                doors.setdefault((kind, door), []).append(counts[kind, door, path])
                paths.setdefault((kind, door), set()).add(path)
        for (kind, door), found in sorted(doors.items()):
            yield f"{kind:15} {door:12} {len(paths[kind, door]):4} paths {min(found):5}–{max(found)} requests a caller"
