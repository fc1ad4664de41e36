"""Intake links: made for a visit, shown once, and taken while active, neither expired nor used up (VISIT-1)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from documents.delegation import Delegation
from documents.intake_link import IntakeLink, IntakeLinkStatus, digest, new_token
from documents.kinds import collection_of
from documents.store import DuplicateKeyError, Store, translated
from resolvers.change import create
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, parse
from resolvers.person import OVER
from resolvers.problem import Problem, ProblemCode

LONGEST = timedelta(days=120)
KEPT_TRIES = timedelta(hours=2)


async def check(draft: Draft) -> None:
    """A link is for a visit that will be, expires in time, and names a partner of the visit, if any."""
    link: IntakeLink = draft.model()
    if not draft.new:
        return
    link.digest = digest(draft.arguments["token"])
    now = draft.context.now
    if not now < link.expires_at <= now + LONGEST:
        message = f"A link expires later than now and within {LONGEST.days} days: name such a time"
        draft.problem(ProblemCode.INVALID, "expiresAt", message)
    visits = draft.context.store.collection(collection_of("Delegation"))
    found = await visits.find_one({"_id": link.delegation}, session=draft.session)
    if found is None:
        return
    visit = parse(Delegation, found)
    if visit.status in OVER or visit.archived_at is not None:
        draft.problem(ProblemCode.CONFLICT, "delegation", "This visit will not be: its guests need no link")
    if link.partner is not None and link.partner not in {entry.partner for entry in visit.partners}:
        message = "This partner takes no part in the visit: add it to partners first"
        draft.problem(ProblemCode.INVALID, "partner", message)


RULES["IntakeLink"] = Rules(check=check)


async def make_link(context: Context, facts: Mapping[str, Any]) -> tuple[str | None, str | None, list[Problem]]:
    """A new link: its id, its address, which is told this once, and problems."""
    token = new_token()
    made, problems = await create(context, "IntakeLink", facts, arguments={"token": token})
    address = f"{context.settings.guests_url}/intake/{token}"
    return made, None if made is None else address, problems


async def taken_link(store: Store, token: str, now: datetime, session: Any = None) -> IntakeLink | None:
    """The link of a token that is taken now; None for one that is unknown, expired, revoked or used up: all alike.

    A link ends with its visit, too, where that will not be.
    """
    visits = store.collection(collection_of("Delegation"))
    with translated():
        found = await store.collection(collection_of("IntakeLink")).find_one({"digest": digest(token)}, session=session)
        wanted = {"_id": found["delegation"] if found else "", "status": {"$nin": sorted(OVER)}, "archived_at": None}
        visit = await visits.find_one(wanted, {"_id": 1}, session=session)
    if found is None or visit is None:
        return None
    link = parse(IntakeLink, found)
    usable = link.status is IntakeLinkStatus.ACTIVE and link.archived_at is None
    return link if usable and link.expires_at > now and link.submissions < link.most_submissions else None


async def tries(store: Store, what: str, now: datetime) -> int:
    """How often something was tried within this hour, this time included. What it was is kept as a hash alone."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = f"{digest(what)} {hour.isoformat()}"
    change = {"$inc": {"tries": 1}, "$setOnInsert": {"until": hour + KEPT_TRIES}}
    collection = store.collection("intake_tries")
    with translated():
        try:
            await collection.update_one({"_id": key}, change, upsert=True)
        except DuplicateKeyError:
            # Another copy of the service has just made it.
            await collection.update_one({"_id": key}, change)
        found = await collection.find_one({"_id": key}, {"tries": 1})
    return found["tries"] if found else 1
