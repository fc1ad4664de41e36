"""The mutations that every kind has: create, update, its lifecycle's steps and its moments."""

from collections.abc import Awaitable, Callable
from typing import Any

from strawberry import ID, Info

from documents.record import Action
from resolvers import moments
from resolvers.change import act, create, update
from schema.given import plain
from schema.scalars import DateTime
from schema.selection import payload

Resolver = Callable[..., Awaitable[Any]]

# What a kind's own module publishes, since it does more than make a record or move its state.
OWN: set[tuple[str, str]] = {
    ("Itinerary", "confirm"),
    ("Itinerary", "issue"),
    ("Partner", "merge"),
    ("ItineraryIssue", "supersede"),
    ("IntakeLink", "create"),
    ("IntakeSubmission", "check"),
    ("IntakeSubmission", "reject"),
    ("Invitation", "create"),
    ("ServiceAccount", "create"),
}


def creating(kind: str) -> Resolver:
    """``create…``."""

    async def resolve(info: Info, input: Any) -> Any:
        return await payload(info, kind, await create(info.context, kind, plain(input)))

    return resolve


def updating(kind: str) -> Resolver:
    """``update…``."""

    async def resolve(info: Info, id: ID, if_revision: str, patch: Any) -> Any:
        return await payload(info, kind, await update(info.context, kind, id, if_revision, plain(patch)))

    return resolve


def stepping(kind: str, step: Action) -> Resolver:
    """A step of a lifecycle that takes nothing."""

    async def resolve(info: Info, id: ID, if_revision: str | None = None) -> Any:
        return await payload(info, kind, await act(info.context, kind, id, step, if_revision, {}))

    return resolve


def stepping_with(kind: str, step: Action) -> Resolver:
    """A step of a lifecycle that takes facts along."""

    async def resolve(info: Info, id: ID, input: Any = None, if_revision: str | None = None) -> Any:
        outcome = await act(info.context, kind, id, step, if_revision, plain(input) or {})
        return await payload(info, kind, outcome)

    return resolve


def publishing(kind: str) -> Resolver:
    """``publish…``."""

    async def resolve(info: Info, id: ID, embargo: DateTime | None = None) -> Any:
        return await payload(info, kind, await moments.publish(info.context, kind, id, embargo))

    return resolve


def issuing(kind: str) -> Resolver:
    """``issue…``: to the partners concerned."""

    async def resolve(info: Info, id: ID, partners: list[ID] | None = None) -> Any:
        return await payload(info, kind, await moments.issue(info.context, kind, id, list(partners or ())))

    return resolve


def moving(move: Callable[..., Awaitable[Any]]) -> Callable[[str], Resolver]:
    """A moment that takes nothing but the record."""

    def of(kind: str) -> Resolver:
        async def resolve(info: Info, id: ID) -> Any:
            return await payload(info, kind, await move(info.context, kind, id))

        return resolve

    return of


MOMENTS: tuple[tuple[str, Callable[[str], Resolver], str], ...] = (
    ("publish", publishing, "Open it to everyone, from now or from the end of an embargo on."),
    ("unpublish", moving(moments.unpublish), "Withdraw it from the public."),
    ("issue", issuing, "Open it to the partners concerned: all guests, or those named."),
    ("archive", moving(moments.archive), "Put it away: it leaves every list but the archive."),
    ("restore", moving(moments.restore), "Bring it back from the archive."),
)
