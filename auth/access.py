"""The only three questions anyone asks of the table: ``scope``, ``fetch`` and ``visible``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auth.caller import Caller
from auth.mask import ALL_BITS, KindMask, chain_bits, label_bit, mask_of
from auth.policy import ACTIONS, SCOPE, WRITE, WRITES
from auth.rules import ALWAYS, NEVER, Held, Mine, Rule
from documents.kinds import collection_of, kind_of
from documents.labels import LABELS, Label
from documents.store import Store
from documents.tree import Path
from errors import Forbidden, NotFound

NOTHING: dict[str, Any] = {"_id": {"$in": []}}


def all_of(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The store's filter that all of these hold; side by side where they can be, since then any store uses an index."""
    found: dict[str, Any] = {}
    rest: list[dict[str, Any]] = []
    for part in parts:
        if part == NOTHING:
            return NOTHING
        if found.keys().isdisjoint(part):
            found = {**found, **part}
        elif part not in rest:
            rest.append(part)
    return {**found, "$and": [*found.get("$and", ()), *rest]} if rest else found


Decision = Callable[[dict[str, Any]], bool]


def _bound(rule: Rule, caller: Caller, now: datetime) -> Decision:
    """A rule as a decision for one caller at one moment: the tokens of all its atoms are looked for together."""
    tokens: frozenset[str] = frozenset()
    others = []
    for atom in rule.atoms:
        if isinstance(atom, Held | Mine):
            tokens |= atom.tokens(caller)
        else:
            others.append(atom)

    def decision(record: dict[str, Any]) -> bool:
        if tokens and not tokens.isdisjoint(record["scope"]):
            return True
        return any(atom.allows(caller, record, now) for atom in others) if others else False

    return decision


@dataclass(frozen=True, eq=False, slots=True)
class Sight:
    """What one caller sees of a kind at one moment."""

    kind: KindMask
    caller: Caller
    now: datetime
    always: int
    conditional: tuple[tuple[int, Rule], ...]
    # Rules of the mask, which lives longer than this, as they decide for this caller now.
    _decisions: dict[int, Decision] = field(default_factory=dict)

    def _holds(self, rule: Rule, record: dict[str, Any]) -> bool:
        """Whether a rule of the mask holds for a stored record; it is bound to the caller once, for many."""
        decision = self._decisions.get(id(rule))
        if decision is None:
            decision = self._decisions[id(rule)] = _bound(rule, self.caller, self.now)
        return decision(record)

    def bits(self, record: dict[str, Any], among: int = ALL_BITS) -> int:
        """The labels that the caller reads on this stored record, as bits, ``among`` these. The record is in scope."""
        found = self.always
        for bit, rule in self.conditional:
            if bit & among and self._holds(rule, record):
                found |= bit
        return found

    def in_scope(self, record: dict[str, Any]) -> bool:
        """Whether a stored record is in the caller's scope."""
        return self.kind.scope.allows(self.caller, record, self.now)

    def admits(self, path: str, record: dict[str, Any]) -> tuple[str, frozenset[str]] | None:
        """Which elements of a list are read on this record: (field, values), or None for all of them."""
        access = self.kind.elements.get(path)
        if access is None or self._holds(access.full, record):
            return None
        values: frozenset[str] = frozenset()
        for rule, element in access.some:
            if self._holds(rule, record):
                values |= element.admits(self.caller)
        return access.field, values

    def filter(self) -> dict[str, Any]:
        """The store's filter for the records in scope."""
        found = self.kind.scope.filter(self.caller, self.now)
        return NOTHING if found is None else found

    def label_filter(self, chain: tuple[Label, ...]) -> dict[str, Any] | None:
        """The store's filter for the records on which a chain is read: ``{}`` for all in scope, None for none."""
        parts = []
        for label in chain:
            if self.kind.modes[label] == "always":
                continue
            found = self.kind.labels[label].filter(self.caller, self.now)
            if found is None:
                return None
            parts.append(found)
        return all_of(parts)

    def element_filters(self, path: str) -> list[tuple[dict[str, Any], dict[str, Any]]] | None:
        """For a list under an element rule: pairs of (record filter, element filter), any of which opens an element.

        None where the list is under no such rule.
        """
        access = self.kind.elements.get(path)
        if access is None:
            return None
        pairs: list[tuple[dict[str, Any], dict[str, Any]]] = []
        if (full := access.full.filter(self.caller, self.now)) is not None:
            pairs.append((full, {}))
        for rule, element in access.some:
            values = sorted(element.admits(self.caller))
            if values and (found := rule.filter(self.caller, self.now)) is not None:
                pairs.append((found, {element.field: {"$in": values}}))
        return pairs

    def needs(self) -> frozenset[str]:
        """Stored paths that deciding on a record takes."""
        rules = [rule for _, rule in self.conditional]
        for access in self.kind.elements.values():
            rules += [access.full, *(rule for rule, _ in access.some)]
        return frozenset(path for rule in rules for path in rule.needs)

    def reads_key(self, key: str, record: dict[str, Any], bits: int) -> bool:
        """Whether the caller reads what a change key stands for, on this record (see documents/stamp.py)."""
        chain, *groups = key.split("|")
        if any(not bits & label_bit(_BY_NAME[name]) for name in chain.split(">")):
            return False
        for group in groups:
            path, _, value = group.partition("=")
            admitted = self.admits(path.replace("/", "."), record)
            if admitted is not None and value not in admitted[1]:
                return False
        return True

    def reads(self, chain: tuple[Label, ...], bits: int) -> bool:
        """Whether a chain lies within these labels."""
        wanted = chain_bits(chain)
        return bits & wanted == wanted


