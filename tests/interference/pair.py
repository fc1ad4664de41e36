"""Two worlds that differ only in what is hidden from a caller: values, elements, records, and their bookkeeping."""

import random
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from auth.caller import Caller, Role
from documents.kinds import KINDS, kind_of, tree_of
from documents.labels import Label
from documents.stamp import stamp
from documents.tree import Path
from resolvers.diff import diff
from resolvers.draft import copied, parse
from tests.interference.events import other_events
from tests.interference.oracle import ALL, Oracle, Seen, Stored, changed_path, seen_in
from tests.interference.values import NOW, Values
from tests.interference.world import (
    BEGUN,
    Docs,
    World,
    booked_by,
    counted,
    entry,
    facts,
    finish,
    own_paths,
    past,
)

ADDED = 2
# How much of what is hidden is changed at first, and when a change would show and is tried again more modestly.
SHARES = (0.85, 0.5, 0.25, 0.12)
ISSUING = {Role.OFFICER, Role.HEAD, Role.COORDINATOR}
# References that stay what they are, even where what they refer to is not seen, and why.
KEPT = {
    ("Itinerary", "days"): "people who are taken twice are told of to who plans: the release busy(resource, period)",
    ("Contact", "successor"): "decides whether the office is asked for one; who reads that reads every contact",
    ("ItineraryIssue", "itinerary"): "issues of one itinerary are compared with each other (ITIN-5)",
    ("Resource", "person"): "who is behind a resource is busy with it: the release busy(resource, period)",
    ("Account", "person"): "whether an account is somebody's is told to who binds it: the release account bound",
    ("RoleAssignment", "unit"): "is null exactly while the role, which is read with it, is not COORDINATOR",
    ("Partner", "merged_into"): "is null exactly while the status, which is read with it, is not MERGED",
}


class NoOtherWorld(Exception):
    """Chance found no second world that shows the same."""


@dataclass
class Pair:
    """Two worlds for one caller, and what is worth asking for in them."""

    caller: Caller
    left: World
    right: World
    ids: Mapping[str, list[str]]
    visible: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    elements: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    @property
    def oracle(self) -> Oracle:
        """What the caller reads."""
        return Oracle(self.caller, NOW)


@dataclass(frozen=True)
class Before:
    """What a caller saw of a world before a change.

    What the change itself lets them read was hidden until then, and may differ: nothing is inferred by a right.
    """

    oracle: Oracle
    docs: Docs
    seen: Seen

    def most(self, kind: str, record_id: str) -> frozenset[Label] | None:
        """The labels to compare of a record: those that were read, all of a new one; None for one out of sight."""
        was = self.docs[kind].get(record_id)
        if was is None:
            return ALL
        return self.oracle.labels(kind, was) if self.seen(record_id) else None

    def known(self, record_id: str) -> bool:
        """Whether a record was seen, or is new."""
        return self.seen(record_id) or all(record_id not in records for records in self.docs.values())


def views(
    oracle: Oracle, world: World, only: Container[str] | None = None, before: Before | None = None
) -> dict[str, Any]:
    """All that shows of a world, or of some records of it, one by one; what is out of scope is not there."""
    seen_now = seen_in(oracle, world.docs)

    def seen(record_id: str) -> bool:
        return seen_now(record_id) and (before is None or before.known(record_id))

    found = {}
    for kind, records in world.docs.items():
        for record_id, document in records.items():
            if only is not None and record_id not in only:
                continue
            most = before.most(kind, record_id) if before else ALL
            if most is None:
                continue
            view = oracle.view(kind, document, world.history.get(record_id, []), seen, most)
            if view is not None:
                found[record_id] = view
    return found


