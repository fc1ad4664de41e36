"""The mask: which paths and actions exist for a set of roles. Read off the table; knows no caller and no record."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from auth.caller import Caller, Role
from auth.policy import ACTIONS, AUTHORED, ELEMENTS, READ, REVEALS, SCOPE, WRITE, WRITES
from auth.rules import ALWAYS, NEVER, ElementRule, ElementWithin, Rule, within
from documents.kinds import KINDS, tree_of
from documents.labels import LABELS, Label, identity
from documents.tree import Path

Mode = Literal["never", "if", "always"]


@dataclass(frozen=True, eq=False, slots=True)
class ElementAccess:
    """Which elements of a list are read: all where ``full`` holds, else those that one of ``some`` admits."""

    path: str
    field: str
    full: Rule
    some: tuple[tuple[Rule, ElementRule | ElementWithin], ...]


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
    # References to kinds that do not exist for these roles: they do not exist either.
    dangling: frozenset[str]
    # What the steps of the lifecycle may be told, as (action, path).
    takes: frozenset[tuple[str, str]]

    def paths(self) -> Iterator[Path]:
        """Every path of the kind that is somebody's to read."""
        return (path for path in tree_of(self.kind).walk() if not path.hidden)

    def mode(self, path: Path) -> Mode:
        """Whether a path is never, always, or under a condition readable on the records in scope."""
        if path.path in self.dangling:
            return "never"
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
    # The roles of the portal by which is asked.
    within: frozenset[Role] | None = None
    # Whether it is somebody, who may follow what becomes of their own access.
    somebody: bool = True


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


def _takes(kind: str, action: str, role: Role) -> set[tuple[str, str]]:
    """What a role may tell a step of the lifecycle: paths that it may write."""
    narrow = WRITES.get((kind, role))
    found = set()
    for name in next((step.takes for step in KINDS[kind].lifecycle.actions if step.name == action), ()):
        held = all(WRITE[label].get(role, NEVER) for label in tree_of(kind).path(name).chain)
        if held if narrow is None else name in narrow.applies:
            found.add((action, name))
    return found


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
    takes: set[tuple[str, str]] = set()
    for action, rows in ACTIONS[kind].items():
        total = NEVER
        for role in roles & rows.keys():
            takes |= _takes(kind, action, role)
            total |= ALWAYS if action == "create" else SCOPE[kind].get(role, NEVER) & rows[role]
            if action in ("create", "update"):
                more, proposed = _writes(kind, role)
                applies |= more
                proposes |= proposed
        if total:
            actions[action] = total
    references = [path for path in tree_of(kind).walk() if path.reference]
    dangling = {path.path for path in references if not _exists(str(path.reference), roles)}
    written = frozenset(applies), frozenset(proposes - applies)
    return KindMask(kind, scope, labels, modes, elements, actions, *written, frozenset(dangling), frozenset(takes))


def _exists(kind: str, roles: frozenset[Role]) -> bool:
    """Whether a kind exists for some of the roles."""
    return any(SCOPE[kind].get(role) for role in roles)


# Who passes by: neither has an access that could change.
PASSING = frozenset({Role.ANONYMOUS, Role.GUEST})


@lru_cache(maxsize=256)
def mask(roles: frozenset[Role], *, account: bool = False) -> Mask:
    """What exists for these roles; an ``account`` is somebody without any role, too."""
    kinds = {kind: found for kind in KINDS if (found := _kind_mask(kind, roles)).scope}
    somebody = account or not roles <= PASSING
    return Mask(_key(kinds, somebody=somebody), roles, kinds, somebody=somebody)


def mask_of(caller: Caller) -> Mask:
    """What exists for a caller: where a portal acts for them, what exists for both."""
    if caller.within is None:
        return mask(caller.roles, account=caller.account is not None)
    return both(caller.roles, caller.within.roles)


@lru_cache(maxsize=256)
def both(roles: frozenset[Role], portal: frozenset[Role]) -> Mask:
    """What exists for these roles and for those of the portal by which is asked."""
    own, other = mask(roles).kinds, mask(portal).kinds
    names = frozenset(own.keys() & other.keys())
    kinds = {kind: found for kind in sorted(names) if (found := _both(own[kind], other[kind], names)).scope}
    return Mask(_key(kinds), roles, kinds, portal)


