"""The one way anything is written: check, validate, guard, store, history, outbox. One change, one transaction."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from auth.access import fetch, visible, writes
from documents.kinds import KINDS, collection_of, kind_of, tree_of
from documents.proposal import Proposal, ProposalType
from documents.record import Action, Record, graphql_name
from documents.stamp import leaf_key, stamp
from documents.store import DuplicateKeyError
from documents.tree import Path
from errors import NotFound
from resolvers.context import Context
from resolvers.diff import diff
from resolvers.history import remember
from resolvers.patch import Patcher, storable, written
from resolvers.problem import Problem, ProblemCode, Problems, at

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

    @property
    def new(self) -> bool:
        """Whether the record is being made."""
        return not self.before

    def problem(self, code: ProblemCode, path: str, message: str) -> None:
        """Note something wrong; all of it is told at once."""
        self.problems.append(Problem(code, path, message))

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


def revision(context: Context, kind: str, record: Stored) -> str:
    """The caller's revision of a stored record: opaque, equal as long as nothing changed that they read."""
    sight = context.sight(kind)
    if sight is None:
        raise NotFound(kind)
    bits = sight.bits(record)
    counts = sorted((key, n) for key, n in record["counts"].items() if sight.reads_key(key, record, bits))
    body = repr((record["_id"], counts)).encode()
    return hmac.new(context.settings.signing_secret.encode(), b"revision" + body, hashlib.sha256).hexdigest()[:24]


async def create(context: Context, kind: str, facts: Mapping[str, Any]) -> tuple[str | None, list[Problem]]:
    """Make a record of a kind from facts: its id, or problems."""
    model = KINDS[kind]
    facts = await _sealed(context, kind, model.new_id(), facts)

    async def work(draft: Draft) -> None:
        patcher = Patcher(context, None, draft.document)
        patcher.apply(tree_of(kind).paths, draft.document, facts)

    async def run(session: Any) -> str:
        document = {"_id": facts["_id"], "created_by": context.caller.person, "created_at": context.now}
        document["owner"] = context.caller.home_unit
        draft = Draft(context, kind, "create", session, {}, document)
        await work(draft)
        paths = {path.name: path for path in tree_of(kind).paths}
        await _store(draft, list(written(paths, {k: v for k, v in facts.items() if k != "_id"})))
        return str(draft.document["_id"])

    return await _attempt(context, run)


async def update(
    context: Context, kind: str, record_id: str, if_revision: str | None, patch: Mapping[str, Any]
) -> tuple[str | None, list[Problem]]:
    """Change facts of a record."""
    patch = await _sealed(context, kind, record_id, patch)
    paths = {path.name: path for path in tree_of(kind).paths}
    places = list(written(paths, {k: v for k, v in patch.items() if k != "_id"}))

    async def work(draft: Draft) -> None:
        applied = _split(draft, patch, places)
        sight = visible(kind, context.caller, context.now)
        patcher = Patcher(context, sight, draft.before)
        patcher.apply(tree_of(kind).paths, draft.document, applied)
        draft.problems += patcher.problems

    return await change(context, kind, record_id, "update", if_revision, work)


async def act(
    context: Context,
    kind: str,
    record_id: str,
    action: Action,
    if_revision: str | None,
    arguments: Mapping[str, Any],
) -> tuple[str | None, list[Problem]]:
    """Do a named step of the kind's lifecycle."""

    async def work(draft: Draft) -> None:
        state = draft.document["status"]
        if state not in action.sources:
            valid = KINDS[kind].lifecycle.valid(state)
            says = f"{action.name} is not possible while {state}: possible now are {', '.join(valid) or 'none'}"
            draft.problem(ProblemCode.CONFLICT, "id", says)
            return
        draft.document["status"] = action.target
        patcher = Patcher(context, None, draft.before)
        patcher.apply(tree_of(kind).paths, draft.document, {n: v for n, v in arguments.items() if n in action.takes})
        draft.problems += patcher.problems

    return await change(context, kind, record_id, action.name, if_revision, work, arguments=arguments)


