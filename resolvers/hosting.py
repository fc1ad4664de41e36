"""Hosts answer: whether they host an item of an itinerary, or who does in their place."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from auth.access import all_of, fetch
from documents.itinerary import Host, HostAnswer, Item, Itinerary, ItineraryStatus
from errors import Invalid, LimitReached
from resolvers.bookings import (
    Booking,
    bookings,
    other_clashes,
    own_clashes,
    people_behind,
    prepare_guards,
    touch_guards,
)
from resolvers.change import change
from resolvers.context import Context
from resolvers.draft import Draft, parse
from resolvers.load import Load, Row, not_archived, rows
from resolvers.problem import Problem, ProblemCode

MOST_DAYS = 366
MOST = 500
PATHS = {
    "_id",
    "delegation",
    "days.date",
    *(f"days.items.{name}" for name in ("id", "title", "kind", "start", "end", "zone", "place", "hosts")),
}


@dataclass(frozen=True, slots=True)
class Hosting:
    """An item that the caller was asked to host."""

    item: str
    title: dict[str, Any]
    kind: str
    start: datetime
    end: datetime
    place: dict[str, Any] | None
    day: str
    answer: str
    itinerary: Row | None
    visit: Row | None


def _own(host: Host, me: str) -> bool:
    """Whether an entry is somebody's to answer: theirs, or one in which they are proposed."""
    return me == host.person or (host.answer is HostAnswer.SUBSTITUTE and host.substitute == me)


async def answer(
    context: Context, record_id: str, item_id: str, given: HostAnswer, substitute: str | None
) -> tuple[str | None, list[Problem]]:
    """Answer for oneself. Who is proposed as a substitute is asked then, and stands in at once until they decline."""
    record = await fetch(context.store, "Itinerary", record_id, context.caller, context.now, action="answer")
    me = context.caller.person or ""
    known = await rows(context, Load("Person"), {"_id": substitute}, limit=1) if substitute else []
    if (item := _item(parse(Itinerary, record), item_id)) is not None and any(_own(host, me) for host in item.hosts):
        # Before the transaction: two would conflict in making the same guard. None is made for whom the caller names
        # and does not see.
        taken = (me, *(row.doc["_id"] for row in known))
        wanted = [Booking(f"person:{who}", who, item.start, item.end, item.id) for who in taken if who]
        await prepare_guards(context.store, wanted, await people_behind(context.store, wanted))

    async def work(draft: Draft) -> None:
        itinerary = parse(Itinerary, draft.document)
        item = _item(itinerary, item_id)
        entry = next((host for host in item.hosts if _own(host, me)), None) if item else None
        if entry is None:
            draft.problem(ProblemCode.NOT_FOUND, "item", "You are not asked to host such an item: read the days again")
        elif itinerary.status is ItineraryStatus.FINAL:
            draft.problem(ProblemCode.CONFLICT, "id", "A final itinerary does not change")
        if given is HostAnswer.ASKED:
            draft.problem(ProblemCode.INVALID, "answer", "This is no answer: accept, decline or propose a substitute")
        await _check_substitute(draft, given, substitute, me)
        draft.stop()
        assert entry is not None  # noqa: S101  # told above
        before = set(bookings(itinerary))
        _answered(entry, me, given, substitute)
        await _take(draft, itinerary, before)
        draft.document["days"] = [day.model_dump() for day in itinerary.days]

    return await change(context, "Itinerary", record_id, "answer", None, work)


def _item(itinerary: Itinerary, item_id: str) -> Item | None:
    return next((item for day in itinerary.days for item in day.items if item.id == item_id), None)


def _answered(entry: Host, me: str, given: HostAnswer, substitute: str | None) -> None:
    """The entry after an answer: a substitute who accepts takes it over, one who declines leaves it declined."""
    if me != entry.person and given is HostAnswer.ACCEPTED:
        entry.person = me
    entry.answer = given
    entry.substitute = substitute if given is HostAnswer.SUBSTITUTE else None


