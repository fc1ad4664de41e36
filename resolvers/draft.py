"""A record on its way to the store: validated, checked, stamped, guarded, remembered, in one transaction."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from auth.access import writes
from documents.kinds import KINDS, collection_of, kind_of, tree_of
from documents.proposal import Proposal, ProposalType, ProposedValue
from documents.record import Record, graphql_name
from documents.stamp import stamp
from documents.store import DuplicateKeyError
from documents.tree import Path
from resolvers.context import Context
from resolvers.counts import advance, begin, moved
from resolvers.diff import diff
from resolvers.history import as_json, remember, rescoped
from resolvers.patch import storable
from resolvers.problem import Problem, ProblemCode, Problems, at, placed
from resolvers.references import put_back, references

Stored = dict[str, Any]
Kind = TypeVar("Kind", bound=Record)


@dataclass(slots=True)
class Draft:
    """A record on its way to the store."""

    context: Context
    kind: str
    action: str
    session: Any
    before: Stored
    document: Stored
    # Filled once the draft is valid.
    record: Record | None = None
    # Places whose values only become a proposal, with the values.
    proposed: Stored = field(default_factory=dict)
    # What an action was told beside facts, such as the reason of an override.
    arguments: Mapping[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    # Whether the rules of the kind judge it. They do not where a record follows another one: it says what it said.
    judged: bool = True

    @property
    def new(self) -> bool:
        """Whether the record is being made."""
        return not self.before

    def problem(self, code: ProblemCode, path: str, message: str) -> None:
        """Note something wrong; all of it is told at once."""
        self.problems.append(Problem(code, path, message))

    def stop(self) -> None:
        """Raise what was found wrong, if anything was."""
        if self.problems:
            raise Problems(*self.problems)

    def model(self) -> Any:
        """The validated record."""
        assert self.record is not None  # noqa: S101  # rules run after validation
        return self.record


Work = Callable[[Draft], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a kind adds to a change: checks before it is stored, effects in the same transaction."""

    check: Work | None = None
    effect: Work | None = None


RULES: dict[str, Rules] = {}


async def keep(draft: Draft, places: list[tuple[Path, str]]) -> None:
    """Validate, check the rules, and write the record, its history and its event. Raises Problems."""
    rules = RULES.get(draft.kind, Rules())
    await _check(draft, rules, places)
    before, document = draft.before, draft.document
    if draft.new:
        keys = begin(draft.kind, document)
        await _insert(draft, draft.context.store.collection(collection_of(draft.kind)), document)
        await remember(draft, keys, [])
    else:
        touched = diff(tree_of(draft.kind), before, document)
        keys = sorted({found.key for found in touched})
        if keys or document["scope"] != before["scope"]:
            await _replace(draft, draft.context.store.collection(collection_of(draft.kind)), keys)
            await remember(draft, keys, touched)
    if draft.proposed:
        await _propose(draft)
    if rules.effect is not None:
        await rules.effect(draft)
    if before and before["scope"] != document["scope"]:
        await _restamp_children(draft)


async def _check(draft: Draft, rules: Rules, places: list[tuple[Path, str]]) -> None:
    """Validate the draft and stamp it; raises all its problems at once."""
    draft.stop()
    record = draft.record = _validated(draft.kind, draft)
    if draft.new:
        record.status = record.first_status()
    await _check_references(draft)
    # Rules look at what is referred to: they must not speak of what the caller does not see.
    draft.stop()
    if rules.check is not None and draft.judged:
        await rules.check(draft)
    draft.stop()
    context = draft.context
    draft.document = stamp(record, await parent_of(context, record, draft.session))
    for path, place in places:
        if draft.new and writes(draft.kind, context.caller, "create", path, draft.document, context.now) != "applies":
            draft.problem(ProblemCode.FORBIDDEN, place, "You may not write this field: leave it out")
    draft.stop()


async def _insert(draft: Draft, collection: Any, document: Stored) -> None:
    try:
        await collection.insert_one(document, session=draft.session)
    except DuplicateKeyError as error:
        raise Problems(_taken(draft, error)) from error


async def _replace(draft: Draft, collection: Any, keys: list[str]) -> None:
    """Write only the paths that changed, guarded on the true revision."""
    before, document = draft.before, draft.document
    advance(before, document, keys)
    guard = {"_id": before["_id"], "revision": before["revision"]}
    try:
        result = await collection.update_one(guard, {"$set": moved(before, document)}, session=draft.session)
    except DuplicateKeyError as error:
        raise Problems(_taken(draft, error)) from error
    if result.matched_count != 1:
        message = "Someone else changed the record at the same moment: read it again and repeat your change"
        raise Problems(Problem(ProblemCode.CONFLICT, "id", message))


def _taken(draft: Draft, error: Exception) -> Problem:
    """A unique index refused. Only what every caller of the kind may see is told apart."""
    del error
    if draft.kind == "Unit":
        return Problem(ProblemCode.CONFLICT, "abbreviation", "Another unit has this abbreviation: choose another one")
    return Problem(ProblemCode.CONFLICT, "", "Someone else wrote the same at the same moment: try again")


