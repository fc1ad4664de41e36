"""What is noted of itineraries on the day itself."""

from typing import Any

from strawberry import ID, Info

from resolvers import on_the_day
from schema.scalars import DateTime
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Items begin, end, and are late."""

    async def start(info: Info, id: ID, item: ID, at: DateTime | None = None, if_revision: str | None = None) -> Any:
        return await payload(info, "Itinerary", await on_the_day.start_item(info.context, id, item, at, if_revision))

    async def end(info: Info, id: ID, item: ID, at: DateTime | None = None, if_revision: str | None = None) -> Any:
        return await payload(info, "Itinerary", await on_the_day.end_item(info.context, id, item, at, if_revision))

    async def delay(info: Info, id: ID, day: ID, item: ID, minutes: int, if_revision: str) -> Any:
        outcome = await on_the_day.delay(info.context, id, day, item, minutes, if_revision)
        return await payload(info, "Itinerary", outcome)

    says = "Note that an item began. What it takes stays booked as it was."
    graph.action("Itinerary", "update", start, says, name="start_itinerary_item")
    says = "Note that an item that is running ended. What it takes stays booked as it was."
    graph.action("Itinerary", "update", end, says, name="end_itinerary_item")
    says = "Move an item and the day's later ones that have not begun by so many minutes, marked as delayed."
    graph.action("Itinerary", "update", delay, says, name="delay_itinerary")