async def _check_substitute(draft: Draft, given: HostAnswer, substitute: str | None, me: str) -> None:
    if given is not HostAnswer.SUBSTITUTE:
        if substitute is not None:
            message = "Name a substitute with the answer SUBSTITUTE alone"
            draft.problem(ProblemCode.INVALID, "substitute", message)
        return
    if substitute is None or substitute == me:
        draft.problem(ProblemCode.INVALID, "substitute", "Name somebody else who stands in")
    elif not await rows(draft.context, Load("Person"), {"_id": substitute}, limit=1):
        draft.problem(ProblemCode.NOT_FOUND, "substitute", "There is no such Person for you: check the id")


async def _take(draft: Draft, itinerary: Itinerary, before: set[Booking]) -> None:
    """Take the time of whoever comes in; who has none is told to be busy, whatever else they do (ITIN-2, ITIN-3)."""
    fresh = [booking for booking in bookings(itinerary) if booking not in before]
    if not fresh:
        return
    store, session = draft.context.store, draft.session
    same = await people_behind(store, fresh, session)
    await touch_guards(store, fresh, same, session)
    taken = await other_clashes(store, fresh, same, itinerary.id, session)
    keys = {(booking.item, booking.resource) for booking in fresh}
    taken += [
        clash
        for clash in own_clashes(bookings(itinerary), same, itinerary.id)
        if keys & {(clash.booking.item, clash.booking.resource), (clash.item, clash.booking.resource)}
    ]
    for clash in [clash for clash in taken if clash.firm][:1]:
        period = f"{clash.start:%Y-%m-%d %H:%M}–{clash.end:%H:%M} UTC"
        draft.problem(ProblemCode.CONFLICT, "substitute", f"This person is busy {period}: propose another")
    draft.stop()


async def hosting(context: Context, start: date, end: date, itinerary: Load, visit: Load) -> list[Hosting]:
    """The items between two days that the caller was asked to host, in the order of their start."""
    if not 0 <= (end - start).days <= MOST_DAYS:
        msg = f"from and to are {start} and {end}: name at most {MOST_DAYS} days, the first one first"
        raise Invalid(msg)
    me = context.caller.person
    if me is None:
        return []
    period = {"date": {"$gte": start.isoformat(), "$lte": end.isoformat()}}
    sight = context.sight("Itinerary")
    # Where the caller may not read that a plan was put away, it stays in the list.
    kept = {} if sight is None else not_archived(sight)
    query = all_of([{"scope": {"$in": [f"host:{me}"]}, "days": {"$elemMatch": period}}, kept])
    found = await rows(context, Load("Itinerary", set(PATHS)), query, limit=MOST + 1)
    if len(found) > MOST:
        msg = f"These are more than {MOST} itineraries: name fewer days"
        raise LimitReached(msg)
    plans = await _by_id(context, itinerary, {row.doc["_id"] for row in found})
    visits = await _by_id(context, visit, {row.doc["delegation"] for row in found} - {None})
    asked = [
        Hosting(
            item["id"],
            item["title"],
            item["kind"],
            item["start"],
            item["end"],
            item["place"],
            day["date"],
            host["answer"],
            plans.get(row.doc["_id"]),
            visits.get(row.doc["delegation"]),
        )
        for row in found
        for day in row.doc["days"] or ()
        if start.isoformat() <= day["date"] <= end.isoformat()
        for item in day["items"]
        for host in item["hosts"]
        if me == host["person"] or (host["answer"] == HostAnswer.SUBSTITUTE and me == host["substitute"])
    ]
    return sorted(asked, key=lambda found: (found.start, found.item))


async def _by_id(context: Context, load: Load, ids: set[str]) -> dict[str, Row]:
    found = await rows(context, load, {"_id": {"$in": sorted(ids)}}) if ids else []
    return {row.doc["_id"]: row for row in found}
