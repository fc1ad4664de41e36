"""Where something takes place: a venue that is known, one of its rooms, or what is written down."""

from collections.abc import Iterable, Mapping
from typing import Any

from documents.cultural_programme import Stop
from documents.itinerary import Item, Place
from documents.kinds import collection_of
from documents.values import Position, in_words
from resolvers.context import Context
from resolvers.draft import Draft
from resolvers.load import Load, rows
from resolvers.problem import ProblemCode

LONGEST_LINE = 300


async def check_rooms(
    draft: Draft, entries: Iterable[tuple[str, Item | Stop]], before: Iterable[Mapping[str, Any]]
) -> None:
    """A room is one of the venue that is named; where it stood ``before`` it may stay though it is gone."""
    kept = {entry["id"]: (place["site"], place["site_room"]) for entry in before if (place := entry["place"])}
    fresh = [
        (where, place)
        for where, entry in entries
        if (place := entry.place) and place.site_room and (place.site, place.site_room) != kept.get(entry.id)
    ]
    found = await venues(draft.context, {place.site for _, place in fresh if place.site})
    for where, place in fresh:
        if place.site is None:
            message = "This is a room of no venue: name the venue, too"
            draft.problem(ProblemCode.INVALID, f"{where}.place.siteRoom", message)
        elif room_of(found.get(place.site), place) is None:
            message = "There is no such room of this venue for you: read the venue again"
            draft.problem(ProblemCode.NOT_FOUND, f"{where}.place.siteRoom", message)


async def venues(context: Context, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The venues of these ids that the caller has in scope, as far as they read them."""
    paths = {"_id", "position", "zone", "rooms", "capacity", "step_free", "travel_times"}
    found = await rows(context, Load("Venue", paths), {"_id": {"$in": sorted(ids)}}) if ids else []
    return {row.doc["_id"]: row.doc for row in found}


def room_of(venue: Mapping[str, Any] | None, place: Place) -> Mapping[str, Any] | None:
    """The stored room of a stored venue that a place names."""
    return next((room for room in (venue or {}).get("rooms") or () if room["id"] == place.site_room), None)


async def name_places(draft: Draft, places: Iterable[Place | None]) -> None:
    """Write the names of venues and rooms, and addresses, where nothing is written: who reads it may not know them."""
    known = [place for place in places if place and place.site]
    store = draft.context.store.collection(collection_of("Venue"))
    query = {"_id": {"$in": sorted({place.site for place in known if place.site})}}
    found = {venue["_id"]: venue for venue in await store.find(query, session=draft.session).to_list()} if known else {}
    for place in known:
        venue = found.get(place.site or "")
        if venue is None:
            continue
        room, address = room_of(venue, place), venue["address"] or {}
        place.venue = place.venue or _line(in_words(venue["name"]))
        place.room = place.room or (room["name"] if room else None)
        place.address = place.address or _line(*address.get("lines", ()), address.get("city") or venue["city"])
        if place.position is None and venue["position"]:
            place.position = Position.model_validate(venue["position"])


def _line(*parts: str | None) -> str | None:
    """Parts of a text as one line; None where there are none."""
    return " ".join(", ".join(filter(None, parts)).split())[:LONGEST_LINE].strip() or None
