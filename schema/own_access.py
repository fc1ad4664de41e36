"""What `viewer` tells of one's own access, and ending sessions."""

from typing import Any

import strawberry
from strawberry import ID, Info

from documents.account import AccountStatus
from documents.sign_in import SignInOutcome
from resolvers import own_access
from resolvers.problem import Problem
from schema.derive import Mark, add, enum_type, list_of, new_class
from schema.scalars import Date, DateTime
from schema.selection import payload


def _type(name: str, says: str, fields: tuple[tuple[str, Any, str], ...]) -> type:
    cls = new_class(name)
    for field, kept, described in fields:
        add(cls, field, kept, description=described)
    strawberry.type(cls, description=says)
    return cls


def _account() -> type:
    fields = (
        ("id", ID, "Global id of the account."),
        ("issuer", str, "The provider that knows you."),
        ("subject", str, "What the provider calls you."),
        ("name", str | None, "The name that the provider told at first."),
        ("email", str | None, "The e-mail address that the provider told at first. Nothing is decided by it."),
        ("first_seen", DateTime | None, "When you first signed in."),
        ("status", enum_type(AccountStatus), "Whether it may sign in."),
    )
    return _type("OwnAccount", "The account by which you are signed in.", fields)


def _ground() -> type:
    fields = (
        ("role", str, "The role."),
        ("source", str, "CLAIM, PERSON, ASSIGNMENT, CONTACT, COVER or KEY."),
        ("says", str, "The claim, the decision, or whose contact or substitute you are."),
        ("id", ID | None, "Global id of the record that it comes from."),
        ("until", Date | None, "The last day on which it holds; null while it is open."),
    )
    return _type("OwnGround", "Why you hold a role.", fields)


def _session() -> type:
    fields = (
        ("id", ID, "Which session it is, for `revokeSession`."),
        ("provider", str, "The provider that you came by."),
        ("address", str, "The network address that you came from."),
        ("agent", str, "What the browser calls itself."),
        ("started", DateTime, "When you signed in."),
        ("seen", DateTime, "When it was last used, to the minute."),
        ("until", DateTime, "When it ends if it is not used."),
    )
    return _type("OwnSession", "A browser in which you are signed in.", fields)


def _sign_in() -> type:
    fields = (
        ("at", DateTime, "When."),
        ("provider", str, "The provider that you came by."),
        ("address", str, "The network address that you came from."),
        ("outcome", enum_type(SignInOutcome), "What came of it."),
        ("reason", str | None, "Why you were refused."),
    )
    return _type("OwnSignIn", "That you came, were refused, or left.", fields)


def access_type(graph: Any) -> type:
    """The type of all that the system holds about one's own access."""
    cls = new_class("OwnAccess")

    async def account(info: Info) -> Any:
        return await own_access.account(info.context)

    def grounds(info: Info) -> Any:
        return own_access.grounds(info.context)

    async def sessions(info: Info) -> Any:
        return await own_access.sessions(info.context)

    async def sign_ins(info: Info, first: int = 20) -> Any:
        return await own_access.sign_ins(info.context, first)

    def portal(info: Info) -> str | None:
        within = info.context.caller.within
        return None if within is None else str(within.name)

    del graph
    account.__annotations__["return"] = _account() | None
    grounds.__annotations__["return"] = list_of(_ground())
    sessions.__annotations__["return"] = list_of(_session())
    sign_ins.__annotations__["return"] = list_of(_sign_in())
    for name, resolver, says in (
        ("account", account, "The account by which you are signed in; null for a key or a demo token."),
        ("grounds", grounds, "Why you hold each role, and until when; nothing of a demo token."),
        ("sessions", sessions, "Where you are signed in with a browser."),
        ("sign_ins", sign_ins, "When you came, were refused, or left, the newest first."),
        ("portal", portal, "The portal that acts for you, which narrows what you may; null where none does."),
    ):
        add(cls, name, None, description=says, resolver=resolver)
    strawberry.type(cls, description="All that the system holds about your access.")
    return cls


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Ending sessions."""
    cls = new_class("RevokeSessionsPayload")
    add(cls, "revoked", int, description="How many sessions ended.")
    add(cls, "problems", list[Problem], description="What is wrong; nothing ended when there is something.")
    strawberry.type(cls, description="What ending sessions came to.")

    async def revoke_session(info: Info, session: ID) -> Any:
        revoked, problems = await own_access.revoke(info.context, session)
        return {"revoked": revoked, "problems": problems}

    async def revoke_sessions(info: Info) -> Any:
        revoked, problems = await own_access.revoke(info.context, None)
        return {"revoked": revoked, "problems": problems}

    async def sign_out(info: Info, id: ID) -> Any:
        return await payload(info, "Account", await own_access.sign_out(info.context, id))

    for resolver in (revoke_session, revoke_sessions):
        resolver.__annotations__["return"] = cls
    mark = Mark("", "extra")
    says = "End one of your own sessions: that browser is signed out at its next request."
    add(graph.mutation, "revoke_session", None, description=says, mark=mark, resolver=revoke_session)
    says = "End all of your own sessions, this one too."
    add(graph.mutation, "revoke_sessions", None, description=says, mark=mark, resolver=revoke_sessions)
    says = "End every session of an account. Who may still sign in, may do so again: suspend it to keep them out."
    graph.action("Account", "sign_out", sign_out, says)
