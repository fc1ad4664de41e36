"""The mask: which paths and actions exist at all for a set of roles. Read off the table; knows no caller and no record."""

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from auth.caller import Role
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, SCOPE, WRITE, WRITES
from auth.rules import ALWAYS, NEVER, ElementRule, Rule
from documents.kinds import KINDS, tree_of
from documents.labels import LABELS, Label
from documents.tree import Path

Mode = Literal["never", "if", "always"]


@dataclass(frozen=True, eq=False, slots=True)
class ElementAccess:
    """Which elements of a list are read: all where ``full`` holds, else those that one of ``some`` admits."""

    path: str
    field: str
    full: Rule
    some: tuple[tuple[Rule, ElementRule], ...]


@dataclass(frozen=True, eq=False, slots=True)
class KindMask:
    """What a set of roles may ever do with a kind."""

    kind: str
    scope: Rule
    labels: dict[Label, Rule]
    modes: dict[Label, Mode]
    elements: dict[str, ElementAccess]
    actions: dict[str, Rule]
    applies: frozenset[str]
    proposes: frozenset[str]

    def mode(self, path: Path) -> Mode:
        """Whether a path is never, always, or under a condition readable on the records in scope."""
        modes = {self.modes[label] for label in path.chain}
        return "never" if "never" in modes else "if" if "if" in modes else "always"

    def readable(self, path: Path) -> bool:
        """Whether a path is ever readable."""
        return self.mode(path) != "never"

    def writable(self, path: Path) -> bool:
        """Whether a value may ever be put into a path, at once or as a proposal."""
        return path.path in self.applies or path.path in self.proposes


@dataclass(frozen=True, eq=False, slots=True)
class Mask:
    """What exists for a set of roles, by kind; ``key`` is the same for role sets for which the same exists."""

    key: str
    roles: frozenset[Role]
    kinds: dict[str, KindMask]


def label_rule(kind: str, label: Label, roles: frozenset[Role]) -> Rule:
    """Where the roles read a label of a kind, among the records in scope."""
    total = NEVER
    for role in roles:
        scope = SCOPE[kind].get(role, NEVER)
        total |= scope & READ[label].get(role, NEVER)
        if role in AUTHORED.get(label, {}):
            total |= scope
    return total


def _elements(kind: str, path: Path, roles: frozenset[Role]) -> ElementAccess | None:
    rules = ELEMENTS.get((kind, path.path), {})
    authored = next((AUTHORED[label] for label in path.chain if label in AUTHORED), {})
    if not path.element or not (rules or authored):
        return None
    full, some = NEVER, []
    for role in sorted(roles):
        scope = SCOPE[kind].get(role, NEVER)
        held = scope
        for label in path.chain:
            held &= READ[label].get(role, NEVER)
        if held and role in rules:
            some.append((held, rules[role]))
        else:
            full |= held
        if role in authored and scope:
            some.append((scope, authored[role]))
    fields = {found.field for found in (*rules.values(), *authored.values())}
    if len(fields) != 1:
        msg = f"{kind}.{path.path} has element rules over {sorted(fields)}: decide by one field in auth/policy.py"
        raise ValueError(msg)
    return ElementAccess(path.path, fields.pop(), full, tuple(some))


def _writes(kind: str, role: Role) -> tuple[set[str], set[str]]:
    """Paths a role writes at once, and as a proposal."""
    narrow = WRITES.get((kind, role))
    applies: set[str] = set()
    proposes: set[str] = set()
    for path in tree_of(kind).walk():
        if not path.fact or path.fills:
            continue
        top = path.path.partition(".")[0]
        if narrow is not None:
            if top in narrow.applies:
                applies.add(path.path)
            elif top in narrow.proposes:
                proposes.add(path.path)
        elif all(WRITE[label].get(role, NEVER) for label in path.chain):
            applies.add(path.path)
    return applies, proposes