def _both(own: KindMask, portal: KindMask, kinds: frozenset[str]) -> KindMask:
    modes: dict[Label, Mode] = {}
    for label, mode in own.modes.items():
        held = {mode, portal.modes[label]}
        modes[label] = "never" if "never" in held else "if" if "if" in held else "always"
    actions = {name: own.actions[name] & within(portal.actions[name]) for name in own.actions.keys() & portal.actions}
    applies = own.applies & portal.applies
    references = [path for path in tree_of(own.kind).walk() if path.reference]
    return KindMask(
        own.kind,
        own.scope & within(portal.scope),
        {label: rule & within(portal.labels[label]) for label, rule in own.labels.items()},
        modes,
        {path: _both_elements(path, own, portal) for path in own.elements.keys() | portal.elements.keys()},
        actions,
        applies,
        ((own.applies | own.proposes) & (portal.applies | portal.proposes)) - applies,
        frozenset(path.path for path in references if path.reference not in kinds),
        own.takes & portal.takes,
    )


def _both_elements(path: str, own: KindMask, portal: KindMask) -> ElementAccess:
    """Elements that both read: where one reads all of them, those of the other; else those that both admit."""
    mine, other = own.elements.get(path), portal.elements.get(path)
    full = mine.full if mine else ALWAYS
    theirs = within(other.full) if other else ALWAYS
    some: list[tuple[Rule, ElementRule | ElementWithin]] = []
    for rule, element in mine.some if mine else ():
        some.append((rule & theirs, element))
        for held, opened in other.some if other else ():
            some.append((rule & within(held), ElementWithin(_plain(opened), _plain(element))))
    some += [(full & within(held), ElementWithin(_plain(opened))) for held, opened in (other.some if other else ())]
    return ElementAccess(path, (mine or other).field, full & theirs, tuple(some))  # type: ignore[union-attr]  # one is there


def _plain(element: ElementRule | ElementWithin) -> ElementRule:
    """An element rule of a table; a portal acts for persons, never for another portal."""
    assert isinstance(element, ElementRule)  # noqa: S101  # masks of roles hold no others
    return element


