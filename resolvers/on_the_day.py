"""What happens on the day itself: items begin, end, and are late."""

from datetime import datetime, timedelta
from typing import Any

from documents.itinerary import ItemStatus, Itinerary
from resolvers.change import Outcome, change
from resolvers.context import Context
from resolvers.draft import Draft, parse
from resolvers.moves import put_days, rehome
from resolvers.problem import ProblemCode

WAITING = (ItemStatus.PLANNED, ItemStatus.DELAYED)
MOST_MINUTES = 24 * 60
MISSING = "There is no such item: read the itinerary again"


async def start_item(
    context: Context, record_id: str, item_id: str, at: datetime | None, if_revision: str | None
) -> Outcome:
    """Note that an item began; what it takes stays as it was booked."""

    def begun(draft: Draft, item: dict[str, Any]) -> None:
        if item["status"] not in WAITING:
            draft.problem(ProblemCode.CONFLICT, "item", f"An item that is {item['status']} cannot begin")
        item |= {"status": str(ItemStatus.RUNNING), "actual_start": at or context.now, "actual_end": None}

    return await _note(context, record_id, item_id, if_revision, begun)


async def end_item(
    context: Context, record_id: str, item_id: str, at: datetime | None, if_revision: str | None
) -> Outcome:
    """Note that an item that is running ended; what it takes stays as it was booked."""

    def ended(draft: Draft, item: dict[str, Any]) -> None:
        moment = at or context.now
        if item["status"] != ItemStatus.RUNNING:
            message = f"An item that is {item['status']} cannot end: note first that it began"
            draft.problem(ProblemCode.CONFLICT, "item", message)
        elif item["actual_start"] is not None and moment < item["actual_start"]:
            draft.problem(ProblemCode.INVALID, "at", "It cannot end before it began: give a later moment")
        item |= {"status": str(ItemStatus.DONE), "actual_end": moment}

    return await _note(context, record_id, item_id, if_revision, ended)


async def _note(context: Context, record_id: str, item_id: str, if_revision: str | None, note: Any) -> Outcome:
    async def work(draft: Draft) -> None:
        items = (item for day in draft.document["days"] for item in day["items"])
        found = next((item for item in items if item["id"] == item_id), None)
        if found is None:
            draft.problem(ProblemCode.NOT_FOUND, "item", MISSING)
            return
        note(draft, found)

    return await change(context, "Itinerary", record_id, "update", if_revision, work)


async def delay(context: Context, record_id: str, day_id: str, item_id: str, minutes: int, if_revision: str) -> Outcome:
    """Move an item and the later ones of its day that have not begun by minutes, marked as delayed: all or nothing."""

    async def work(draft: Draft) -> None:
        itinerary = parse(Itinerary, draft.document)
        day = next((day for day in itinerary.days if day.id == day_id), None)
        if day is None:
            draft.problem(ProblemCode.NOT_FOUND, "day", "There is no such day: read the itinerary again")
            return
        first = next((item for item in day.items if item.id == item_id), None)
        if first is None:
            draft.problem(ProblemCode.NOT_FOUND, "item", MISSING)
            return
        if not 1 <= minutes <= MOST_MINUTES:
            draft.problem(ProblemCode.INVALID, "minutes", f"Give 1 to {MOST_MINUTES} minutes")
            return
        if first.status not in WAITING:
            draft.problem(ProblemCode.CONFLICT, "item", f"An item that is {first.status} cannot be late")
            return
        by = timedelta(minutes=minutes)
        late = [item for item in day.items if item is first or (item.start >= first.start and item.status in WAITING)]
        try:
            for item in late:
                item.start, item.end, item.status = item.start + by, item.end + by, ItemStatus.DELAYED
                rehome(itinerary, day, item)
        except OverflowError:
            draft.problem(ProblemCode.INVALID, "minutes", "The day would lie outside the calendar")
            return
        put_days(draft, itinerary)

    return await change(context, "Itinerary", record_id, "update", if_revision, work)
