"""Whether people get from one item to the next in time (ITIN-4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt
from typing import Any

from documents.itinerary import ItemKind, ItemStatus
from resolvers.context import Context
from resolvers.load import Load, rows
from resolvers.places import venues

EARTH_KM = 6371.0
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TravelWarning:
    """Two items between which there is less time than the way takes."""

    item: str
    next: str
    needed_minutes: int
    free_minutes: int


async def travel(context: Context, record_id: str) -> list[TravelWarning]:
    """Where an itinerary leaves too little time for the way, as far as the caller reads items and venues."""
    found = await rows(context, Load("Itinerary", {"_id", "days"}), {"_id": record_id}, limit=1)
    days = [day["items"] or [] for row in found for day in row.doc["days"] or ()]
    known = await venues(context, {_site(item) for day in days for item in day if _site(item)})
    warnings = []
    for day in days:
        for item, after in _pairs(day):
            way = _minutes(context, item, after, known)
            # A transfer is itself the way: what it lasts is time on the road.
            leaves = item["start"] if item["kind"] == ItemKind.TRANSFER else item["end"]
            free = int((after["start"] - leaves).total_seconds() // 60)
            if way is not None and free < way:
                warnings.append(TravelWarning(item["id"], after["id"], way, free))
    return warnings


def _pairs(items: list[dict[str, Any]]) -> Iterable[tuple[Stored, Stored]]:
    """Each item with the next one in its zone that the same people may take part in."""
    held = sorted((i for i in items if i["status"] != ItemStatus.DROPPED), key=lambda i: (i["start"], i["end"]))
    for index, item in enumerate(held):
        later = (
            after
            for after in held[index + 1 :]
            if after["start"] >= item["end"] and after["zone"] == item["zone"] and _together(item, after)
        )
        if (after := next(later, None)) is not None:
            yield item, after


def _together(item: Stored, after: Stored) -> bool:
    """Whether somebody may take part in both; an item without attendees is for everybody."""
    one, other = ({entry["person"] for entry in found["attendees"] or ()} for found in (item, after))
    return not one or not other or not one.isdisjoint(other)


def _site(item: Stored) -> str:
    return (item["place"] or {}).get("site") or ""


def _minutes(context: Context, item: Stored, after: Stored, known: Mapping[str, Stored]) -> int | None:
    """Minutes from one item's place to the other's; None where that is unknown or the same place."""
    here, there = _site(item), _site(after)
    if here in known and here == there:
        return None
    told = _told(known.get(here, {}), known.get(there, {}))
    return _on_the_way(context, told, _position(item, known), _position(after, known))


def way(context: Context, one: Stored, other: Stored) -> int | None:
    """Minutes from one stored venue to another; None where that is unknown or the same place."""
    return _on_the_way(context, _told(one, other), one["position"], other["position"])


def _told(one: Stored, other: Stored) -> int | None:
    """What two venues say of the way between them, in either direction: the longer, where they disagree."""
    found = [
        exception["minutes"]
        for venue, to in ((one, other.get("_id")), (other, one.get("_id")))
        for exception in venue.get("travel_times") or ()
        if exception["to"] == to
    ]
    return max(found, default=None)


def _on_the_way(context: Context, told: int | None, start: Stored | None, end: Stored | None) -> int | None:
    margin = context.settings.travel_margin_minutes
    if told is not None:
        return told + margin
    if start is None or end is None:
        return None
    distance = kilometres(start, end)
    return ceil(distance / context.settings.travel_kmh * 60) + margin if distance else None


def _position(item: Stored, known: Mapping[str, Stored]) -> Stored | None:
    """Where an item is: what it says itself, or where its venue lies."""
    position: Stored | None = (item["place"] or {}).get("position") or known.get(_site(item), {}).get("position")
    return position


def kilometres(one: Stored, other: Stored) -> float:
    """The distance of two stored positions along the great circle, by the haversine formula."""
    (south, west), (north, east) = ((radians(found["latitude"]), radians(found["longitude"])) for found in (one, other))
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))
