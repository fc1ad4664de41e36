"""Whether the days of an itinerary leave time for the way (ITIN-4)."""

from typing import Any

import strawberry
from strawberry import ID, Info

from resolvers import travel
from schema.derive import Mark, add, list_of, new_class
from schema.extras import extra

TRAVEL = extra("travel")


def add_types(graph: Any) -> None:
    """The warnings of an itinerary."""
    warning = new_class("TravelWarning")
    add(warning, "item", ID, description="Id of the item.")
    add(warning, "next", ID, description="Id of the item after it.")
    add(warning, "needed_minutes", int, description="Minutes that the way takes, and what is allowed for getting in.")
    add(warning, "free_minutes", int, description="Minutes that there are; a transfer counts from its start.")
    strawberry.type(warning, description="Two items between which there is less time than the way takes (ITIN-4).")

    async def travel_of(self: Any, info: Info) -> Any:
        return await travel.travel(info.context, self.doc["_id"])

    travel_of.__annotations__["return"] = list_of(warning)
    says = "Where it leaves too little time for the way from one item to the next, by their places as you read them."
    mark = Mark("Itinerary", "extra", action="travel")
    add(graph.outputs.records["Itinerary"], "travel", None, description=says, mark=mark, resolver=travel_of)


def add_fields(graph: Any) -> None:
    """Nothing beside its types."""
    del graph