class _Varied:
    """Makes the other world."""

    def __init__(self, oracle: Oracle, world: World, values: Values) -> None:
        self.oracle = oracle
        self.world = world
        self.values = values
        self.rng: random.Random = values.rng
        asks = oracle.caller
        # Whom a caller stands for, they know, also where the record is out of their sight: an archived unit of theirs.
        self.own = {asks.person, asks.partner, asks.home_unit, *asks.units, *asks.duties, *asks.accounts}
        self.seen: Seen = seen_in(oracle, world.docs)
        self.unseen = {
            kind: [found for found in ids if not self.seen(found) and found not in self.own]
            + [values.record_id(KINDS[kind].prefix)]
            for kind, ids in values.ids.items()
        }

    def record(self, kind: str, document: Stored, share: float) -> Stored | None:
        """A record in scope with a share of what is hidden of it changed; None where chance finds nothing valid."""
        labels = self.oracle.labels(kind, document)
        found = copied(document)
        for path in own_paths(kind):
            found[path.name] = self._value(kind, document, path, found[path.name], labels, share, KINDS[kind])
        if self.rng.random() < share:
            found["created_by"] = self.values.reference("Person")
            found["created_at"] = NOW.replace(year=self.rng.randrange(2020, 2026))
            # An issue that is superseded says that the later one went to the same partners: who issues knows them.
            if kind != "ItineraryIssue" or not self.oracle.caller.roles & ISSUING:
                found["issued_to"] = sorted({self.values.reference("Partner") for _ in range(self.rng.randrange(3))})
        if found.get("template") and found["delegation"]:
            # CULT: a template belongs to no visit.
            found["template"] = document["template"]
        found |= BEGUN
        try:
            parse(KINDS[kind], found)
        except ValidationError:
            return None
        return found

    def _value(  # noqa: C901  # one case for each form that a value may have
        self, kind: str, record: Stored, path: Path, value: Any, labels: frozenset[Label], share: float, model: Any
    ) -> Any:
        if path.hidden:
            return value
        if not labels.issuperset(path.chain):
            return self.values.of(model, path) if self.rng.random() < share else value
        if path.reference:
            stays = (kind, path.path.split(".")[0]) in KEPT or (path.name == "delegation" and record.get("template"))
            return value if stays else self._reference(path, value, share)
        if value is None or path.value or not path.children:
            return value
        if not path.many:
            return self._part(kind, record, path, value, labels, share)
        admitted = self.oracle.admitted(kind, path, record) if path.element else None
        kept: list[Any] = []
        for item in value:
            if admitted is None or item.get(admitted[0]) in admitted[1]:
                kept.append(self._part(kind, record, path, item, labels, share))
            elif self.rng.random() > share / 2:
                kept.append(self.values.object(path) | {"id": item["id"]} if self.rng.random() < share else item)
        if admitted is not None:
            for _ in range(self.rng.choice((0, 1, 2))):
                new = self.values.object(path)
                if new.get(admitted[0]) not in admitted[1]:
                    kept.insert(self.rng.randint(0, len(kept)), new)
        return kept

    def _part(
        self, kind: str, record: Stored, path: Path, value: Stored, labels: frozenset[Label], share: float
    ) -> Stored:
        return value | {
            child.name: self._value(kind, record, child, value[child.name], labels, share, path.model)
            for child in path.children
            if child.name in value
        }

    def _reference(self, path: Path, value: Any, share: float) -> Any:
        """A reference to what is not seen is as good as another such one, or as none."""
        kind = path.reference
        assert kind is not None
        unseen = self.unseen[kind]
        if path.apart or path.name == "partner" or (path.many and value is None):
            return value
        if path.many:
            kept = [item for item in value if self.seen(item) or item in self.own]
            if len(kept) < len(value) or self.rng.random() < share / 3:
                kept.insert(self.rng.randint(0, len(kept)), self.rng.choice(unseen))
            return kept if self.rng.random() < share else value
        if value is None:
            hides = path.nullable and self.rng.random() < share / 3
            return self.rng.choice(unseen) if hides else None
        if self.seen(value) or value in self.own or self.rng.random() > share:
            return value
        return None if path.nullable and self.rng.random() < 0.4 else self.rng.choice(unseen)

    def hidden_record(self, kind: str, document: Stored, share: float) -> Stored:
        """A record out of scope, changed in a share of all its paths."""
        fresh = facts(kind, self.values, document["_id"])
        kept = {"person"} if kind == "Resource" else set()
        found = {
            name: fresh[name] if name in fresh.keys() - kept and self.rng.random() < share else document[name]
            for name in document
        } | BEGUN
        # What becomes the caller's own would show.
        return copied(document) if own(self.oracle.caller, found) else found

    def may_go(self, kind: str, record_id: str) -> bool:
        """Whether a record out of scope may be missing: nothing that is told by a release comes from it."""
        del record_id
        return kind != "Resource"

    def history(self, kind: str, document: Stored, entries: list[Stored]) -> list[Stored]:
        """The history of a record in scope with what is hidden of it changed."""
        readable = self.oracle.read_keys(kind, {c["key"] for old in entries for c in old["changes"]}, document)
        found = []
        for old in entries:
            changes = [self._change(kind, change) for change in old["changes"] if change["key"] in readable]
            hidden = [change for change in old["changes"] if change["key"] not in readable]
            if old["action"] in ("create", "update"):
                hidden = [change for change in hidden if self.rng.random() < 0.6]
                hidden += self._hidden_changes(kind, document) if old["changes"] and self.rng.random() < 0.4 else []
            if not changes and old["changes"] and self.rng.random() < 0.5:
                continue
            by = old["by"] if self.seen(old["by"]) else self.rng.choice(self.unseen["Person"])
            keys = sorted({change["key"] for change in (*changes, *hidden)}) if old["changes"] else old["keys"]
            if keys:
                found.append({**old, "by": by, "keys": keys, "changes": [*changes, *hidden]})
        more = [self._hidden_changes(kind, document) for _ in range(self.rng.randrange(2))]
        return found + [entry(kind, document["_id"], self.values, "update", changes) for changes in more if changes]

    def _hidden_changes(self, kind: str, document: Stored) -> list[Stored]:
        other = self.record(kind, document, 0.5)
        if other is None:
            return []
        now = stamp(parse(KINDS[kind], document | BEGUN), None)
        was = stamp(parse(KINDS[kind], other), None)
        changes = [touched.stored() for touched in diff(tree_of(kind), was, now)]
        readable = self.oracle.read_keys(kind, {change["key"] for change in changes}, document)
        return [change for change in changes if change["key"] not in readable]

    def _change(self, kind: str, change: Stored) -> Stored:
        path = changed_path(kind, change["path"])
        if path.reference is None or change["path"].endswith("[]"):
            return change
        return change | {side: self._reference(path, change[side], 0.7) for side in ("before", "after")}