async def change(
    context: Context,
    kind: str,
    record_id: str,
    action: str,
    if_revision: str | None,
    work: Work,
    *,
    arguments: Mapping[str, Any] | None = None,
    session: Any = None,
) -> tuple[str | None, list[Problem]]:
    """Let ``work`` change a stored record under an action of the table.

    Raises NotFound and Forbidden. When only parts that the caller cannot read moved since ``if_revision``, the change
    is made on the fresh record.
    """

    async def run(session: Any) -> str:
        before = await fetch(
            context.store, kind, record_id, context.caller, context.now, action=action, session=session
        )
        draft = Draft(context, kind, action, session, before, _copy(before), arguments=arguments or {})
        if if_revision is not None and not hmac.compare_digest(if_revision, revision(context, kind, before)):
            message = "The record has changed since you read it: read it again and repeat your change"
            raise Problems(Problem(ProblemCode.CONFLICT, "ifRevision", message))
        await work(draft)
        await _store(draft, [])
        return record_id

    if session is not None:
        return await run(session), []
    return await _attempt(context, run)


async def _attempt(context: Context, run: Callable[[Any], Awaitable[str]]) -> tuple[str | None, list[Problem]]:
    try:
        return await context.store.transaction(run), []
    except Problems as found:
        return None, found.problems


async def _sealed(context: Context, kind: str, record_id: str, patch: Mapping[str, Any]) -> dict[str, Any]:
    """The patch with identity data encrypted: before the transaction, since a key may have to be made."""
    found = {"_id": record_id, **patch}
    for path in tree_of(kind).paths:
        if "identity" in (label.name for label in path.chain) and found.get(path.name) is not None:
            _validated_part(kind, path, found[path.name])
            found[path.name] = await context.services.cipher.seal(record_id, storable(found[path.name]))
    return found


def _copy(document: Stored) -> Stored:
    if isinstance(document, dict):
        return {name: _copy(value) for name, value in document.items()}
    return [_copy(item) for item in document] if isinstance(document, list) else document


def _split(draft: Draft, patch: Mapping[str, Any], places: list[tuple[Path, str]]) -> Stored:
    """What of a patch applies at once; what only becomes a proposal is put aside, what is denied a problem."""
    caller, now = draft.context.caller, draft.context.now
    proposed = set()
    for path, place in places:
        how = writes(draft.kind, caller, "update", path, draft.before, now)
        if how is None:
            draft.problem(ProblemCode.FORBIDDEN, place, "You may not write this field: leave it out")
        elif how == "proposes":
            proposed.add(path.path.partition(".")[0])
    draft.proposed = {name: value for name, value in patch.items() if name in proposed}
    return {name: value for name, value in patch.items() if name not in proposed and name != "_id"}


async def _store(draft: Draft, places: list[tuple[Path, str]]) -> None:
    """Validate, check the rules, and write the record, its history and its event. Raises Problems."""
    context, kind, before = draft.context, draft.kind, draft.before
    if draft.problems:
        raise Problems(*draft.problems)
    record = draft.record = _validated(kind, draft)
    if draft.new:
        record.status = record.first_status()
    rules = RULES.get(kind, Rules())
    await _check_references(draft)
    if rules.check is not None:
        await rules.check(draft)
    if draft.problems:
        raise Problems(*draft.problems)
    parent = await parent_of(context, record, draft.session)
    document = draft.document = stamp(record, parent)
    for path, place in places:
        if draft.new and writes(kind, context.caller, "create", path, document, context.now) != "applies":
            draft.problem(ProblemCode.FORBIDDEN, place, "You may not write this field: leave it out")
    if draft.problems:
        raise Problems(*draft.problems)
    touched = diff(tree_of(kind), before, document)
    collection = context.store.collection(collection_of(kind))
    if draft.new:
        keys = [leaf_key(tree_of(kind).path("status"), "")]
        touched = []
        document["revision"], document["counts"] = 1, dict.fromkeys(keys, 1)
        await _insert(draft, collection, document)
    else:
        keys = sorted({found.key for found in touched})
        if not keys and not draft.proposed and document["scope"] == before["scope"]:
            if rules.effect is not None:
                await rules.effect(draft)
            return
        await _replace(draft, collection, keys)
    await remember(draft, keys, touched)
    if draft.proposed:
        await _propose(draft)
    if rules.effect is not None:
        await rules.effect(draft)
    if before and before["scope"] != document["scope"]:
        await _restamp_children(draft)


async def _insert(draft: Draft, collection: Any, document: Stored) -> None:
    try:
        await collection.insert_one(document, session=draft.session)
    except DuplicateKeyError as error:
        raise Problems(_taken(draft, error)) from error


async def _replace(draft: Draft, collection: Any, keys: list[str]) -> None:
    """Write only the paths that changed, guarded on the true revision."""
    before, document = draft.before, draft.document
    counts = dict(before["counts"])
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    document["counts"], document["revision"] = counts, before["revision"] + 1
    moved = {name: value for name, value in document.items() if name not in before or before[name] != value}
    guard = {"_id": before["_id"], "revision": before["revision"]}
    try:
        result = await collection.update_one(guard, {"$set": moved}, session=draft.session)
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
        raise Problems(*[_said(found) for found in error.errors(include_url=False, include_input=False)]) from None


