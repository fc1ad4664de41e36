"""The rule algebra: what decides for a record, and what decides for an element of a list.

A rule is read twice: as a filter of the store and as a decision on a stored record. Both readings come from the same
few atoms and are tested to agree. An atom looks only at the record's scope tokens and moments.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from auth.caller import Caller


class Atom(Protocol):
    """The smallest rule. Hashable; two equal atoms decide equally.

    ``ordinary`` says that no restricted record ever carries what it looks for.
    """

    @property
    def ordinary(self) -> bool:
        """Whether it holds for no restricted record."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Stored paths it looks at."""

    def filter(self, caller: Caller, now: datetime, /) -> dict[str, Any] | None:
        """The store's filter for the records it holds for; None where it holds for none."""

    def allows(self, caller: Caller, record: dict[str, Any], now: datetime, /) -> bool:
        """Whether it holds for a stored record."""


def utc(moment: datetime) -> datetime:
    """A stored instant as one that can be compared: what is read for answers is UTC and does not say so."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Always:
    """Holds for every record."""

    ordinary: bool = False
    needs: tuple[str, ...] = ()

    def filter(self, _caller: Caller, _now: datetime) -> dict[str, Any] | None:
        return {}

    def allows(self, _caller: Caller, _record: dict[str, Any], _now: datetime) -> bool:
        return True

    def __str__(self) -> str:
        return "always"


@dataclass(frozen=True, slots=True)
class Held:
    """The record carries this scope token."""

    token: str
    ordinary: bool = True
    needs: tuple[str, ...] = ("scope",)

    def tokens(self, _caller: Caller) -> frozenset[str]:
        """The tokens any of which satisfies it."""
        return frozenset({self.token})

    def filter(self, _caller: Caller, _now: datetime) -> dict[str, Any] | None:
        return {"scope": {"$in": [self.token]}}

    def allows(self, _caller: Caller, record: dict[str, Any], _now: datetime) -> bool:
        return self.token in record["scope"]

    def __str__(self) -> str:
        return f"the record is open to the {self.token}"


@dataclass(frozen=True, slots=True)
class Mine:
    """The record carries a token that names the caller: ``unit:…`` of one of their units, ``assigned:…`` of a duty."""

    relation: str
    holder: str
    says: str
    ordinary: bool = True
    needs: tuple[str, ...] = ("scope",)

    def tokens(self, caller: Caller) -> frozenset[str]:
        """The tokens any of which satisfies it."""
        return frozenset(f"{self.relation}:{value}" for value in getattr(caller, self.holder))

    def filter(self, caller: Caller, _now: datetime) -> dict[str, Any] | None:
        tokens = self.tokens(caller)
        return {"scope": {"$in": sorted(tokens)}} if tokens else None

    def allows(self, caller: Caller, record: dict[str, Any], _now: datetime) -> bool:
        return not self.tokens(caller).isdisjoint(record["scope"])

    def __str__(self) -> str:
        return self.says


@dataclass(frozen=True, slots=True)
class Published:
    """The record is published and its embargo is over."""

    ordinary: bool = True
    needs: tuple[str, ...] = ("scope", "published_from")

    def filter(self, _caller: Caller, now: datetime) -> dict[str, Any] | None:
        return {"scope": {"$in": ["public"]}, "published_from": {"$lte": now}}

    def allows(self, _caller: Caller, record: dict[str, Any], now: datetime) -> bool:
        moment = record["published_from"]
        return "public" in record["scope"] and moment is not None and utc(moment) <= now

    def __str__(self) -> str:
        return "the record is published"


@dataclass(frozen=True, slots=True)
class Hosting:
    """The person is a member of a visit that the caller hosts, from its confirmation to seven days after it."""

    ordinary: bool = False
    needs: tuple[str, ...] = ("visits",)

    def filter(self, caller: Caller, now: datetime) -> dict[str, Any] | None:
        if not caller.person:
            return None
        visit = {"hosts": caller.person, "opens_at": {"$lte": now}, "closes_at": {"$gt": now}}
        return {"visits": {"$elemMatch": visit}}

    def allows(self, caller: Caller, record: dict[str, Any], now: datetime) -> bool:
        return any(
            caller.person in visit["hosts"]
            and visit["opens_at"] is not None
            and visit["closes_at"] is not None
            and utc(visit["opens_at"]) <= now < utc(visit["closes_at"])
            for visit in record.get("visits", ())
        )

    def __str__(self) -> str:
        return "the caller hosts a visit of the person, from its confirmation to 7 days after"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Both hold: what a role's scope and a label's rule come to where neither contains the other."""

    left: "Rule"
    right: "Rule"
    ordinary: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        return (*self.left.needs, *self.right.needs)

    def filter(self, caller: Caller, now: datetime) -> dict[str, Any] | None:
        left, right = self.left.filter(caller, now), self.right.filter(caller, now)
        return None if left is None or right is None else {"$and": [left, right]}

    def allows(self, caller: Caller, record: dict[str, Any], now: datetime) -> bool:
        return self.left.allows(caller, record, now) and self.right.allows(caller, record, now)

    def __str__(self) -> str:
        return f"({self.left}) and ({self.right})"


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds where any of its atoms holds. ``Rule()`` never holds."""

    atoms: frozenset[Any] = frozenset()

    def __or__(self, other: "Rule") -> "Rule":
        atoms = self.atoms | other.atoms
        if ALWAY in atoms:
            return ALWAYS
        if OFFICE in atoms:
            atoms = frozenset(atom for atom in atoms if atom == OFFICE or not atom.ordinary)
        return Rule(atoms)

    def __and__(self, other: "Rule") -> "Rule":
        if self.covers(other):
            return other
        if other.covers(self):
            return self
        return Rule(frozenset({AllOf(self, other)}))

    def __bool__(self) -> bool:
        return bool(self.atoms)

    @property
    def always(self) -> bool:
        """Whether it holds for every record."""
        return ALWAY in self.atoms

    @property
    def needs(self) -> tuple[str, ...]:
        """Stored paths that deciding on a record takes."""
        return tuple(sorted({path for atom in self.atoms for path in atom.needs}))

    def covers(self, other: "Rule") -> bool:
        """Whether it surely holds wherever ``other`` does."""
        if self.always:
            return True
        rest = other.atoms - self.atoms
        return not rest or (OFFICE in self.atoms and all(atom.ordinary for atom in rest))

    def filter(self, caller: Caller, now: datetime) -> dict[str, Any] | None:
        """The store's filter for the records it holds for; None where it holds for none.

        Tokens of all atoms become one ``$in``, which one index serves.
        """
        if self.always:
            return {}
        tokens: set[str] = set()
        others: list[dict[str, Any]] = []
        for atom in self.atoms:
            if isinstance(atom, Held | Mine):
                tokens |= atom.tokens(caller)
            elif (found := atom.filter(caller, now)) is not None:
                others.append(found)
        branches = sorted(others, key=repr)
        if tokens:
            branches.insert(0, {"scope": {"$in": sorted(tokens)}})
        if not branches:
            return None
        return branches[0] if len(branches) == 1 else {"$or": branches}

    def allows(self, caller: Caller, record: dict[str, Any], now: datetime) -> bool:
        """Whether it holds for a stored record."""
        return any(atom.allows(caller, record, now) for atom in self.atoms)

    def __str__(self) -> str:
        return ", or ".join(sorted(str(atom) for atom in self.atoms)) or "never"


def rule(*atoms: Any) -> Rule:
    """A rule that holds where any of these does."""
    return Rule(frozenset(atoms))


ALWAY = Always()
# Every record but a restricted one carries this token: it holds wherever an ordinary atom does.
OFFICE = Held("office")
ALWAYS = rule(ALWAY)
NEVER = Rule()


@dataclass(frozen=True, slots=True)
class Within:
    """The rule holds for the portal by which the caller asks."""

    rule: Rule

    @property
    def ordinary(self) -> bool:
        return all(atom.ordinary for atom in self.rule.atoms)

    @property
    def needs(self) -> tuple[str, ...]:
        return self.rule.needs

    def filter(self, caller: Caller, now: datetime) -> dict[str, Any] | None:
        return self.rule.filter(caller.within, now) if caller.within is not None else None

    def allows(self, caller: Caller, record: dict[str, Any], now: datetime) -> bool:
        return caller.within is not None and self.rule.allows(caller.within, record, now)

    def __str__(self) -> str:
        return f"for the portal: {self.rule}"


def within(found: Rule) -> Rule:
    """A rule as it holds for the portal by which a caller asks."""
    return found if found.always or not found else rule(Within(found))


@dataclass(frozen=True, slots=True)
class ElementRule:
    """Decides for an element of a list by one field of it: among fixed values, or among what the caller holds."""

    field: str
    values: frozenset[str] = frozenset()
    holder: str | None = None

    def admits(self, caller: Caller) -> frozenset[str]:
        """The values of the field that open the element to the caller."""
        return self.values if self.holder is None else getattr(caller, self.holder)

    def __str__(self) -> str:
        return f"{self.field} is the caller's" if self.holder else f"{self.field} is {' or '.join(sorted(self.values))}"


@dataclass(frozen=True, slots=True)
class ElementWithin:
    """An element that a rule opens to the portal by which the caller asks, and another one to the caller, if given."""

    portal: ElementRule
    own: ElementRule | None = None

    @property
    def field(self) -> str:
        """The field by which it decides."""
        return self.portal.field

    def admits(self, caller: Caller) -> frozenset[str]:
        """The values of the field that open the element."""
        admitted = self.portal.admits(caller.within) if caller.within is not None else frozenset()
        return admitted if self.own is None else admitted & self.own.admits(caller)