def _raws(varied: _Varied, shares: dict[str, float], identity: random.Random) -> Docs:
    raw: Docs = {}
    for kind, records in varied.world.docs.items():
        raw[kind] = {}
        for record_id, document in records.items():
            share = shares.get(record_id, SHARES[0])
            if own(varied.oracle.caller, document) and not varied.seen(record_id):
                raw[kind][record_id] = copied(document)
            elif varied.seen(record_id):
                changed = varied.record(kind, document, share) if share else None
                raw[kind][record_id] = changed or copied(document)
            elif share and varied.may_go(kind, record_id) and identity.random() < 0.2:
                continue
            else:
                raw[kind][record_id] = varied.hidden_record(kind, document, share) if share else copied(document)
        for _ in range(ADDED if shares.get("added", 1) else 0):
            fresh = facts(kind, varied.values, varied.values.record_id(KINDS[kind].prefix))
            if not own(varied.oracle.caller, fresh):
                raw[kind][fresh["_id"]] = fresh
    return raw


def own(caller: Caller, document: Stored) -> bool:
    """Whether it is the caller's account, or says that they came: `viewer` shows everybody their own (a release)."""
    return caller.account is not None and caller.account in (document["_id"], document.get("account"))


def _differing(oracle: Oracle, left: Docs, right: Docs) -> set[str]:
    """Ids whose records show a difference."""
    seen = (seen_in(oracle, left), seen_in(oracle, right))
    found = set()
    for kind in left:
        for record_id in left[kind].keys() | right[kind].keys():
            shown: list[Any] = []
            for docs, sees in zip((left, right), seen, strict=True):
                document = docs[kind].get(record_id)
                if document is None or not oracle.in_scope(kind, document):
                    shown.append(None)
                else:
                    shown.append((oracle.decisions(kind, document), oracle.values(kind, document, sees)))
            if shown[0] != shown[1]:
                found.add(record_id)
    return found


def vary(oracle: Oracle, world: World, values: Values) -> World:
    """A world that shows the caller exactly what the first one shows. Raises NoOtherWorld."""
    varied = _Varied(oracle, world, values)
    rng = values.rng
    raw = _raws(varied, {}, rng)
    level: dict[str, int] = {}
    visible = frozenset(found for records in world.docs.values() for found in records if varied.seen(found))
    for _ in range(12):
        docs = finish({kind: {k: copied(d) for k, d in records.items()} for kind, records in raw.items()}, visible)
        wrong = _differing(oracle, world.docs, docs)
        if not wrong:
            break
        # What a visit's own records and its members inherit shows where they are: the visit is to blame with them.
        blamed = set(wrong)
        for record_id in wrong:
            blamed |= _behind(record_id, world.docs, docs)
        for record_id in blamed:
            kind = kind_of(record_id) or ""
            level[record_id] = level.get(record_id, 0) + 1
            before = world.docs[kind].get(record_id)
            if before is None:
                raw[kind].pop(record_id, None)
                continue
            share = SHARES[level[record_id]] if level[record_id] < len(SHARES) else 0
            if not share or own(oracle.caller, before):
                raw[kind][record_id] = copied(before)
            elif varied.seen(record_id):
                raw[kind][record_id] = varied.record(kind, before, share) or copied(before)
            else:
                raw[kind][record_id] = varied.hidden_record(kind, before, share)
    else:
        raise NoOtherWorld(f"{sorted(wrong)} keep showing")
    return _with_history(varied, docs)


