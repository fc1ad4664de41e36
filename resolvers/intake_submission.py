"""Intake: what guests enter by a link, and how an officer makes persons and members of it (VISIT-1)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from auth.access import fetch
from auth.mask import revealed
from documents.delegation import Delegation, Member
from documents.intake_link import IntakeLink
from documents.intake_submission import IntakeSubmission, IntakeSubmissionStatus
from documents.kinds import collection_of, tree_of
from documents.person import Person, PersonCategory
from documents.stamp import LANGUAGES
from documents.values import Text
from errors import Erased
from resolvers.change import change, create, out_of_turn
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, make, parse, remake
from resolvers.erasure import clear, forget
from resolvers.intake_link import taken_link
from resolvers.load import Load, rows
from resolvers.person import duty
from resolvers.problem import Problem, ProblemCode, Problems

Outcome = tuple[str | None, list[Problem]]


async def submit(context: Context, token: str, facts: Mapping[str, Any]) -> Outcome:
    """Take what a guest entered by a link. Nothing of it can be read by the link afterwards."""
    return await create(context, "IntakeSubmission", facts, arguments={"token": token})


async def check(draft: Draft) -> None:
    """A new submission belongs to the visit of its link, and counts against what the link takes."""
    submission: IntakeSubmission = draft.model()
    if not draft.new:
        return
    link = await taken_link(draft.context.store, draft.arguments["token"], draft.context.now, draft.session)
    if link is None:
        draft.problem(ProblemCode.NOT_FOUND, "", "There is no such link")
        return
    submission.delegation, submission.link, submission.owner = link.delegation, link.id, link.owner

    async def count(taken: Draft) -> None:
        taken.document["submissions"] += 1

    # The link is the guard of its own places: of two who take the last one, one runs again and finds none.
    await remake(draft, "IntakeLink", link.id, "receive", count)


RULES["IntakeSubmission"] = Rules(check=check)


async def accept(context: Context, record_id: str, person_id: str | None) -> Outcome:
    """Make a person of a submission, or fill the one named, and a member of the visit. Safe to repeat.

    Raises NotFound and Forbidden; also where the visit is out of sight, for whom it gets as a member would tell of it.
    Identity data is sealed anew under the person's key; the submission's key goes when
    all else is kept, so that a break in between loses nothing and a second try ends it.
    """
    record = await fetch(context.store, "IntakeSubmission", record_id, context.caller, context.now, action="check")
    if record["status"] == IntakeSubmissionStatus.CHECKED and person_id in (None, record["person"]):
        await context.services.cipher.erase(record_id)
        return record_id, []
    await _visit(context, record)
    into = person_id or _person_id(record_id)
    if person_id is not None:
        # No key is made for a person whom the caller could not change.
        await fetch(context.store, "Person", person_id, context.caller, context.now, action="update")
    sealed = await _sealed_anew(context, record, into)

    async def work(draft: Draft) -> None:
        if _out_of_turn(draft, "check", IntakeSubmissionStatus.CHECKED):
            return
        draft.document["person"] = into
        clear("IntakeSubmission", draft.document)
        submission = parse(IntakeSubmission, draft.before)
        visit = await _visit(context, draft.before, draft.session)
        if person_id is None:
            person = _person(submission, into, sealed, await _partner(draft, submission))
            await _belong(context, submission, visit, person)
            await make(draft, person)
        else:
            await fetch(
                context.store, "Person", into, context.caller, context.now, action="update", session=draft.session
            )
            await remake(draft, "Person", into, "update", _filling(submission, sealed))
        await _join(draft, submission, into)

    return await _decide(context, record_id, "check", work)


async def reject(context: Context, record_id: str, reason: str) -> Outcome:
    """Do not take a submission: what is sensitive in it is deleted. Raises NotFound and Forbidden."""

    async def work(draft: Draft) -> None:
        if _out_of_turn(draft, "reject", IntakeSubmissionStatus.REJECTED):
            return
        draft.document["reason"] = reason
        clear("IntakeSubmission", draft.document)

    return await _decide(context, record_id, "reject", work)


def _out_of_turn(draft: Draft, action: str, target: IntakeSubmissionStatus) -> bool:
    state = draft.document["status"]
    if state != IntakeSubmissionStatus.SUBMITTED:
        draft.problem(ProblemCode.CONFLICT, "id", out_of_turn("IntakeSubmission", action, state))
        return True
    draft.document["status"] = str(target)
    return False


async def _decide(context: Context, record_id: str, action: str, work: Any) -> Outcome:
    async def run(session: Any) -> str:
        await change(context, "IntakeSubmission", record_id, action, None, work, session=session)
        await forget(context.store, record_id, session)
        return record_id

    try:
        found = await context.store.transaction(run)
    except Problems as wrong:
        return None, wrong.problems
    await context.services.cipher.erase(record_id)
    return found, []


def _person_id(submission_id: str) -> str:
    """The id of the person that a submission becomes: the same each time, so that trying again makes no second one."""
    return f"{Person.prefix}_{hashlib.sha256(submission_id.encode()).hexdigest()[:20]}"


async def _sealed_anew(context: Context, record: Mapping[str, Any], person_id: str) -> dict[str, Any]:
    """Identity values of a submission under the person's key. They are not told to anybody here."""
    cipher = context.services.cipher
    found = {}
    for path in revealed("IntakeSubmission"):
        try:
            value = await cipher.reveal(record[path.name] or None)
        except Erased:
            value = None
        found[path.name] = await cipher.seal(person_id, value)
    return {name: value for name, value in found.items() if value is not None}


