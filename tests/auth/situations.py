"""A record for every situation that the table knows of, and what the table, read plainly, says about it.

A situation is one or two of the conditions that rules look for, held by a record in which every path has a value. They
are read off the table: a new rule needs no word here, unless it looks for something new. What follows from the table is
worked out anew here, record by record and role by role, so that masks and filters have something to agree with.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from auth.caller import Caller, Role, caller
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, SCOPE, WRITE
from auth.rules import ALWAY, OFFICE, ElementRule, Held, Hosting, Mine, Published, Rule
from documents.kinds import KINDS, collection_of, tree_of
from documents.labels import Label
from documents.stamp import stamp
from documents.store import Store
from documents.tree import Path, is_enum
from tests.world import NOW, Draw

# Two records of each kind are referred to: one that meets every condition, and one that is open to the office alone.
IDS = {kind: [f"{model.prefix}_{n:020d}" for n in range(2)] for kind, model in KINDS.items()}
PERSON, UNIT, PARTNER = IDS["Person"][0], IDS["Unit"][0], IDS["Partner"][0]
SINCE = NOW - timedelta(days=1)


def holder(role: Role) -> Caller:
    """A caller who holds a role, and whatever any rule could ask for: what counts must be the role."""
    known = {"person": PERSON, "partner": PARTNER, "account": IDS["Account"][0]}
    return caller(role, units=frozenset({UNIT}), name=role.value, **known)  # type: ignore[arg-type]  # all are ids


HOLDERS = {role: holder(role) for role in Role}


class Full(Draw):
    """Draws a value for every path."""

    def value(self, model: type[BaseModel], path: Path) -> Any:
        """A value of one path; of a list, one element, and of references the two that there are."""
        if path.reference is not None:
            return list(self.ids[path.reference]) if path.many else self.ids[path.reference][0]
        return [self._one(model, path)] if path.many else self._one(model, path)


@dataclass
class Situation:
    """A stored record and the conditions that it meets."""

    kind: str
    meets: str
    record: dict[str, Any]

    @property
    def id(self) -> str:
        """The id of the record."""
        found: str = self.record["_id"]
        return found


@dataclass
class Situations:
    """All of them, by kind."""

    database: str = ""
    of: dict[str, list[Situation]] = field(default_factory=dict)

    def records(self, kind: str) -> list[dict[str, Any]]:
        """The stored records of a kind."""
        return [found.record for found in self.of[kind]]

    def visible(self, kind: str, who: Caller) -> set[str]:
        """Ids of the records of a kind that a caller has in scope."""
        return {record["_id"] for record in self.records(kind) if in_scope(kind, who, record)}


def conditions(kind: str) -> list[Any]:
    """Everything that a rule about a kind looks for, in a stable order."""
    tables = [SCOPE[kind], *ACTIONS[kind].values(), *READ.values(), *WRITE.values()]
    atoms = {atom for rows in tables for rule in rows.values() for atom in rule.atoms}
    fitting = [atom for atom in atoms - {ALWAY} if {path.name for path in tree_of(kind).paths} >= set(atom.needs)]
    return sorted(fitting, key=str)


def meeting(atoms: tuple[Any, ...]) -> dict[str, Any]:
    """The stored fields by which a record meets conditions and no others."""
    scope: set[str] = set()
    found: dict[str, Any] = {"published_from": NOW + timedelta(days=1)}
    for atom in atoms:
        if isinstance(atom, Held):
            scope.add(atom.token)
        elif isinstance(atom, Mine):
            scope |= atom.tokens(HOLDERS[Role.OFFICER])
        elif isinstance(atom, Published):
            scope.add("public")
            found["published_from"] = SINCE
        elif isinstance(atom, Hosting):
            found["visits"] = [visit(PERSON)]
        else:
            raise TypeError(f"tests/auth/situations.py knows no record that meets {atom!r}: say what one holds")
        if atom.ordinary:
            # No record carries such a token without being open to the office.
            scope |= OFFICE.tokens(HOLDERS[Role.OFFICER])
    return found | {"scope": sorted(scope)}


def visit(host: str) -> dict[str, Any]:
    """A visit that is going on, served by a host."""
    until = NOW + timedelta(days=1)
    return {"delegation": IDS["Delegation"][0], "officers": [], "hosts": [host], "opens_at": SINCE, "closes_at": until}


def situations(seed: int = 1) -> Iterator[Situation]:
    """A record for each condition, for some two, for all and none of them, and for others' tokens."""
    draw = Full(seed, IDS)
    for kind in KINDS:
        atoms = conditions(kind)
        # Each beside the next one, and each beside what every record but a restricted one meets.
        pairs = {*pairwise(atoms), *((OFFICE, atom) for atom in atoms if not atom.ordinary)}
        several = [tuple(atoms), (OFFICE,), (), *((atom,) for atom in atoms), *sorted(pairs, key=str)]
        cases = [(", ".join(map(str, found)) or "nothing", meeting(found)) for found in several]
        others = sorted(f"{atom.relation}:{IDS['Unit'][1]}" for atom in atoms if isinstance(atom, Mine))
        cases.append(("of others", meeting(()) | {"scope": [*others, "office"]}))
        cases.append(("under embargo", meeting(()) | {"scope": ["office", "public"]}))
        if "visits" in tree_of(kind).model.model_fields:
            over = visit(PERSON) | {"closes_at": NOW}
            cases.append(("visits of others, or over", meeting(()) | {"visits": [visit(IDS["Person"][1]), over]}))
        for number, (name, fields) in enumerate(cases):
            yield Situation(kind, name, _record(draw, kind, number) | fields)


