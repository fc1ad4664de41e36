"""Accounts: made by signing in, bound to persons, and suspended; and the log of who came, was refused or left."""

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from auth.accounts import Event
from auth.caller import ANONYMOUS, Role
from auth.claims import first_text
from auth.identity import Identity
from auth.mask import mask
from documents.account import Account, account_key
from documents.kinds import collection_of
from documents.sign_in import SignIn
from documents.store import translated
from documents.values import Email
from errors import SignInRefused
from resolvers.context import Context, Services
from resolvers.draft import RULES, Draft, Rules, make
from resolvers.problem import ProblemCode, Problems

Stored = dict[str, Any]
EMAIL: TypeAdapter[str] = TypeAdapter(Email)


def _line(told: str | None) -> str | None:
    """What somebody else wrote, as one line without signs that hide or reorder; None where nothing is left of it."""
    kept = "".join(sign for sign in (told or "") if sign.isprintable())[:300].strip()
    return kept or None


def _email(told: str | None) -> str | None:
    try:
        return EMAIL.validate_python(told)
    except ValidationError:
        return None


class AccountLedger:
    """Keeps accounts and the log of sign-ins. Nobody's rights are asked for: whoever signs in is no caller yet."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def _context(self, now: datetime) -> Context:
        return Context(self._services, ANONYMOUS, mask(ANONYMOUS.roles), now)

    async def open(self, identity: Identity) -> Stored:
        """The stored account of an identity: found, or made now; two who come at once get the same one."""
        key = account_key(identity.issuer, identity.subject)
        accounts = self._services.store.collection(collection_of("Account"))
        with translated():
            found = await accounts.find_one({"key": key})
        if found is not None:
            return found
        context = self._context(self._services.clock())
        claims = identity.claims
        facts: dict[str, Any] = {
            "issuer": identity.issuer,
            "subject": identity.subject,
            "name": _line(first_text(claims, "name", "display_name", "cn")),
            "email": _email(first_text(claims, "email", "mail")),
        }

        async def write(session: Any) -> Stored:
            account = Account(**facts, first_seen=context.now, key=key, owner=None)
            return await make(Draft(context, "Account", "create", session, {}, {}), account)

        try:
            return await self._services.store.transaction(write)
        except ValidationError:
            # Not chained: it quotes what the provider said.
            raise SignInRefused("unnamed") from None
        except Problems:
            # Somebody with the same identity was first.
            with translated():
                found = await accounts.find_one({"key": key})
            if found is None:
                raise
            return found

    async def note(self, event: Event) -> None:
        """Keep an event of the log."""
        context = self._context(self._services.clock())

        async def write(session: Any) -> None:
            entry = SignIn(
                account=event.account,
                person=event.person,
                at=context.now,
                provider=_line(event.provider) or "unknown",
                address=_line(event.address) or "unknown",
                outcome=event.outcome,
                reason=_line(event.reason),
                subject=_line(event.subject),
                owner=None,
            )
            await make(Draft(context, "SignIn", "create", session, {}, {}), entry)

        await self._services.store.transaction(write)


async def check(draft: Draft) -> None:
    """Nobody binds, suspends or frees their own account, nor binds one to a person above what they may give."""
    account: Account = draft.model()
    caller = draft.context.caller
    if draft.action not in ("suspend", "reinstate", "bind", "unbind"):
        return
    if account.id in caller.accounts or (caller.person is not None and account.person == caller.person):
        draft.problem(ProblemCode.FORBIDDEN, "id", "This is your own account: ask somebody else to do it")
    if draft.action == "unbind":
        account.person = None
    if draft.action == "reinstate":
        account.reason = None
    if draft.action != "bind":
        return
    if account.person is None:
        draft.problem(ProblemCode.INVALID, "input.person", "Say which person of the register it is")
    elif draft.before["person"] not in (None, account.person):
        draft.problem(ProblemCode.CONFLICT, "id", "This account is bound to somebody: unbind it first")
    elif not caller.roles & {Role.HEAD, Role.ADMIN} and await _assigned(draft, account.person):
        message = "This person was assigned a role: ask the head or an administrator to bind their account"
        draft.problem(ProblemCode.FORBIDDEN, "input.person", message)


async def _assigned(draft: Draft, person: str) -> bool:
    """Whether a person holds a role by assignment, or will."""
    assignments = draft.context.store.collection(collection_of("RoleAssignment"))
    query = {"person": person, "status": "ACTIVE", "archived_at": None}
    return await assignments.find_one(query, {"_id": 1}, session=draft.session) is not None


RULES["Account"] = Rules(check=check)
