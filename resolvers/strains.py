"""What the items of an itinerary ask of rooms, vehicles, hours and people that does not fit (ITIN-2): never blocking.

Everything is read in the caller's scope, so whoever does not see a venue, a person or the guests learns nothing of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from documents.itinerary import Item, Itinerary
from documents.venue import VenueStatus
from resolvers.agenda import WEEKDAYS
from resolvers.context import Context
from resolvers.load import Load, Row, rows
from resolvers.places import room_of
from resolvers.slots import union

Known = Mapping[str, Row]


class ClashReason(StrEnum):
    """Why something does not go together."""

    TAKEN = "TAKEN"
    TOO_SMALL = "TOO_SMALL"
    CLOSED = "CLOSED"
    ABSENT = "ABSENT"


@dataclass(frozen=True, slots=True)
class Strain:
    """Something that an item takes and that does not fit it."""

    item: Item
    what: str
    why: ClashReason


async def strains(context: Context, itinerary: Itinerary) -> list[Strain]:
    """What does not fit the items of an itinerary, as far as the caller sees what they take and who comes."""
    items = [item for day in itinerary.days for item in day.items]
    sites = {item.place.site for item in items if item.place and item.place.site}
    hours = {"_id", "zone", "opening_hours", "rooms", "capacity", "status"}
    venues = await _known(context, "Venue", sites, hours)
    resources = await _known(
        context, "Resource", {found for item in items for found in item.resources}, {"_id", "seats", "absences"}
    )
    people = await _known(context, "Person", {who for item in items for _, who in item.ours()}, {"_id", "absences"})
    guests = await _guests(context, itinerary)
    zone = ZoneInfo(context.settings.zone)
    found: list[Strain] = []
    for item in items:
        coming = {each.person for each in item.attendees} or guests
        found += _room(item, venues, len(coming | {who for part, who in item.ours() if part != "DRIVER"}))
        found += _seats(item, resources, len(coming))
        away = [who for _, who in dict.fromkeys(item.ours()) if _absent(people.get(who), item, zone)]
        away += [each for each in item.resources if _absent(resources.get(each), item, zone)]
        found += [Strain(item, who, ClashReason.ABSENT) for who in dict.fromkeys(away)]
    return found


async def _known(context: Context, kind: str, ids: set[str], paths: set[str]) -> Known:
    found = await rows(context, Load(kind, paths), {"_id": {"$in": sorted(ids)}}) if ids else []
    return {row.doc["_id"]: row for row in found}


async def _guests(context: Context, itinerary: Itinerary) -> set[str]:
    """The members of the visit, as far as the caller sees them."""
    if itinerary.delegation is None:
        return set()
    found = await rows(context, Load("Delegation", {"_id", "members"}), {"_id": itinerary.delegation}, limit=1)
    return {member["person"] for row in found for member in row.doc["members"] or ()}


def _room(item: Item, venues: Known, people: int) -> Iterator[Strain]:
    """A room that is too small for the guests and ours who are there; a venue that is closed meanwhile."""
    venue = venues.get(item.place.site or "") if item.place else None
    if venue is None or item.place is None:
        return
    room = room_of(venue.doc, item.place) or {}
    capacity = room["capacity"] if room.get("capacity") is not None else venue.doc["capacity"]
    if capacity is not None and people > capacity:
        yield Strain(item, venue.doc["_id"], ClashReason.TOO_SMALL)
    if venue.doc["status"] == VenueStatus.CLOSED or not _open(venue.doc, item):
        yield Strain(item, venue.doc["_id"], ClashReason.CLOSED)


def _open(venue: Mapping[str, Any], item: Item) -> bool:
    """Whether a venue is open all the while; one that says nothing of its hours is."""
    if not venue["opening_hours"]:
        return True
    zone = ZoneInfo(venue["zone"])
    start, end = item.start.astimezone(zone), item.end.astimezone(zone)
    listed = [entry for entry in venue["opening_hours"] if entry["day"] == WEEKDAYS[start.weekday()]]
    hours = union((_minute(entry["start"]), _minute(entry["end"])) for entry in listed)
    same_day = start.date() == end.date()
    return same_day and any(first <= _of_day(start) and _of_day(end) <= last for first, last in hours)


def _minute(told: str) -> int:
    return _of_day(time.fromisoformat(told))


def _of_day(moment: time | datetime) -> int:
    return moment.hour * 60 + moment.minute


def _seats(item: Item, resources: Known, guests: int) -> Iterator[Strain]:
    """Vehicles whose seats together are too few for the guests."""
    seated = {each: row.doc["seats"] for each in item.resources if (row := resources.get(each)) and row.doc["seats"]}
    if seated and sum(seated.values()) < guests:
        yield from (Strain(item, each, ClashReason.TOO_SMALL) for each in seated)


def _absent(row: Row | None, item: Item, zone: ZoneInfo) -> bool:
    """Whether somebody is away on a day of an item."""
    first, last = (str(moment.astimezone(zone).date()) for moment in (item.start, item.end))
    periods = [entry["period"] for entry in (row.doc["absences"] or () if row else ())]
    return any(each["start"] <= last and first <= (each["end"] or first) for each in periods)
