"""What the system holds about one's own access: the account, why which role, where one is signed in, who came when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auth.access import fetch
from documents.account import AccountStatus
from documents.kinds import collection_of
from documents.sign_in import SignInOutcome
from documents.store import Store, translated
from errors import Invalid, Unauthenticated
from resolvers.context import Context
from resolvers.problem import Problem, ProblemCode

MOST = 100


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The account by which one is signed in."""

    id: str
    issuer: str
    subject: str
    name: str | None
    email: str | None
    first_seen: datetime | None
    status: AccountStatus


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser in which one is signed in."""

    id: str
    provider: str
    address: str
    agent: str
    started: datetime
    seen: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OwnSignIn:
    """One's own coming, being refused, or leaving."""

    at: datetime
    provider: str
    address: str
    outcome: SignInOutcome
    reason: str | None


@dataclass(frozen=True, slots=True)
class OwnGround:
    """Why one holds a role."""

    role: str
    source: str
    says: str
    id: str | None
    until: str | None


def grounds(context: Context) -> list[OwnGround]:
    """Why the caller holds which role; of a demo token nothing is known beyond the token."""
    return [
        OwnGround(
            each.role.value, each.source.value, each.says, each.id, each.until.isoformat() if each.until else None
        )
        for each in context.caller.grounds
    ]


async def account(context: Context) -> OwnAccount | None:
    """The caller's own account; None where they have none, such as by a key."""
    found = await _own(context.store, context.caller.account)
    if found is None:
        return None
    told = {name: found[name] for name in ("issuer", "subject", "name", "email", "first_seen")}
    return OwnAccount(id=found["_id"], status=AccountStatus(found["status"]), **told)


async def _own(store: Store, account_id: str | None) -> Mapping[str, Any] | None:
    if account_id is None:
        return None
    with translated():
        return await store.collection(collection_of("Account")).find_one({"_id": account_id, "archived_at": None})


async def sign_ins(context: Context, first: int) -> list[OwnSignIn]:
    """The caller's own events, the newest first. Raises Invalid."""
    if not 0 <= first <= MOST:
        msg = f"first is {first}: give a number from 0 to {MOST}"
        raise Invalid(msg)
    if context.caller.account is None or first == 0:
        return []
    query = {"account": context.caller.account, "archived_at": None}
    with translated():
        cursor = context.store.collection(collection_of("SignIn")).find(
            query, sort=[("at", -1), ("_id", 1)], limit=first
        )
        found = await cursor.to_list()
    names = ("at", "provider", "address", "reason")
    return [OwnSignIn(outcome=SignInOutcome(e["outcome"]), **{n: e[n] for n in names}) for e in found]


async def sessions(context: Context) -> list[OwnSession]:
    """Where the caller is signed in."""
    of = context.services.sessions
    if of is None or context.caller.account is None:
        return []
    names = ("provider", "address", "agent", "started", "seen", "until")
    return [OwnSession(id=e["_id"], **{n: e[n] for n in names}) for e in await of.of(context.caller.account)]


async def revoke(context: Context, session: str | None) -> tuple[int, list[Problem]]:
    """End one of the caller's own sessions, or all of them: how many ended. Raises Unauthenticated without an account.

    Somebody else's is as good as none. Whoever asks by a portal ends none.
    """
    own, of = context.caller.account, context.services.sessions
    if own is None or context.caller.within is not None:
        msg = "Sign in first: sessions are those of the account that you sign in by"
        raise Unauthenticated(msg)
    if session is None:
        return (0 if of is None else await of.revoke_all(own)), []
    if of is not None and await of.revoke(session, own):
        return 1, []
    message = "You have no such session: it has ended, or never was"
    return 0, [Problem(ProblemCode.NOT_FOUND, "session", message)]


async def sign_out(context: Context, account_id: str) -> tuple[str, list[Problem]]:
    """End every session of somebody's account. Raises NotFound and Forbidden."""
    found = await fetch(context.store, "Account", account_id, context.caller, context.now, action="sign_out")
    if context.services.sessions is not None:
        await context.services.sessions.revoke_all(found["_id"])
    return found["_id"], []