def _validated(kind: str, draft: Draft) -> Record:
    try:
        return parse(KINDS[kind], draft.document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        places = [placed(each["loc"], draft.before, draft.document) for each in found]
        raise Problems(*[replace(told(each), path=place) for each, place in zip(found, places, strict=True)]) from None


def parse(model: type[Kind], document: Stored) -> Kind:
    """A stored record as its model; ciphertext travels past the model, which knows the plain form only."""
    sealed = {name: value for name, value in document.items() if isinstance(value, bytes)}
    plain = {("id" if name == "_id" else name): value for name, value in document.items() if name not in sealed}
    record = model.model_validate(plain)
    for name, value in sealed.items():
        object.__setattr__(record, name, value)
    return record


def told(error: Any) -> Problem:
    """What a model found wrong, as a problem."""
    message = error["msg"].removeprefix("Value error, ")
    return Problem(ProblemCode.INVALID, at(*error["loc"]), message[:1].upper() + message[1:])


async def _check_references(draft: Draft) -> None:
    """What a record newly refers to must exist in the caller's scope: absent and unseen are the same."""
    paths = tree_of(draft.kind).paths
    # Known is what stood at the same place: that an id stands at another place, which may be hidden, tells nothing.
    known = {(reference.id, reference.anchor) for reference in references(paths, draft.before)}
    wanted: dict[str, dict[str, list[tuple[str | int, ...]]]] = {}
    for reference in references(paths, draft.document):
        if (reference.id, reference.anchor) not in known:
            wanted.setdefault(reference.kind, {}).setdefault(reference.id, []).append(reference.place)
    for kind, ids in wanted.items():
        for found in ids.keys() - await _seen(draft, kind, ids):
            for place in (placed(loc, draft.before, draft.document) for loc in ids[found]):
                draft.problem(ProblemCode.NOT_FOUND, place, f"There is no such {kind} for you: check the id")


async def _seen(draft: Draft, kind: str, ids: Iterable[str]) -> set[str]:
    """Which of these ids are those of records of a kind that the caller has in scope."""
    sight = draft.context.sight(kind)
    if sight is None:
        return set()
    query = {"$and": [{"_id": {"$in": [found for found in ids if kind_of(found) == kind]}}, sight.filter()]}
    collection = draft.context.store.collection(collection_of(kind))
    return {document["_id"] for document in await collection.find(query, {"_id": 1}, session=draft.session).to_list()}


async def keep_unseen(draft: Draft) -> None:
    """After a patch: references that the writer does not see stay where they are.

    Else the loss would tell that there was one, and what nobody meant would be gone.
    """
    paths = tree_of(draft.kind).paths
    left = {(reference.id, reference.anchor) for reference in references(paths, draft.document)}
    gone: dict[str, set[str]] = {}
    for reference in references(paths, draft.before):
        if (reference.id, reference.anchor) not in left:
            gone.setdefault(reference.kind, set()).add(reference.id)
    unseen = {kind: ids - await _seen(draft, kind, ids) for kind, ids in gone.items()}
    if any(unseen.values()):
        put_back(paths, draft.before, draft.document, unseen)


async def parent_of(context: Context, record: Record, session: Any) -> Stored | None:
    """The stored record that this one belongs to, whoever asks: its scope is inherited."""
    parent_id = getattr(record, record.parent) if record.parent else None
    if parent_id is None:
        return None
    kind = kind_of(parent_id) or ""
    found: Stored | None = await context.store.collection(collection_of(kind)).find_one(
        {"_id": parent_id}, {"scope": 1}, session=session
    )
    return found


async def _restamp_children(draft: Draft) -> None:
    """Records that follow this one's scope get theirs anew."""
    for kind, model in KINDS.items():
        if model.parent is None or tree_of(kind).path(model.parent).reference != draft.kind:
            continue
        collection = draft.context.store.collection(collection_of(kind))
        cursor = collection.find({model.parent: draft.document["_id"]}, session=draft.session)
        for child in await cursor.to_list():
            scope = stamp(parse(model, child), draft.document)["scope"]
            await collection.update_one({"_id": child["_id"]}, {"$set": {"scope": scope}}, session=draft.session)
            if scope != child["scope"]:
                await rescoped(draft, kind, child, scope)


async def make(draft: Draft, record: Record) -> Stored:
    """Write a record that the service makes in the course of a change, such as an issue or a proposal."""
    kind = type(record).__name__
    record.id = record.id or record.new_id()
    record.created_at, record.created_by = draft.context.now, draft.context.caller.person
    document = stamp(record, await parent_of(draft.context, record, draft.session))
    keys = begin(kind, document)
    made = Draft(draft.context, kind, "create", draft.session, {}, document)
    await _insert(made, draft.context.store.collection(collection_of(kind)), document)
    await remember(made, keys, [])
    return document


async def remake(draft: Draft, kind: str, record_id: str, action: str, work: Work, *, judged: bool = True) -> Stored:
    """Change a record in the course of another change, as the service: no right on it is asked for.

    Rules of its kind are asked only where it is ``judged``: what they find may be of what the caller does not see.
    """
    collection = draft.context.store.collection(collection_of(kind))
    before: Stored = await collection.find_one({"_id": record_id}, session=draft.session) or {}
    made = Draft(draft.context, kind, action, draft.session, before, copied(before), judged=judged)
    await work(made)
    await keep(made, [])
    return made.document


def copied(document: Stored) -> Stored:
    """A stored record of one's own to change."""
    if isinstance(document, dict):
        return {name: copied(value) for name, value in document.items()}
    return [copied(item) for item in document] if isinstance(document, list) else document


async def _propose(draft: Draft) -> None:
    """Keep what a partner may only propose, for an officer to decide."""
    names = ", ".join(graphql_name(name) for name in sorted(draft.proposed))
    about = draft.kind.lower()
    subject = {about: draft.document["_id"]} if about in Proposal.model_fields else {}
    proposal = Proposal(
        type=ProposalType.CHANGE,
        reason=f"{draft.context.caller.name or 'A partner'} asks to change {names}.",
        values=[
            ProposedValue(field=graphql_name(name), value=as_json(storable(value)) or "null")
            for name, value in sorted(draft.proposed.items())
        ],
        target_kind=draft.kind,
        target_id=draft.document["_id"],
        patch=storable(draft.proposed),
        source="portal",
        **({"person": draft.context.caller.person} | subject),
    )
    await make(draft, proposal)