def _key(kinds: Mapping[str, KindMask], *, somebody: bool = True) -> str:
    lines = ["somebody"] if somebody else []
    for kind, found in sorted(kinds.items()):
        lines += [f"{kind} {p.path} {found.mode(p)}" for p in tree_of(kind).walk() if found.readable(p)]
        lines += [f"{kind} [{path}]" for path in sorted(found.elements)]
        lines += [f"{kind} write {path}" for path in sorted(found.applies | found.proposes)]
        lines += [f"{kind} do {action}" for action in sorted(found.actions)]
        lines += [f"{kind} {action} takes {path}" for action, path in sorted(found.takes)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


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


# What a rule may look at though nobody reads it: scope fields and moments, which the service keeps.
GROUND = frozenset({"scope", "published_from", "visits"})


def check_table() -> None:
    """Raise where the table and the kinds do not fit together, naming the remedy. Called at start."""
    for problem in _problems():
        raise ValueError(f"{problem} in auth/policy.py")


def _problems() -> Iterator[str]:
    """What is wrong with the table, each with its remedy."""
    if bare := [label.name for label in LABELS if label not in READ or label not in WRITE]:
        yield f"The labels {bare} have no rows: add them to READ and WRITE"
    if unknown := sorted((SCOPE.keys() | ACTIONS.keys()) - KINDS.keys()):
        yield f"SCOPE or ACTIONS name {unknown}, which are no kinds: correct them"
    for kind in KINDS:
        if kind not in SCOPE or kind not in ACTIONS:
            yield f"{kind} has no policy rows: add them to SCOPE and ACTIONS"
            continue
        yield from _action_problems(kind)
        yield from _element_problems(kind)
        yield from _rule_problems(kind)
    yield from _reveal_problems()
    for (kind, role), narrow in WRITES.items():
        facts = {path.path for path in tree_of(kind).paths if path.fact and not path.fills}
        facts |= {name for step in KINDS[kind].lifecycle.actions for name in step.takes}
        facts |= {name for step in KINDS[kind].lifecycle.actions for name in step.takes}
        if unknown := sorted((narrow.applies | narrow.proposes) - facts):
            yield f"WRITES lets {role} write {unknown} of {kind}, which are no facts of it: correct it"
        if not any(role in ACTIONS[kind].get(action, {}) for action in ("create", "update")):
            yield f"WRITES names {role} for {kind}, who may neither create nor update it: take it out, or allow it"


def revealed(kind: str) -> tuple[Path, ...]:
    """The paths of a kind that are told by revealing alone."""
    return tuple(path for path in tree_of(kind).paths if identity in path.chain)


def _reveal_problems() -> Iterator[str]:
    """What is told by revealing is told by the action `reveal`, of kinds that hold such paths at their top."""
    for kind in sorted(REVEALS.keys() & KINDS.keys()):
        if ACTIONS[kind].get("reveal") != REVEALS[kind]:
            yield f"REVEALS and ACTIONS differ about revealing a {kind}: let ACTIONS take the row of REVEALS"
        if not revealed(kind):
            yield f"REVEALS names {kind}, which holds nothing under identity: take it out"
    if unknown := sorted(REVEALS.keys() - KINDS.keys()):
        yield f"REVEALS names {unknown}, which are no kinds: correct it"
    for kind in KINDS:
        if "reveal" in ACTIONS.get(kind, {}) and kind not in REVEALS:
            yield f"ACTIONS lets reveal a {kind}, which REVEALS does not name: add a row to REVEALS"


def _action_problems(kind: str) -> Iterator[str]:
    if missing := sorted({action.name for action in KINDS[kind].lifecycle.actions} - ACTIONS[kind].keys()):
        yield f"{kind} has no policy rows for {missing}: add them to ACTIONS"
    for action, rows in ACTIONS[kind].items():
        if blind := sorted(role.value for role in rows.keys() - SCOPE[kind].keys()):
            yield f"ACTIONS lets {blind} {action} a {kind}, which they never have in scope: add them to SCOPE"


def _element_problems(kind: str) -> Iterator[str]:
    """Elements may be decided about only by the field that tells them apart."""
    paths = {path.path: path for path in tree_of(kind).walk()}
    for name, rules in ((name, rules) for (of, name), rules in ELEMENTS.items() if of == kind):
        if name not in paths or not paths[name].element:
            yield f"ELEMENTS names {kind}.{name}, which is no list of elements: correct it"
        else:
            yield from _apart_problems(kind, paths[name], rules)
    for path in paths.values():
        for label in AUTHORED.keys() & set(path.chain):
            # The label opens elements by their author: outside such a list it would open everything under it.
            if not any(label in paths[name].chain and paths[name].element for name in path.lists):
                yield (
                    f"{kind}.{path.path} lies in no {label.name} list of elements, and AUTHORED opens {label.name} "
                    f"element by element: put it into such a list, or take {label.name} out of AUTHORED"
                )
            if path.element:
                yield from _apart_problems(kind, path, AUTHORED[label])


def _apart_problems(kind: str, path: Path, rules: dict[Role, ElementRule]) -> Iterator[str]:
    for role, rule in rules.items():
        if rule.field != path.apart:
            yield (
                f"{kind}.{path.path} is decided for {role} by {rule.field}, and its elements are told apart by "
                f"{path.apart}: mark the list Apart({rule.field!r}), or correct the rule"
            )
        elif path.child(rule.field).chain != path.chain:
            yield (
                f"{kind}.{path.path} is decided for {role} by {rule.field}, which has a label of its own: "
                "give it that of the list, or correct the rule"
            )


def _rule_problems(kind: str) -> Iterator[str]:
    """A rule may look only at the ground, or at what those it decides about read wherever they see the record."""
    tables = [("SCOPE", SCOPE[kind]), *((f"ACTIONS, {action},", rows) for action, rows in ACTIONS[kind].items())]
    tables += [(f"READ, {label.name},", rows) for label, rows in READ.items()]
    tables += [(f"WRITE, {label.name},", rows) for label, rows in WRITE.items()]
    paths = {path.path: path for path in tree_of(kind).walk()}
    for where, rows in tables:
        for role, rule in rows.items():
            for name in sorted(paths.keys() & set(rule.needs) - GROUND):
                scope, only = SCOPE[kind].get(role, NEVER), frozenset({role})
                if not all(label_rule(kind, label, only).covers(scope) for label in paths[name].chain):
                    yield (
                        f"{where} decides for {role} by {kind}.{name}, which {role} does not always read: let the rule "
                        "look at scope fields, moments or paths that they read,"
                    )