_BY_NAME = {label.name: label for label in LABELS}


def visible(kind: str, caller: Caller, now: datetime) -> Sight | None:
    """What the caller sees of a kind now; None where the kind does not exist for them."""
    found = mask_of(caller).kinds.get(kind)
    if found is None:
        return None
    always = sum(label_bit(label) for label, mode in found.modes.items() if mode == "always")
    conditional = tuple((label_bit(label), found.labels[label]) for label, mode in found.modes.items() if mode == "if")
    return Sight(found, caller, now, always & ALL_BITS, conditional)


def scope(kind: str, caller: Caller, now: datetime) -> dict[str, Any]:
    """The store's filter for the records of a kind that the caller has in scope; a filter for none where none are."""
    sight = visible(kind, caller, now)
    return NOTHING if sight is None else sight.filter()


def action_rule(kind: str, caller: Caller, action: str) -> Rule:
    """On which records the caller may do an action; ``NEVER`` where the action does not exist for them."""
    found = mask_of(caller).kinds.get(kind)
    return NEVER if found is None else found.actions.get(action, NEVER)


async def fetch(
    store: Store, kind: str, record_id: str, caller: Caller, now: datetime, *, action: str = "read", session: Any = None
) -> dict[str, Any]:
    """The stored record, for an action.

    Raises NotFound where it is absent or not in scope: the same answer, after the same work. Raises Forbidden, naming
    the action, where it is in scope and the caller may not do this.
    """
    wanted = record_id if kind_of(record_id) == kind else ""
    query = all_of([{"_id": wanted}, scope(kind, caller, now)])
    record: dict[str, Any] | None = await store.collection(collection_of(kind)).find_one(query, session=session)
    if record is None:
        raise NotFound(kind)
    if action != "read" and not action_rule(kind, caller, action).allows(caller, record, now):
        raise Forbidden(kind, action)
    return record


def writes(kind: str, caller: Caller, action: str, path: Path, record: dict[str, Any], now: datetime) -> str | None:
    """Whether the caller may put a value into a path of a record: ``"applies"``, ``"proposes"``, or None.

    For ``create``, ``record`` is the new record as it would be stored. By a portal, what both may.
    """
    own = _writes(kind, caller, action, path, record, now)
    if caller.within is None or own is None:
        return own
    portal = _writes(kind, caller.within, action, path, record, now)
    return own if portal == "applies" else portal


def _writes(kind: str, caller: Caller, action: str, path: Path, record: dict[str, Any], now: datetime) -> str | None:
    top = path.path.partition(".")[0]
    best = None
    for role in caller.roles & ACTIONS[kind].get(action, {}).keys():
        held = ALWAYS if action == "create" else SCOPE[kind].get(role, NEVER) & ACTIONS[kind][action][role]
        if not held.allows(caller, record, now):
            continue
        narrow = WRITES.get((kind, role))
        if narrow is None:
            if all(WRITE[label].get(role, NEVER).allows(caller, record, now) for label in path.chain):
                return "applies"
        elif top in narrow.applies:
            return "applies"
        elif top in narrow.proposes:
            best = "proposes"
    return best
