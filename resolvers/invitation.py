"""Invitations: a contact of a partner says by a link which account is theirs. One account takes it, once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from auth.caller import Role, caller
from auth.mask import mask
from auth.standing import serves
from documents.intake_link import digest, new_token
from documents.invitation import Invitation, InvitationStatus
from documents.kinds import collection_of
from errors import Unauthenticated
from resolvers.change import create
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, remake
from resolvers.load import Load, rows
from resolvers.problem import Problem, ProblemCode, Problems

Stored = dict[str, Any]


async def check(draft: Draft) -> None:
    """An invitation is for a contact who serves, is known as a person, and expires in time."""
    invitation: Invitation = draft.model()
    if not draft.new:
        return
    invitation.digest = digest(draft.arguments["token"])
    now, days = draft.context.now, draft.context.settings.invitation_days
    if not now < invitation.expires_at <= now + timedelta(days=days):
        message = f"An invitation expires later than now and within {days} days: name such a time"
        draft.problem(ProblemCode.INVALID, "expiresAt", message)
    contact = await _contact(draft.context, invitation.contact, draft.session)
    if contact is not None and not _serves(draft.context, contact):
        draft.problem(
            ProblemCode.CONFLICT, "contact", "This contact has left or their term is over: invite another one"
        )
    elif contact is not None and not await _seen(draft.context, contact["person"]):
        message = "Nobody knows which person this contact is: name the person in the contact first"
        draft.problem(ProblemCode.CONFLICT, "contact", message)


async def _seen(context: Context, person: str | None) -> bool:
    """Whether who asks sees the person of a contact: one out of sight is as good as none, and takes the same work."""
    return bool(await rows(context, Load("Person"), {"_id": person or ""}, limit=1))


RULES["Invitation"] = Rules(check=check)


async def invite(context: Context, facts: Mapping[str, Any]) -> tuple[str | None, str | None, list[Problem]]:
    """A new invitation: its id, its address, which is told this once, and problems.

    What is secret of the address stands behind a #: no browser sends that to a server, so that no log holds it.
    """
    token = new_token()
    made, problems = await create(context, "Invitation", facts, arguments={"token": token})
    address = f"{context.settings.guests_url}/invitation#{token}"
    return made, None if made is None else address, problems


async def accept(context: Context, token: str) -> list[Problem]:
    """Let the caller's account be the person of the contact that an invitation is for.

    One that is unknown, expired, revoked or taken gets the same answer. Raises Unauthenticated for who has no account.
    """
    account_id = context.caller.account
    if account_id is None or context.caller.within is not None:
        msg = "Sign in first: an invitation is for the account that you sign in by"
        raise Unauthenticated(msg)

    async def run(session: Any) -> None:
        invitation, contact = await _open(context, token, session)
        person = contact["person"]
        accounts = context.store.collection(collection_of("Account"))
        account = await accounts.find_one({"_id": account_id}, session=session)
        if account is None or account["person"] not in (None, person):
            message = "Your account is somebody else of the register: ask who invited you"
            raise Problems(Problem(ProblemCode.CONFLICT, "token", message))
        # The office has decided whose it is, and the account is theirs from here on.
        office = caller(Role.HEAD, person=person)
        done = replace(context, caller=office, mask=mask(office.roles), sights={})
        draft = Draft(done, "Invitation", "accept", session, {}, {})

        async def taken(each: Draft) -> None:
            now = {"status": str(InvitationStatus.ACCEPTED), "account": account_id, "accepted_at": context.now}
            each.document.update(now)

        async def bound(each: Draft) -> None:
            each.document["person"] = person

        await remake(draft, "Invitation", invitation["_id"], "accept", taken)
        await remake(draft, "Account", account_id, "accept", bound)

    try:
        await context.store.transaction(run)
    except Problems as found:
        return found.problems
    return []


async def _open(context: Context, token: str, session: Any) -> tuple[Stored, Stored]:
    """The invitation of a token that is taken now, and its contact. Raises Problems, the same for all others."""
    invitations = context.store.collection(collection_of("Invitation"))
    found = await invitations.find_one({"digest": digest(token)}, session=session)
    contact = await _contact(context, found["contact"] if found else "", session)
    if (
        found is None
        or contact is None
        or contact["person"] is None
        or not _serves(context, contact)
        or found["status"] != InvitationStatus.OPEN
        or found["archived_at"] is not None
        or found["expires_at"] <= context.now
    ):
        message = "There is no such invitation: it was taken, withdrawn, or is too old. Ask for another one"
        raise Problems(Problem(ProblemCode.NOT_FOUND, "token", message))
    return found, contact


async def _contact(context: Context, contact: str, session: Any) -> Stored | None:
    return await context.store.collection(collection_of("Contact")).find_one({"_id": contact}, session=session)


def _serves(context: Context, contact: Stored) -> bool:
    return serves(contact, context.now.astimezone(ZoneInfo(context.settings.zone)).date())