def _kind_mask(kind: str, roles: frozenset[Role]) -> KindMask:
    scope = NEVER
    for role in roles:
        scope |= SCOPE[kind].get(role, NEVER)
    labels = {label: label_rule(kind, label, roles) for label in LABELS}
    modes: dict[Label, Mode] = {
        label: "never" if not rule else "always" if rule.covers(scope) else "if" for label, rule in labels.items()
    }
    elements = {}
    for path in tree_of(kind).walk():
        access = None if path.hidden else _elements(kind, path, roles)
        if access is not None and not (access.full.covers(scope)):
            elements[path.path] = access
    actions: dict[str, Rule] = {}
    applies: set[str] = set()
    proposes: set[str] = set()
    for action, rows in ACTIONS[kind].items():
        total = NEVER
        for role in roles & rows.keys():
            total |= ALWAYS if action == "create" else SCOPE[kind].get(role, NEVER) & rows[role]
            if action in ("create", "update"):
                more, proposed = _writes(kind, role)
                applies |= more
                proposes |= proposed
        if total:
            actions[action] = total
    return KindMask(kind, scope, labels, modes, elements, actions, frozenset(applies), frozenset(proposes - applies))


@lru_cache(maxsize=256)
def mask(roles: frozenset[Role]) -> Mask:
    """What exists for these roles."""
    kinds = {kind: found for kind in KINDS if (found := _kind_mask(kind, roles)).scope}
    lines = []
    for kind, found in sorted(kinds.items()):
        lines += [f"{kind} {p.path} {found.mode(p)}" for p in tree_of(kind).walk() if found.readable(p)]
        lines += [f"{kind} [{path}]" for path in sorted(found.elements)]
        lines += [f"{kind} write {path}" for path in sorted(found.applies | found.proposes)]
        lines += [f"{kind} do {action}" for action in sorted(found.actions)]
    return Mask(hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16], roles, kinds)


@cache
def label_bit(label: Label) -> int:
    """The bit that stands for a label in a set of labels."""
    return 1 << LABELS.index(label)


def chain_bits(chain: tuple[Label, ...]) -> int:
    """A chain of labels as a set of bits."""
    return sum(label_bit(label) for label in chain)


ALL_BITS = chain_bits(LABELS)
EVERY_ROLE = frozenset(Role)


@cache
def deciding(kind: str) -> frozenset[str]:
    """The stored paths that deciding about a record of a kind may take, whoever asks."""
    rules = [*SCOPE[kind].values(), *(rule for action in ACTIONS[kind].values() for rule in action.values())]
    rules += [rule for rows in READ.values() for rule in rows.values()]
    stored = {path.name for path in tree_of(kind).paths}
    return frozenset(path for rule in rules for path in rule.needs) & stored


def check_table() -> None:
    """Raise where the table and the kinds do not fit together, naming the remedy. Called at start."""
    for kind, model in KINDS.items():
        if kind not in SCOPE or kind not in ACTIONS:
            msg = f"{kind} has no policy rows: add them to SCOPE and ACTIONS in auth/policy.py"
            raise ValueError(msg)
        if missing := {action.name for action in model.lifecycle.actions} - ACTIONS[kind].keys():
            msg = f"{kind} has no policy rows for {sorted(missing)}: add them to ACTIONS in auth/policy.py"
            raise ValueError(msg)
    for kind, path in ELEMENTS:
        if not tree_of(kind).path(path).element:
            msg = f"ELEMENTS names {kind}.{path}, which is no list of elements: correct auth/policy.py"
            raise ValueError(msg)
    for kind, role in WRITES:
        narrow = WRITES[kind, role]
        if unknown := (narrow.applies | narrow.proposes) - {path.path for path in tree_of(kind).paths}:
            msg = f"WRITES names unknown paths of {kind}: {sorted(unknown)}: correct auth/policy.py"
            raise ValueError(msg)