def _record(draw: Full, kind: str, number: int) -> dict[str, Any]:
    record = draw.record(kind, f"{KINDS[kind].prefix}_{number:020d}")
    record.code = f"{kind}-{number}"
    record.archived_at = SINCE
    if kind == "ItineraryIssue":
        record.number = number  # unique with the itinerary
    document = stamp(record)
    if kind == "Partner":
        document["identifier_keys"] = []  # unique across partners
    for path in tree_of(kind).walk():
        if path.apart:
            _spread(document, path.path.split("."), path)
    if "visits" in document:
        document["visits"] = []
    return document | {"counts": {"open": 1}}


def _spread(document: dict[str, Any], names: list[str], path: Path) -> None:
    """Give a list whose elements are told apart one element for the caller's own value, and for each other one."""
    name, *rest = names
    if rest:
        for item in document[name] if isinstance(document[name], list) else [document[name]]:
            _spread(item, rest, path)
        return
    told = path.child(path.apart or "")
    values = [*IDS[told.reference], None] if told.reference else list(map(str, told.leaf or ()))  # type: ignore[arg-type]
    assert told.reference or is_enum(told.leaf)
    first = document[name][0]
    document[name] = [
        copied(first) | {"id": f"{first['id'][:10]}{n:02}", told.name: value} for n, value in enumerate(values)
    ]


def copied(value: Any) -> Any:
    """A stored value that shares nothing with another."""
    if isinstance(value, dict):
        return {name: copied(below) for name, below in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


async def put(store: Store) -> Situations:
    """Store them all."""
    found = Situations(store.db.name, {kind: [] for kind in KINDS})
    for situation in situations():
        found.of[situation.kind].append(situation)
    for kind in KINDS:
        await store.collection(collection_of(kind)).insert_many(copied(found.records(kind)))
    return found


def _holds(rule: Rule | None, who: Caller, record: dict[str, Any]) -> bool:
    return rule is not None and rule.allows(who, record, NOW)


def in_scope(kind: str, who: Caller, record: dict[str, Any]) -> bool:
    """Whether the scope of one of the caller's roles holds."""
    return any(_holds(SCOPE[kind].get(role), who, record) for role in who.roles)


def permits(kind: str, who: Caller, action: str, record: dict[str, Any]) -> bool:
    """Whether one of the caller's roles has the record in scope and may do the action on it."""
    rows = ACTIONS[kind][action]
    return any(_holds(SCOPE[kind].get(r), who, record) and _holds(rows.get(r), who, record) for r in who.roles)


def opens(kind: str, who: Caller, label: Label, record: dict[str, Any]) -> bool:
    """Whether one of the caller's roles has the record in scope and opens a label, at least for some elements."""
    authored = AUTHORED.get(label, {})
    return any(
        _holds(SCOPE[kind].get(role), who, record) and (_holds(READ[label].get(role), who, record) or role in authored)
        for role in who.roles
    )


def admits(kind: str, who: Caller, path: Path, record: dict[str, Any], item: dict[str, Any]) -> bool:
    """Whether one of the caller's roles reads an element of a list."""
    rules = ELEMENTS.get((kind, path.path), {})
    authored = [AUTHORED[label] for label in path.chain if label in AUTHORED]
    if not rules and not authored:
        return True

    def admitted(rule: ElementRule | None) -> bool:
        return rule is not None and item[rule.field] in rule.admits(who)

    for role in who.roles:
        if not _holds(SCOPE[kind].get(role), who, record):
            continue
        if all(_holds(READ[label].get(role), who, record) for label in path.chain) and (
            role not in rules or admitted(rules[role])
        ):
            return True
        if any(admitted(rows.get(role)) for rows in authored):
            return True
    return False


@dataclass
class Reader:
    """Reads records as the table says a caller may. ``known`` are the ids of every kind that they have in scope."""

    kind: str
    who: Caller
    known: dict[str, set[str]]
    # Whether labels and element rules count; what is referred to is a matter of scope in any case.
    plainly: bool = False
    opened: dict[tuple[Label, str], bool] = field(default_factory=dict)

    def unveiled(self) -> "Reader":
        """One who reads every path of the records they have in scope."""
        return replace(self, plainly=True)

    def values(self, path: Path, record: dict[str, Any]) -> list[Any]:
        """What a path shows in a record: every value that is there, however deep in lists; a mark for each part."""
        if not self.plainly and not all(self._opens(label, record) for label in path.chain):
            return []
        found: list[Any] = [record]
        for step in steps(self.kind, path):
            found = flat([item["_id" if step.path == "id" else step.name] for item in found])
            if step.element and not self.plainly:
                found = [item for item in found if admits(self.kind, self.who, step, record, item)]
        if path.reference is not None:
            return [value for value in found if value in self.known.get(path.reference, ())]
        return [THERE] * len(found) if path.children and not path.value else found

    def _opens(self, label: Label, record: dict[str, Any]) -> bool:
        key = (label, record["_id"])
        if key not in self.opened:
            self.opened[key] = opens(self.kind, self.who, label, record)
        return self.opened[key]


THERE = "there"


@cache
def steps(kind: str, path: Path) -> list[Path]:
    """The paths on the way to a path, itself the last."""
    names = path.path.split(".")
    return [tree_of(kind).path(".".join(names[: n + 1])) for n in range(len(names))]


def flat(values: list[Any]) -> list[Any]:
    """Values without lists around them, and without nulls."""
    found = []
    for value in values:
        found += flat(value) if isinstance(value, list) else [] if value is None else [value]
    return found
