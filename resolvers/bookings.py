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
    # Which room of the venue that the label names.
    room: str | None = None

    def overlaps(self, other: "Booking") -> bool:
        """Whether both last at the same instant; one that begins when the other ends does not overlap it."""
        return self.start < other.end and other.start < self.end

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
        taken |= {f"resource:{resource}": resource for resource in item.resources}
        found += [Booking(resource, label, item.start, item.end, item.id) for resource, label in taken.items()]
        if item.place and item.place.site and item.place.site_room:
            site, room = item.place.site, item.place.site_room
            found.append(Booking(f"room:{site}|{room}", site, item.start, item.end, item.id, room))
    return found


Same = dict[str, str]


async def people_behind(store: Store, found: Iterable[Booking], session: Any = None) -> Same:
    """Which resources are a person, among those that these bookings may meet: ``resource:…`` to ``person:…``.

    It is looked up when it is asked for: who drives the minibus may change after it was booked.
    """
    wanted = {booking.resource for booking in found}
    resources = store.collection("resources")

    async def known(query: dict[str, Any]) -> Same:
        with translated():
            kept = await resources.find(query, {"person": 1}, session=session).to_list()
        return {f"resource:{document['_id']}": f"person:{document['person']}" for document in kept}

    ids = sorted(key.removeprefix("resource:") for key in wanted if key.startswith("resource:"))
    same = await known({"_id": {"$in": ids}, "person": {"$ne": None}}) if ids else {}
    persons = {key.removeprefix("person:") for key in (*wanted, *same.values()) if key.startswith("person:")}
    return same | (await known({"person": {"$in": sorted(persons)}}) if persons else {})


def own_clashes(found: list[Booking], same: Same, itinerary: str) -> list[Taken]:
    """Where two items of one itinerary take the same; ``same`` says which resources are a person."""
    clashes = []
    for index, booking in enumerate(found):
        key = same.get(booking.resource, booking.resource)
        for other in found[:index]:
            alike = same.get(other.resource, other.resource) == key
            if alike and booking.item != other.item and booking.overlaps(other):
                start, end = max(booking.start, other.start), min(booking.end, other.end)
                clashes.append(Taken(booking, start, end, itinerary, other.item, firm=True))
    return clashes


async def other_clashes(
    store: Store, found: list[Booking], same: Same, itinerary: str, session: Any = None
) -> list[Taken]:
    """Where bookings of other itineraries meet these; ``same`` says which resources are a person."""
    if not found:
        return []
    query = {
        "resource": {"$in": sorted({booking.resource for booking in found} | same.keys() | set(same.values()))},
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
            alike = same.get(other["resource"], other["resource"]) == same.get(booking.resource, booking.resource)
            if alike and start < end:
                clashes.append(Taken(booking, start, end, other["itinerary"], other["item"], firm=other["firm"]))
    return sorted(clashes, key=lambda taken: (taken.start, taken.booking.resource, taken.itinerary))


def _guards(found: Iterable[Booking], same: Same) -> set[str]:
    """The guards of what is taken: a person has one, by whatever name they are taken."""
    return {f"{same.get(booking.resource, booking.resource)}@{day}" for booking in found for day in booking.days()}


async def prepare_guards(store: Store, found: Iterable[Booking], same: Same) -> None:
    """Make the guard documents that taking these needs: before the transaction, where two may make the same one."""
    keys = _guards(found, same)
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


async def touch_guards(store: Store, found: Iterable[Booking], same: Same, session: Any) -> None:
    """Take a turn at the guard of each resource's day, in one order everywhere, so that nobody waits for ever."""
    for key in sorted(_guards(found, same)):
        result = await store.collection(GUARDS).update_one({"_id": key}, {"$inc": {"taken": 1}}, session=session)
        if result.matched_count != 1:
            message = "The plan changed while it was being confirmed: try again"
            raise Problems(Problem(ProblemCode.CONFLICT, "id", message))


async def release(store: Store, itineraries: list[str], session: Any) -> None:
    """Give up everything that itineraries take."""
    await store.collection(BOOKINGS).delete_many({"itinerary": {"$in": itineraries}}, session=session)
