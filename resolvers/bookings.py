"""Who and what is taken when: people and rooms of all itineraries, compared as instants, half-open (ITIN-1, ITIN-2).

A booking is firm once its itinerary is confirmed. Two planners who confirm at once meet at the guard document of each
resource's day, so that one of them sees the other's bookings.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from documents.folding import fold
from documents.itinerary import Item, Itinerary
from documents.store import DuplicateKeyError, Store, translated
from resolvers.problem import Problem, ProblemCode, Problems

BOOKINGS = "bookings"
GUARDS = "resource_days"


@dataclass(frozen=True, slots=True)
class Booking:
    """One resource taken for one item."""

    resource: str
    label: str
    start: datetime
    end: datetime
    item: str

    def overlaps(self, other: "Booking") -> bool:
        """Whether both take the resource at the same instant; one that begins when the other ends does not."""
        return self.resource == other.resource and self.start < other.end and other.start < self.end

    def days(self) -> Iterator[date]:
        """The days, in UTC, that it touches."""
        day = self.start.astimezone(UTC).date()
        last = (self.end - timedelta(milliseconds=1)).astimezone(UTC).date()
        while day <= last:
            yield day
            day += timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taken:
    """A booking of ours that meets another one."""

    booking: Booking
    start: datetime
    end: datetime
    itinerary: str
    item: str
    firm: bool


def _people(item: Item) -> Iterator[str]:
    yield from (person for _, person in item.ours())
    yield from (attendee.person for attendee in item.attendees)


def bookings(itinerary: Itinerary) -> list[Booking]:
    """Everything that the items of an itinerary take."""
    found = []
    for item in (item for day in itinerary.days for item in day.items):
        taken = {f"person:{person}": person for person in _people(item)}
        if item.place and item.place.venue and item.place.room:
            taken[f"room:{fold(item.place.venue)}|{fold(item.place.room)}"] = f"{item.place.room}, {item.place.venue}"
        if item.transfer and item.transfer.vehicle:
            taken[f"vehicle:{fold(item.transfer.vehicle)}"] = item.transfer.vehicle
        found += [Booking(resource, label, item.start, item.end, item.id) for resource, label in taken.items()]
    return found


def own_clashes(found: list[Booking], itinerary: str) -> list[Taken]:
    """Where two items of one itinerary take the same."""
    clashes = []
    for index, booking in enumerate(found):
        for other in found[:index]:
            if booking.item != other.item and booking.overlaps(other):
                start, end = max(booking.start, other.start), min(booking.end, other.end)
                clashes.append(Taken(booking, start, end, itinerary, other.item, firm=True))
    return clashes


async def other_clashes(store: Store, found: list[Booking], itinerary: str, session: Any = None) -> list[Taken]:
    """Where bookings of other itineraries meet these."""
    if not found:
        return []
    query = {
        "resource": {"$in": sorted({booking.resource for booking in found})},
        "start": {"$lt": max(booking.end for booking in found)},
        "end": {"$gt": min(booking.start for booking in found)},
        "itinerary": {"$ne": itinerary},
    }
    with translated():
        taken = await store.collection(BOOKINGS).find(query, session=session).to_list()
    clashes = []
    for booking in found:
        for other in taken:
            start, end = max(booking.start, other["start"]), min(booking.end, other["end"])
            if other["resource"] == booking.resource and start < end:
                clashes.append(Taken(booking, start, end, other["itinerary"], other["item"], firm=other["firm"]))
    return sorted(clashes, key=lambda taken: (taken.start, taken.booking.resource, taken.itinerary))


async def prepare_guards(store: Store, found: Iterable[Booking]) -> None:
    """Make the guard documents that taking these needs: before the transaction, where two may make the same one."""
    keys = {f"{booking.resource}@{day}" for booking in found for day in booking.days()}
    guards = store.collection(GUARDS)
    with translated():
        known = {
            document["_id"] for document in await guards.find({"_id": {"$in": sorted(keys)}}, {"_id": 1}).to_list()
        }
        for key in sorted(keys - known):
            try:
                await guards.insert_one({"_id": key, "taken": 0})
            except DuplicateKeyError:
                continue


async def rewrite(store: Store, itinerary: str, found: list[Booking], firm: set[Booking], session: Any) -> None:
    """Write the bookings of an itinerary anew, in the change's transaction; those in ``firm`` are firm.

    Whatever becomes firm that was not has touched its guards before.
    """
    collection = store.collection(BOOKINGS)
    await collection.delete_many({"itinerary": itinerary}, session=session)
    documents = [booked(itinerary, booking, firm=booking in firm) for booking in found]
    if documents:
        await collection.insert_many(documents, session=session)


def booked(itinerary: str, booking: Booking, *, firm: bool) -> dict[str, Any]:
    """A booking as the store keeps it."""
    return {
        "_id": f"{itinerary}|{booking.item}|{booking.resource}",
        "resource": booking.resource,
        "start": booking.start,
        "end": booking.end,
        "itinerary": itinerary,
        "item": booking.item,
        "firm": firm,
    }


async def touch_guards(store: Store, found: Iterable[Booking], session: Any) -> None:
    """Take a turn at the guard of each resource's day, in one order everywhere, so that nobody waits for ever."""
    keys = sorted({f"{booking.resource}@{day}" for booking in found for day in booking.days()})
    for key in keys:
        result = await store.collection(GUARDS).update_one({"_id": key}, {"$inc": {"taken": 1}}, session=session)
        if result.matched_count != 1:
            message = "The plan changed while it was being confirmed: try again"
            raise Problems(Problem(ProblemCode.CONFLICT, "id", message))


async def release(store: Store, itineraries: list[str], session: Any) -> None:
    """Give up everything that itineraries take."""
    await store.collection(BOOKINGS).delete_many({"itinerary": {"$in": itineraries}}, session=session)
