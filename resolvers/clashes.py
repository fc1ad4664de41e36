"""What the items of an itinerary meet, and what may be told of it (ITIN-2)."""

from dataclasses import dataclass
from datetime import datetime

from auth.access import action_rule, fetch
from documents.itinerary import Itinerary
from documents.kinds import kind_of
from documents.values import in_words
from resolvers.bookings import Taken, bookings, other_clashes, own_clashes, people_behind
from resolvers.context import Context
from resolvers.draft import parse
from resolvers.load import Load, Row, rows
from resolvers.strains import ClashReason, strains


@dataclass(frozen=True, slots=True)
class Clash:
    """A resource that two items take at the same time, or that does not fit the one that takes it.

    ``other`` is None where the caller may not see it: busy.
    """

    item: str
    resource: str
    why: ClashReason
    hard: bool
    start: datetime
    end: datetime
    other: Row | None


async def clashes(context: Context, record_id: str, other: Load) -> list[Clash]:
    """What an itinerary's items meet or do not fit, for those who may plan it; hard ones block confirming.

    Of an itinerary that the caller may not see, only the time that a firm booking takes is told (release ``busy``).
    """
    record = await fetch(context.store, "Itinerary", record_id, context.caller, context.now)
    if not action_rule("Itinerary", context.caller, "confirm").allows(context.caller, record, context.now):
        return []
    itinerary = parse(Itinerary, record)
    found = bookings(itinerary)
    same = await people_behind(context.store, found)
    taken = own_clashes(found, same, itinerary.id)
    taken += await other_clashes(context.store, found, same, itinerary.id)
    seen = {
        row.doc["_id"]: row
        for row in await rows(context, other, {"_id": {"$in": sorted({t.itinerary for t in taken})}})
    }
    met = [
        Clash(t.booking.item, t.booking.label, ClashReason.TAKEN, t.firm, t.start, t.end, seen.get(t.itinerary))
        for t in taken
        if t.firm or t.itinerary in seen
    ]
    return met + [
        Clash(each.item.id, each.what, each.why, hard=False, start=each.item.start, end=each.item.end, other=None)
        for each in await strains(context, itinerary)
    ]


async def busy(context: Context, clash: Taken) -> str:
    """What is told of a clash: the other plan's title to who may see it, else only that it is taken."""
    period = f"{clash.start:%Y-%m-%d %H:%M}–{clash.end:%H:%M} UTC"
    label = await _called(context, clash.booking.label, clash.booking.room)
    seen = await rows(context, Load("Itinerary", {"_id", "title", "code"}), {"_id": clash.itinerary})
    where = f" in “{in_words(seen[0].doc['title'])}” ({seen[0].doc['code']})" if seen else ""
    return f"{label} is busy {period}{where}: move the item, choose another, or override it with a reason"


# What is fetched of what a clash is about, and what it is called where the caller may not see it.
_NAMES = {
    "Person": ({"_id", "given_name", "family_name"}, "Someone"),
    "Resource": ({"_id", "name"}, "A resource"),
    "Venue": ({"_id", "name", "rooms"}, "A room"),
}


async def _called(context: Context, label: str, room: str | None) -> str:
    """What people call a resource that is named by its id; what has no id is called what it is."""
    kind = kind_of(label)
    if kind not in _NAMES:
        return label
    paths, instead = _NAMES[kind]
    found = await rows(context, Load(kind, set(paths)), {"_id": label})
    if not found:
        return instead
    doc = found[0].doc
    if kind == "Person":
        return " ".join(doc[name] or "" for name in ("given_name", "family_name"))
    inside = next((entry["name"] for entry in doc.get("rooms") or () if entry["id"] == room), None)
    return ", ".join(filter(None, (inside, in_words(doc["name"]))))
