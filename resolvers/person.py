"""Who serves the visits of a person: kept on the person, so that one rule can decide about care and personal data."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from documents.delegation import Delegation, DelegationStatus
from documents.kinds import collection_of
from documents.person import Person, VisitDuty
from documents.stamp import stamp, stored
from resolvers.draft import Draft, parse
from resolvers.history import rescoped
from settings import Settings

AFTER_DAYS = 7
# Where no other zone is set.
HOME: str = Settings.model_fields["zone"].default
OVER = {DelegationStatus.DECLINED, DelegationStatus.CANCELLED}


def duty(visit: Delegation, zone: str = HOME) -> VisitDuty | None:
    """Who serves a visit and until when hosts may see its members; None for a visit that will not be.

    Hosts see them to the end of the seventh day after the last one, in the university's zone.
    """
    if visit.status in OVER or visit.archived_at is not None:
        return None
    period = visit.actual_dates or visit.dates
    last: date = period.end or period.start
    closes = datetime.combine(last + timedelta(days=1 + AFTER_DAYS), time(), ZoneInfo(zone)).astimezone(UTC)
    hosts = sorted({*visit.hosts, *(found.person for found in visit.counterparts)})
    return VisitDuty(
        delegation=visit.id,
        officers=sorted(visit.officers),
        hosts=hosts,
        opens_at=visit.confirmed_at,
        closes_at=closes if visit.confirmed_at else None,
    )


def _members(document: dict[str, Any]) -> set[str]:
    return {member["person"] for member in document.get("members") or ()}


async def keep_duties(draft: Draft) -> None:
    """After a change of a visit: its members' persons know who serves it. In the change's own transaction."""
    visit: Delegation = draft.model()
    found = duty(visit, draft.context.settings.zone)
    people: Iterable[str] = sorted(_members(draft.before) | _members(draft.document))
    collection = draft.context.store.collection(collection_of("Person"))
    cursor = collection.find({"_id": {"$in": people}}, session=draft.session)
    for document in await cursor.to_list():
        person = parse(Person, document)
        visits = [kept for kept in person.visits if kept.delegation != visit.id]
        if found is not None and person.id in _members(draft.document):
            visits = sorted([*visits, found], key=lambda kept: kept.delegation)
        # Who is a member of a visit that the office sees is no secret of another one.
        known = person.confidential and not visit.restricted and found in visits
        if visits == person.visits and not known:
            continue
        person.visits, person.confidential = visits, person.confidential and not known
        scope = stamp(person)["scope"]
        moved = {"visits": stored(person)["visits"], "confidential": person.confidential, "scope": scope}
        await collection.update_one({"_id": person.id}, {"$set": moved}, session=draft.session)
        if known:
            await rescoped(draft, "Person", document, scope)
