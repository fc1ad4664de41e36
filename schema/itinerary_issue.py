"""What issues of itineraries publish beside what all kinds have."""

from typing import Any

import strawberry
from strawberry import ID, Info

from documents.itinerary_issue import ItineraryIssue
from documents.tree import tree
from resolvers import itinerary_issue
from resolvers.history import PathChange
from schema.derive import Mark, add, list_of, new_class
from schema.extras import extra
from schema.scalars import Date
from schema.wording import enumerated

DIFFERENCES = extra("differences")


def add_types(graph: Any) -> None:
    """The difference between two issues (ITIN-5)."""
    kind = enumerated(itinerary_issue.DifferenceType, "What happened to an item between two issues.")
    text = graph.outputs.part("ItineraryIssue", tree(ItineraryIssue).path("title"))
    difference = new_class("ItineraryDifference")
    add(difference, "type", kind, description="Added, removed or changed.")
    add(difference, "item", ID, description="Id of the item.")
    add(difference, "title", text | None, description="What the item is called.")
    add(difference, "day", Date, description="The day on which it stands, or stood last.")
    add(difference, "day_before", Date | None, description="The day on which it stood before; null for a new item.")
    add(difference, "changes", list[PathChange], description="What changed in it.")
    strawberry.type(difference, description="An item that differs between two issues of an itinerary.")

    async def differences(self: Any, info: Info, since: int | None = None) -> Any:
        return await itinerary_issue.differences(info.context, self, since)

    differences.__annotations__["return"] = list_of(difference)
    says = "What differs from the issue before, or from the one of the number `since`, as far as you read both."
    mark = Mark("ItineraryIssue", "extra", action="differences")
    add(graph.outputs.records["ItineraryIssue"], "differences", None, description=says, mark=mark, resolver=differences)


def add_fields(graph: Any) -> None:
    """Nothing beside its types."""
    del graph
