"""What the table says a caller reads, worked out record by record: no masks, filters, plans or keys of the service.

It reads auth/policy.py role by role and a rule's decision on one record; tests/auth/test_rules.py shows that filters
agree with those decisions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from auth.caller import Caller, Role
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, SCOPE, WRITE
from auth.rules import NEVER, Rule
from documents.kinds import kind_of, tree_of
from documents.labels import LABELS, Label
from documents.tree import Path
from resolvers.history import telling

Stored = dict[str, Any]
Seen = Callable[[str], bool]
BY_NAME = {label.name: label for label in LABELS}
ALL = frozenset(LABELS)


@cache
def deciding_rules(kind: str, roles: frozenset[Role]) -> tuple[Rule, ...]:
    """Every rule of the table that may decide something about a record of a kind for these roles."""
    tables: list[Mapping[Role, Rule]] = [SCOPE[kind], *ACTIONS[kind].values(), *READ.values(), *WRITE.values()]
    return tuple({rule: None for table in tables for role in sorted(roles) if (rule := table.get(role))})


@dataclass(frozen=True)
class Oracle:
    """What one caller reads at one moment."""

    caller: Caller
    now: datetime

    @property
    def portal(self) -> "Oracle | None":
        """What the portal reads by which the caller asks: nothing is read that it does not."""
        return None if self.caller.within is None else Oracle(self.caller.within, self.now)

    def _holds(self, rule: Rule | None, record: Stored) -> bool:
        return rule is not None and rule.allows(self.caller, record, self.now)

    def _roles(self, kind: str, record: Stored) -> list[Role]:
        return [role for role in sorted(self.caller.roles) if self._holds(SCOPE[kind].get(role, NEVER), record)]

    def in_scope(self, kind: str, record: Stored) -> bool:
        """Whether some role has the record in scope."""
        return bool(self._roles(kind, record)) and (self.portal is None or self.portal.in_scope(kind, record))

    def decisions(self, kind: str, record: Stored) -> tuple[bool, ...]:
        """How each rule of the table decides on the record."""
        own = tuple(self._holds(rule, record) for rule in deciding_rules(kind, self.caller.roles))
        return own if self.portal is None else own + self.portal.decisions(kind, record)

    def labels(self, kind: str, record: Stored) -> frozenset[Label]:
        """The labels that some role reads on the record."""
        roles = self._roles(kind, record)
        among = frozenset(LABELS) if self.portal is None else self.portal.labels(kind, record)
        return among & frozenset(
            label
            for label in LABELS
            if any(role in AUTHORED.get(label, {}) or self._holds(READ[label].get(role), record) for role in roles)
        )

    def admitted(self, kind: str, path: Path, record: Stored) -> tuple[str, frozenset[str]] | None:
        """Which elements of a list are read: (field, its values), or None for all."""
        own = self._admitted(kind, path, record)
        portal = None if self.portal is None else self.portal.admitted(kind, path, record)
        if own is None or portal is None:
            return own or portal
        return own[0], own[1] & portal[1]

    def _admitted(self, kind: str, path: Path, record: Stored) -> tuple[str, frozenset[str]] | None:
        rules = ELEMENTS.get((kind, path.path), {})
        authored = next((AUTHORED[label] for label in path.chain if label in AUTHORED), {})
        if not rules and not authored:
            return None
        values: set[str] = set()
        for role in self._roles(kind, record):
            whole = all(self._holds(READ[label].get(role), record) for label in path.chain)
            if whole and role not in rules:
                return None
            if whole:
                values |= rules[role].admits(self.caller)
            if role in authored:
                values |= authored[role].admits(self.caller)
        (field,) = {found.field for found in (*rules.values(), *authored.values())}
        return field, frozenset(values)

    def read_keys(self, kind: str, keys: Iterable[str], record: Stored, most: frozenset[Label] = ALL) -> frozenset[str]:
        """Those keys under which changes were counted that the caller reads."""
        labels = self.labels(kind, record) & most
        return frozenset(key for key in keys if self._reads_key(kind, key, record, labels))

    def _reads_key(self, kind: str, key: str, record: Stored, labels: frozenset[Label]) -> bool:
        chain, *groups = key.split("|")
        if not labels.issuperset(BY_NAME[name] for name in chain.split(">")):
            return False
        for group in groups:
            name, _, value = group.partition("=")
            admitted = self.admitted(kind, tree_of(kind).path(name.replace("/", ".")), record)
            if admitted is not None and value not in admitted[1]:
                return False
        return True

    def values(self, kind: str, record: Stored, seen: Seen, most: frozenset[Label] = ALL) -> Stored:
        """The readable values of a record; a reference to what is not seen has none."""
        labels = self.labels(kind, record) & most

        def part(paths: tuple[Path, ...], document: Stored) -> Stored:
            return {
                path.name: one(path, document.get("_id" if path.path == "id" else path.name))
                for path in paths
                if not path.hidden and labels.issuperset(path.chain)
            }

        def one(path: Path, value: Any) -> Any:
            if path.reference:
                return shown_reference(value, seen)
            if value is None or path.value or not path.children:
                return value
            if not path.many:
                return part(path.children, value)
            admitted = self.admitted(kind, path, record) if path.element else None
            return [
                part(path.children, item) for item in value if admitted is None or item.get(admitted[0]) in admitted[1]
            ]

        return part(tree_of(kind).paths, record)

    def view(self, kind: str, record: Stored, entries: list[Stored], seen: Seen, most: frozenset[Label] = ALL) -> Any:
        """All that may show of a record: values, decisions, counts of changes and history; None out of scope.

        Of the labels that are read now, no more than ``most`` are looked at.
        """
        if not self.in_scope(kind, record):
            return None
        readable = self.read_keys(kind, record["counts"], record, most)
        counts = {key: n for key, n in record["counts"].items() if key in readable}
        past = [found for entry in entries if (found := self._entry(kind, entry, counts, seen)) is not None]
        return {
            "values": self.values(kind, record, seen, most),
            "decisions": self.decisions(kind, record),
            "counts": counts,
            "history": sorted(past, key=lambda entry: (entry["at"], entry["_id"])),
        }

    def _exists(self, kind: str, change: Stored) -> bool:
        """Whether a path exists for the caller: one that refers to a kind that none of their roles has does not."""
        to = changed_path(kind, change["path"]).reference
        own = to is None or any(SCOPE[to].get(role) for role in self.caller.roles)
        return own and (self.portal is None or self.portal._exists(kind, change))

    def _entry(self, kind: str, entry: Stored, counts: Stored, seen: Seen) -> Stored | None:
        if counts.keys().isdisjoint(entry["keys"]):
            return None
        read = [change for change in entry["changes"] if change["key"] in counts and self._exists(kind, change)]
        changes = [shown for change in read if (shown := shown_change(kind, change, seen)) is not None]
        told = not entry["changes"] or telling(kind, entry["action"], {change["path"] for change in changes})
        return {
            "_id": entry["_id"],
            "at": entry["at"],
            "by": shown_reference(entry["by"], seen),
            "action": entry["action"] if told else "update",
            "changes": changes,
        }


def shown_reference(value: Any, seen: Seen) -> Any:
    """References as they may show: an unseen one is null, and in a list it is not there."""
    if isinstance(value, list):
        return [item for item in value if seen(item)]
    return value if value is not None and seen(value) else None


def changed_path(kind: str, name: str) -> Path:
    """The stored path of a change: ``members[a1b2].badgeName`` is ``members.badge_name``."""
    names = [part.split("[")[0] for part in name.split(".")]
    paths = tree_of(kind).paths
    for graphql in names:
        found = next(path for path in paths if path.graphql == graphql)
        paths = found.children
    return found


def shown_change(kind: str, change: Stored, seen: Seen) -> Stored | None:
    """A change as it may show; None for a reference of which nothing is seen."""
    path = changed_path(kind, change["path"])
    if path.reference is None:
        return change
    shown = {side: shown_reference(change[side], seen) for side in ("before", "after")}
    return None if shown["before"] == shown["after"] else change | shown


def seen_in(oracle: Oracle, docs: Mapping[str, Mapping[str, Stored]]) -> Seen:
    """Whether an id is that of a record in scope, worked out once for each."""
    known: dict[str, bool] = {}

    def seen(record_id: str) -> bool:
        if record_id not in known:
            kind = kind_of(record_id)
            record = docs[kind].get(record_id) if kind else None
            known[record_id] = record is not None and kind is not None and oracle.in_scope(kind, record)
        return known[record_id]

    return seen
