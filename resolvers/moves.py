"""Moving a day or an item of an itinerary moves what hangs on it, in one change, all or nothing (ITIN-6)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from documents.itinerary import Day, Item, Itinerary
from documents.record import element_id
from resolvers.change import Outcome, change
from resolvers.context import Context
from resolvers.draft import Draft, parse
from resolvers.problem import ProblemCode


async def move_day(context: Context, record_id: str, if_revision: str, day_id: str, to: date) -> Outcome:
    """Move a day, and all its items with it, to another date; local times stay (ITIN-6)."""

    async def work(draft: Draft) -> None:
        itinerary = parse(Itinerary, draft.document)
        day = next((day for day in itinerary.days if day.id == day_id), None)
        if day is None:
            draft.problem(ProblemCode.NOT_FOUND, "day", "There is no such day: read the itinerary again")
            return
        by = to - day.date
        try:
            for item in day.items:
                for name in ("start", "end", "actual_start", "actual_end"):
                    setattr(item, name, shifted(getattr(item, name), item.zone, by))
        except OverflowError:
            draft.problem(ProblemCode.INVALID, "to", f"{to} lies outside the calendar: name another day")
            return
        day.date = to
        put_days(draft, itinerary)

    return await change(context, "Itinerary", record_id, "update", if_revision, work)


async def move_item(
    context: Context, record_id: str, if_revision: str, item_id: str, start: datetime, *, following: bool
) -> Outcome:
    """Move an item to another start, to the day that this falls on; with ``following``, the day's later ones too."""

    async def work(draft: Draft) -> None:
        itinerary = parse(Itinerary, draft.document)
        day = next((day for day in itinerary.days if any(item.id == item_id for item in day.items)), None)
        if day is None:
            draft.problem(ProblemCode.NOT_FOUND, "item", "There is no such item: read the itinerary again")
            return
        moved = next(item for item in day.items if item.id == item_id)
        along = [item for item in day.items if item is moved or (following and item.start >= moved.end)]
        try:
            by = local(start, moved.zone) - local(moved.start, moved.zone)
            for item in along:
                lasts = item.end - item.start
                item.start = start if item is moved else shifted(item.start, item.zone, by) or item.start
                item.end = item.start + lasts
                rehome(itinerary, day, item)
        except OverflowError:
            draft.problem(ProblemCode.INVALID, "start", f"{start} lies outside the calendar: name another time")
            return
        put_days(draft, itinerary)

    return await change(context, "Itinerary", record_id, "update", if_revision, work)


def rehome(itinerary: Itinerary, day: Day, item: Item) -> None:
    """Put an item that was moved into the day on which it now begins. Raises OverflowError."""
    target = local(item.start, item.zone).date()
    if target != day.date:
        day.items.remove(item)
        day_of(itinerary, target).items.append(item)


def day_of(itinerary: Itinerary, target: date) -> Day:
    """The day of that date; it is made where there is none."""
    for day in itinerary.days:
        if day.date == target:
            return day
    day = Day(id=element_id(), date=target)
    itinerary.days.append(day)
    return day


def shifted(moment: datetime | None, zone: str, by: timedelta) -> datetime | None:
    """The local time so much later, also across a change of the clocks. Raises OverflowError."""
    if moment is None:
        return None
    return (local(moment, zone) + by).replace(tzinfo=ZoneInfo(zone)).astimezone(moment.tzinfo)


def local(moment: datetime, zone: str) -> datetime:
    """What a clock on the wall there shows. Raises OverflowError."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def put_days(draft: Draft, itinerary: Itinerary) -> None:
    """Let the draft have the days of an itinerary that was worked on."""
    draft.document["days"] = [day.model_dump() for day in itinerary.days]