def _common(submission: IntakeSubmission) -> dict[str, Any]:
    """What was entered of what a person has, too, but for what is sealed."""
    hidden = {path.name for path in revealed("IntakeSubmission")}
    both = {path.name for path in tree_of("IntakeSubmission").paths if path.fact} & Person.model_fields.keys()
    found = {name: getattr(submission, name) for name in both - hidden - {"tags", "notes", "position"}}
    if submission.position:
        language = submission.language if submission.language in LANGUAGES else "en"
        found["position"] = Text.model_validate({language: submission.position})
    return {name: value for name, value in found.items() if value not in (None, [])}


def _person(submission: IntakeSubmission, person_id: str, sealed: Mapping[str, Any], partner: str | None) -> Person:
    person = Person(category=PersonCategory.GUEST, partner=partner, **_common(submission))
    person.id = person_id
    for name, value in sealed.items():
        # Ciphertext travels past the model, which knows the plain form only.
        object.__setattr__(person, name, value)
    return person


def _filling(submission: IntakeSubmission, sealed: dict[str, Any]) -> Any:
    async def fill(draft: Draft) -> None:
        person = parse(Person, draft.before)
        for name, value in _common(submission).items():
            setattr(person, name, value)
        draft.document |= {name: getattr(person, name) for name in _common(submission)} | sealed

    return fill


async def _visit(context: Context, submission: Mapping[str, Any], session: Any = None) -> dict[str, Any]:
    """The visit of a submission, as far as the caller may see it."""
    return await fetch(
        context.store, "Delegation", submission["delegation"] or "", context.caller, context.now, session=session
    )


async def _belong(context: Context, submission: IntakeSubmission, visit: dict[str, Any], person: Person) -> None:
    """A guest belongs to the unit of the visit, so that who plans it sees who comes.

    One of a restricted visit belongs to none, and is as hidden as the visit: an ordinary person would be a sign of it.
    """
    if visit["restricted"]:
        person.confidential = True
        served = duty(parse(Delegation, visit), context.settings.zone)
        # At once, or those who serve the visit would not see whom they make a member.
        person.visits = [served] if served else []
    else:
        units = [unit for unit in (submission.owner, visit["owner"], *visit["host_units"]) if unit]
        load = Load("Unit", {"_id"})
        # One out of sight is as good as none: which of them it becomes would tell of it.
        seen = {row.doc["_id"] for row in await rows(context, load, {"_id": {"$in": units}})} if units else set()
        person.owner = next((unit for unit in units if unit in seen), None)


async def _partner(draft: Draft, submission: IntakeSubmission) -> str | None:
    """The partner that the link was made for."""
    links = draft.context.store.collection(collection_of("IntakeLink"))
    found = await links.find_one({"_id": submission.link}, session=draft.session)
    return None if found is None else parse(IntakeLink, found).partner


async def _join(draft: Draft, submission: IntakeSubmission, person_id: str) -> None:
    """Make a person a member of the visit, or bring the legs of one who is a member up to date."""
    partner = await _partner(draft, submission)
    legs: dict[str, Any] = {
        name: None if leg is None else leg.model_dump()
        for name, leg in (("arrival", submission.arrival), ("departure", submission.departure))
    }

    async def join(visit: Draft) -> None:
        members = visit.document["members"]
        known = next((member for member in members if member["person"] == person_id), None)
        if known is None:
            members.append(Member(person=person_id, partner=partner, **legs).model_dump())
        else:
            known |= {name: leg for name, leg in legs.items() if leg is not None}

    assert submission.delegation is not None  # noqa: S101  # its link gave it one
    await remake(draft, Delegation.__name__, submission.delegation, "update", join)
