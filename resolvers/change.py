"""The one way anything is written: check, validate, guard, store, history, outbox. One change, one transaction."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import ValidationError

from auth.access import fetch, visible, writes
from documents.kinds import KINDS, tree_of
from documents.labels import identity
from documents.record import Action
from documents.tree import Path
from errors import NotFound
from resolvers.context import Context
from resolvers.draft import Draft, Work, copied, keep, keep_unseen, parse, told
from resolvers.patch import Patcher, storable, written
from resolvers.problem import Problem, ProblemCode, Problems

Stored = dict[str, Any]
# What a change came to: the id of the record, or what is wrong.
Outcome = tuple[str | None, list[Problem]]


def revision(context: Context, kind: str, record: Stored) -> str:
    """The caller's revision of a stored record: opaque, equal as long as nothing changed that they read."""
    sight = context.sight(kind)
    if sight is None:
        raise NotFound(kind)
    bits = sight.bits(record)
    counts = sorted((key, n) for key, n in record["counts"].items() if sight.reads_key(key, record, bits))
    body = repr((record["_id"], counts)).encode()
    return hmac.new(context.settings.signing_secret.encode(), b"revision" + body, hashlib.sha256).hexdigest()[:24]


async def create(
    context: Context, kind: str, facts: Mapping[str, Any], *, arguments: Mapping[str, Any] | None = None
) -> tuple[str | None, list[Problem]]:
    """Make a record of a kind from facts: its id, or problems. ``arguments`` are for the kind's own rules."""
    try:
        facts = await _sealed(context, kind, KINDS[kind].new_id(), facts)
    except Problems as found:
        return None, found.problems

    async def work(draft: Draft) -> None:
        patcher = Patcher(context, None, draft.document)
        patcher.apply(tree_of(kind).paths, draft.document, facts)

    async def run(session: Any) -> str:
        document = {"_id": facts["_id"], "created_by": context.caller.person, "created_at": context.now}
        document["owner"] = context.caller.home_unit
        draft = Draft(context, kind, "create", session, {}, document, arguments=arguments or {})
        await work(draft)
        await keep(draft, list(written(tree_of(kind).paths, {k: v for k, v in facts.items() if k != "_id"})))
        return str(draft.document["_id"])

    return await _attempt(context, run)


async def update(
    context: Context,
    kind: str,
    record_id: str,
    if_revision: str | None,
    patch: Mapping[str, Any],
    *,
    session: Any = None,
) -> tuple[str | None, list[Problem]]:
    """Change facts of a record; within ``session`` as a part of another change, whose transaction it then joins."""
    if any(identity in path.chain for path in tree_of(kind).paths if path.name in patch):
        # No key is made for a record that the caller could not change.
        await fetch(context.store, kind, record_id, context.caller, context.now, action="update", session=session)
    try:
        patch = await _sealed(context, kind, record_id, patch)
    except Problems as found:
        if session is not None:
            raise
        return None, found.problems
    places = list(written(tree_of(kind).paths, {k: v for k, v in patch.items() if k != "_id"}))

    async def work(draft: Draft) -> None:
        applied = _split(draft, patch, places)
        sight = visible(kind, context.caller, context.now)
        patcher = Patcher(context, sight, draft.before)
        patcher.apply(tree_of(kind).paths, draft.document, applied)
        draft.problems += patcher.problems
        await keep_unseen(draft)
        if draft.proposed:
            _sound(draft, Patcher(context, sight, draft.before))

    return await change(context, kind, record_id, "update", if_revision, work, session=session)


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
            draft.problem(ProblemCode.CONFLICT, "id", out_of_turn(kind, action.name, state))
            return
        draft.document["status"] = action.target
        taken = {name: value for name, value in arguments.items() if name in action.takes}
        for path, place in written(tree_of(kind).paths, taken, ("input",)):
            if writes(kind, context.caller, action.name, path, draft.before, context.now) != "applies":
                draft.problem(ProblemCode.FORBIDDEN, place, "You may not write this field: leave it out")
        patcher = Patcher(context, None, draft.before)
        patcher.apply(tree_of(kind).paths, draft.document, taken)
        draft.problems += patcher.problems

    return await change(context, kind, record_id, action.name, if_revision, work, arguments=arguments)


def out_of_turn(kind: str, action: str, state: str) -> str:
    """What is said of a step that does not start from a state: which ones do."""
    valid = KINDS[kind].lifecycle.valid(state)
    return f"{action} is not possible while {state}: possible now are {', '.join(valid) or 'none'}"


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
        draft = Draft(context, kind, action, session, before, copied(before), arguments=arguments or {})
        if if_revision is not None and if_revision != revision(context, kind, before):
            message = "The record has changed since you read it: read it again and repeat your change"
            raise Problems(Problem(ProblemCode.CONFLICT, "ifRevision", message))
        await work(draft)
        await keep(draft, [])
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
        if identity in path.chain and found.get(path.name) is not None:
            _validated_part(kind, path, found[path.name])
            found[path.name] = await context.services.cipher.seal(record_id, storable(found[path.name]))
    return found


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


def _sound(draft: Draft, patcher: Patcher) -> None:
    """Note what would keep a proposal from ever being accepted."""
    trial = copied(draft.document)
    patcher.apply(tree_of(draft.kind).paths, trial, draft.proposed)
    draft.problems += patcher.problems
    try:
        parse(KINDS[draft.kind], trial)
    except ValidationError as error:
        draft.problems += [told(found) for found in error.errors(include_url=False, include_input=False)]


def _validated_part(kind: str, path: Path, value: Any) -> None:
    """Check identity data before it becomes ciphertext. Raises Problems."""
    try:
        model: Any = KINDS[kind]
        model.__pydantic_validator__.validate_assignment(model.model_construct(), path.name, storable(value))
    except ValidationError as error:
        raise Problems(*[told(found) for found in error.errors(include_url=False, include_input=False)]) from None
