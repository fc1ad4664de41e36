"""What differs between two issues of an itinerary, as far as the caller reads either (ITIN-5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from documents.itinerary_issue import ItineraryIssue
from documents.tree import Tree, tree
from errors import Invalid
from resolvers.context import Context
from resolvers.diff import diff
from resolvers.history import PathChange, as_json
from resolvers.load import Load, Row, rows
from resolvers.references import told


class DifferenceType(StrEnum):
    """What happened to an item between two issues."""

    ADDED = "ADDED"
    REMOVED = "REMOVED"
    CHANGED = "CHANGED"


@dataclass(frozen=True, slots=True)
class Difference:
    """One item that differs. ``day`` is where it stands now, or stood last."""

    type: DifferenceType
    item: str
    title: dict[str, Any]
    day: str
    day_before: str | None
    changes: list[PathChange]


def _items(document: Mapping[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    return {item["id"]: (day["date"], item) for day in document["days"] or () for item in day["items"] or ()}


async def differences(context: Context, row: Row, number: int | None) -> list[Difference]:
    """The items that differ from the issue before, or from the one of that number; all are new in a first issue."""
    # The row at hand may hold joined records in place of ids, so what is compared is read on its own.
    load = Load("ItineraryIssue", {"_id", "title", "days", "number", "itinerary"})
    now = (await rows(context, load, {"_id": row.doc["_id"]}, limit=1))[0].doc
    query: dict[str, Any] = {"itinerary": now["itinerary"], "number": number}
    if number is None:
        query["number"] = {"$lt": now["number"]}
    earlier = await rows(context, load, query, sort=[("number", -1)], limit=1)
    if number is not None and not earlier:
        msg = f"since is {number}: there is no such issue of this itinerary for you"
        raise Invalid(msg)
    old, new = _items(earlier[0].doc) if earlier else {}, _items(now)
    items = tree(ItineraryIssue).path("days.items")
    below = Tree("ItineraryIssue", ItineraryIssue, items.children)
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        if key not in old:
            day, item = new[key]
            found.append(Difference(DifferenceType.ADDED, key, item["title"], day, None, []))
        elif key not in new:
            day, item = old[key]
            found.append(Difference(DifferenceType.REMOVED, key, item["title"], day, day, []))
        else:
            (was, before), (day, after) = old[key], new[key]
            touched = [t.stored() for t in diff(below, before, after)]
            shown = await told(context, "ItineraryIssue", touched, below="days.items.")
            moved = [PathChange(t["path"], as_json(t["before"]), as_json(t["after"])) for t in shown]
            if moved or was != day:
                found.append(Difference(DifferenceType.CHANGED, key, after["title"], day, was, moved))
    return found