def parse(model: type[Kind], document: Stored) -> Kind:
    """A stored record as its model; ciphertext travels past the model, which knows the plain form only."""
    sealed = {name: value for name, value in document.items() if isinstance(value, bytes)}
    plain = {("id" if name == "_id" else name): value for name, value in document.items() if name not in sealed}
    record = model.model_validate(plain)
    for name, value in sealed.items():
        object.__setattr__(record, name, value)
    return record


def _said(error: Any) -> Problem:
    message = error["msg"].removeprefix("Value error, ")
    return Problem(ProblemCode.INVALID, at(*error["loc"]), message[:1].upper() + message[1:])


def _references(paths: tuple[Path, ...], document: Mapping[str, Any], *place: str | int) -> list[tuple[str, str, str]]:
    """Every reference in a stored document: (kind, id, place)."""
    found = []
    for path in paths:
        value = document.get(path.name)
        if path.hidden or value is None:
            continue
        if path.reference:
            for index, item in enumerate(value if path.many else (value,)):
                found.append((path.reference, item, at(*place, path.name, *([index] if path.many else []))))
        elif path.children and isinstance(value, list):
            for index, item in enumerate(value):
                found += _references(path.children, item, *place, path.name, index)
        elif path.children and isinstance(value, Mapping):
            found += _references(path.children, value, *place, path.name)
    return found


async def _check_references(draft: Draft) -> None:
    """What a record newly refers to must exist in the caller's scope: absent and unseen are the same."""
    context, paths = draft.context, tree_of(draft.kind).paths
    known = {(kind, found) for kind, found, _ in _references(paths, draft.before)}
    wanted: dict[str, dict[str, list[str]]] = {}
    for kind, found, place in _references(paths, draft.document):
        if (kind, found) not in known:
            wanted.setdefault(kind, {}).setdefault(found, []).append(place)
    for kind, ids in wanted.items():
        sight = context.sight(kind)
        seen: set[str] = set()
        if sight is not None:
            query = {"$and": [{"_id": {"$in": [found for found in ids if kind_of(found) == kind]}}, sight.filter()]}
            cursor = context.store.collection(collection_of(kind)).find(query, {"_id": 1}, session=draft.session)
            seen = {document["_id"] for document in await cursor.to_list()}
        for found in ids.keys() - seen:
            for place in ids[found]:
                draft.problem(ProblemCode.NOT_FOUND, place, f"There is no such {kind} for you: check the id")


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


async def make(draft: Draft, record: Record) -> Stored:
    """Write a record that the service makes in the course of a change, such as an issue or a proposal."""
    kind = type(record).__name__
    record.id = record.new_id()
    record.created_at, record.created_by = draft.context.now, draft.context.caller.person
    document = stamp(record, await parent_of(draft.context, record, draft.session))
    keys = [leaf_key(tree_of(kind).path("status"), "")]
    document["revision"], document["counts"] = 1, dict.fromkeys(keys, 1)
    made = Draft(draft.context, kind, "create", draft.session, {}, document)
    await _insert(made, draft.context.store.collection(collection_of(kind)), document)
    await remember(made, keys, [])
    return document


async def _propose(draft: Draft) -> None:
    """Keep what a partner may only propose, for an officer to decide."""
    names = ", ".join(graphql_name(name) for name in sorted(draft.proposed))
    subject = {"Contact": "contact", "Partner": "partner", "Person": "person"}[draft.kind]
    proposal = Proposal(
        type=ProposalType.CHANGE,
        reason=f"{draft.context.caller.name or 'A partner'} asks to change {names}.",
        person=draft.context.caller.person,
        target_kind=draft.kind,
        target_id=draft.document["_id"],
        patch=storable(draft.proposed),
        source="portal",
        **{subject: draft.document["_id"]},
    )
    await make(draft, proposal)


def _validated_part(kind: str, path: Path, value: Any) -> None:
    """Check identity data before it becomes ciphertext. Raises Problems."""
    try:
        KINDS[kind].__pydantic_validator__.validate_assignment(
            KINDS[kind].model_construct(), path.name, storable(value)
        )
    except ValidationError as error:
        raise Problems(*[_said(found) for found in error.errors(include_url=False, include_input=False)]) from None