def _behind(record_id: str, *worlds: Docs) -> set[str]:
    """The visits from which a record has part of its scope."""
    found = set()
    for docs in worlds:
        for visit in docs["Delegation"].values():
            if any(member["person"] == record_id for member in visit["members"]):
                found.add(visit["_id"])
        for kind in ("Itinerary", "ItineraryIssue", "IntakeLink", "IntakeSubmission"):
            if record_id in docs[kind] and docs[kind][record_id]["delegation"]:
                found.add(docs[kind][record_id]["delegation"])
    return found


def _with_history(varied: _Varied, docs: Docs) -> World:
    world, oracle, rng = varied.world, varied.oracle, varied.rng
    other = World(docs)
    for kind, records in docs.items():
        for record_id, document in records.items():
            if varied.seen(record_id):
                entries = varied.history(kind, document, world.history[record_id])
                before = world.docs[kind][record_id]["counts"]
                after = counted(entries)
                readable = oracle.read_keys(kind, {*before, *after}, document)
                counts = {key: n for key, n in before.items() if key in readable}
                counts |= {key: n + rng.randrange(3) for key, n in after.items() if key not in readable}
            else:
                entries = past(kind, document, varied.values)
                counts = counted(entries)
            other.history[record_id] = entries
            seen, known = varied.seen(record_id), world.events.get(record_id, [])
            other.events[record_id] = other_events(oracle, known, document, entries, seen=seen)
            document["counts"] = counts
            document["revision"] = 1 + sum(counts.values()) + rng.randrange(5)
    for record_id in world.events.keys() - other.events.keys():
        # What is not there in the other world may have left the scope in it as well.
        other.events[record_id] = other_events(oracle, world.events[record_id], None, (), seen=False)
    # The release ``busy``: when people and rooms are taken is the same in both, whether their plans are in sight or
    # not: a plan in sight that was put away, which is hidden, takes nothing.
    other.bookings = [found for each in booked_by(world.docs).values() for found in each]
    return other


def paired(caller: Caller, world: World, values: Values) -> Pair:
    """Two worlds for a caller. Raises AssertionError where what they show differs, and NoOtherWorld."""
    oracle = Oracle(caller, NOW)
    other = vary(oracle, world, values)
    left, right = views(oracle, world), views(oracle, other)
    assert left.keys() == right.keys()
    for record_id, view in left.items():
        assert view == right[record_id], f"the two worlds show {record_id} differently: {view} and {right[record_id]}"
    pair = Pair(caller, world, other, values.ids)
    for kind in KINDS:
        known = world.docs[kind].keys() | other.docs[kind].keys()
        pair.visible[kind] = sorted(found for found in known if found in left)
        pair.hidden[kind] = sorted(found for found in known if found not in left)
        _collect(pair, kind)
    return pair


def _collect(pair: Pair, kind: str) -> None:
    """Values, elements and words of both worlds: what is worth asking for."""
    constants: dict[str, list[Any]] = {}
    words: set[str] = set()

    def visit(paths: Iterable[Path], document: Stored) -> None:
        for path, value in _held(paths, document):
            for item in value if path.many and isinstance(value, list) else (value,):
                if path.children and isinstance(item, dict):
                    if path.element:
                        pair.elements.setdefault((kind, path.path), []).append(item["id"])
                    visit(path.children, item)
                elif isinstance(item, str | int | float) or hasattr(item, "isoformat") or hasattr(item, "to_decimal"):
                    constants.setdefault(path.path, []).append(item)

    for world in (pair.left, pair.right):
        for document in world.docs[kind].values():
            visit(tree_of(kind).paths, document)
            words |= {term.rpartition(":")[2] for term in document["terms"]}
    pair.words[kind] = sorted(words)
    for name, found in constants.items():
        pair.constants[kind, name] = found


def _held(paths: Iterable[Path], document: Stored) -> Iterator[tuple[Path, Any]]:
    for path in paths:
        value = document.get("_id" if path.path == "id" else path.name)
        if value is not None and not isinstance(value, bytes):
            yield path, value
