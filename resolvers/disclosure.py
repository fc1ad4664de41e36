"""Revealing identity data: the disclosure is logged and committed before anything is decrypted."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auth.access import fetch
from documents.disclosure import Disclosure, IdentityField
from documents.values import Prose
from errors import Erased, Forbidden, LimitReached, NotFound
from resolvers.context import Context
from resolvers.draft import Draft, make, told
from resolvers.problem import Problem, ProblemCode

PROSE: TypeAdapter[str] = TypeAdapter(Prose)


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was told of one person. What was not asked for, is not there or was erased has no value."""

    id: str
    passports: list[dict[str, Any]] | None = None
    medical_notes: str | None = None


@dataclass(slots=True)
class Answer:
    """Of each person who was revealed, what was asked for, and what is wrong with the others."""

    revealed: list[Revealed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def unreasoned(reason: str) -> list[Problem]:
    """What is wrong with a reason: it is text that says something."""
    try:
        PROSE.validate_python(reason)
    except ValidationError as error:
        message = told(error.errors(include_url=False, include_input=False)[0]).message
        return [Problem(ProblemCode.INVALID, "reason", f"{message}: say in words what it is for")]
    return []


def _wrong(reason: str, fields: list[IdentityField]) -> list[Problem]:
    """What is wrong with what was asked, whoever it is about."""
    found = unreasoned(reason)
    if not fields:
        found.append(Problem(ProblemCode.INVALID, "fields", "Nothing is asked for: name what you need"))
    return found


async def reveal(context: Context, person_id: str, reason: str, fields: list[IdentityField]) -> Answer:
    """Identity data of one person. Raises NotFound and Forbidden; nothing is logged then, and nothing told."""
    record = await fetch(context.store, "Person", person_id, context.caller, context.now, action="reveal")
    if problems := _wrong(reason, fields):
        return Answer(problems=problems)
    return Answer([await _told(context, record["_id"], reason, fields)])


async def reveal_all(context: Context, ids: list[str], reason: str, fields: list[IdentityField]) -> Answer:
    """Identity data of several persons for one reason, logged for each; who may not be revealed is one problem."""
    most = context.settings.max_page
    if len(ids) > most:
        msg = f"ids has {len(ids)} entries; at most {most} are taken"
        raise LimitReached(msg)
    answer = Answer(problems=_wrong(reason, fields))
    if answer.problems:
        return answer
    for index, person_id in enumerate(ids):
        if person_id in ids[:index]:
            continue
        try:
            answer.revealed.append(await _told(context, person_id, reason, fields))
        except NotFound as error:
            answer.problems.append(Problem(ProblemCode.NOT_FOUND, f"ids[{index}]", str(error)))
        except Forbidden as error:
            answer.problems.append(Problem(ProblemCode.FORBIDDEN, f"ids[{index}]", str(error)))
    return answer


async def _told(context: Context, person_id: str, reason: str, fields: list[IdentityField]) -> Revealed:
    """Log, commit, and only then decrypt. Whatever breaks off in between leaves the log."""
    wanted = list(dict.fromkeys(fields))

    async def log(session: Any) -> dict[str, Any]:
        record = await fetch(
            context.store, "Person", person_id, context.caller, context.now, action="reveal", session=session
        )
        entry = Disclosure(
            person=person_id, by=context.caller.person, at=context.now, reason=reason, paths=wanted, owner=None
        )
        await make(Draft(context, "Disclosure", "create", session, {}, {}), entry)
        return record

    record = await context.store.transaction(log)
    values = {each.path: await _opened(context, record[each.path]) for each in wanted}
    return Revealed(person_id, **values)


async def _opened(context: Context, sealed: Any) -> Any:
    """What was sealed; None where there is nothing, or where nothing brings it back."""
    if not sealed:
        return None
    try:
        return await context.services.cipher.reveal(sealed)
    except Erased:
        return None
