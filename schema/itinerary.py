"""What itineraries publish beside what all kinds have."""

from datetime import date
from typing import Any

import strawberry
from strawberry import ID, Info

from resolvers import clashes, itinerary, moves
from resolvers.strains import ClashReason
from schema.derive import Mark, add, enum_type, list_of, new_class
from schema.extras import extra
from schema.given import plain
from schema.scalars import Date, DateTime
from schema.selection import load_at, payload

CLASHES = extra("clashes")


@strawberry.input(description="A clash that is accepted, with the reason that is kept.")
class OverrideInput:
    """One accepted clash."""

    item: ID = strawberry.field(description="Id of the item that clashes.")
    reason: str = strawberry.field(description="Why it is accepted.")


def add_types(graph: Any) -> None:
    """The clashes of an itinerary, for those who may plan it."""
    record = graph.outputs.records["Itinerary"]
    clash = new_class("Clash")
    add(clash, "item", ID, description="Id of the item that clashes.")
    says = "What is taken: id of a person, resource or venue, or the name of a room or vehicle."
    add(clash, "resource", str, description=says)
    add(clash, "why", enum_type(ClashReason), description="Why it does not go together.")
    says = "Whether it blocks confirming; else the other plan is not confirmed yet, or it is for you to judge."
    add(clash, "hard", bool, description=says)
    add(clash, "start", DateTime, description="From when on both take it, or the item lasts.")
    add(clash, "end", DateTime, description="Until when.")
    add(clash, "other", record | None, description="The other itinerary; null where you only learn that it is busy.")
    strawberry.type(clash, description="A resource that two items take, or that does not fit the item (ITIN-2).")

    async def clashes_of(self: Any, info: Info) -> Any:
        return await clashes.clashes(info.context, self.doc["_id"], load_at(info, "Itinerary", ("other",)))

    clashes_of.__annotations__["return"] = list_of(clash)
    says = (
        "What its items meet in this and other itineraries, rooms and seats that are too few, closed venues, absences. "
        "Of plans you may not see you learn only the time."
    )
    add(
        record,
        "clashes",
        None,
        description=says,
        mark=Mark("Itinerary", "extra", action="clashes", right="confirm"),
        resolver=clashes_of,
    )


def add_fields(graph: Any) -> None:
    """Confirming, issuing and moving."""

    async def confirm(
        info: Info,
        id: ID,
        if_revision: str | None = None,
        overrides: list[OverrideInput] | None = None,
    ) -> Any:
        outcome = await itinerary.confirm(info.context, id, if_revision, plain(overrides) or [])
        return await payload(info, "Itinerary", outcome)

    async def issue(
        info: Info,
        id: ID,
        if_revision: str | None = None,
        partners: list[ID] | None = None,
    ) -> Any:
        outcome = await itinerary.issue(info.context, id, if_revision, list(partners or ()))
        return await payload(info, "Itinerary", outcome)

    async def move_day(info: Info, id: ID, if_revision: str, day: ID, to: Date) -> Any:
        return await payload(
            info, "Itinerary", await moves.move_day(info.context, id, if_revision, day, date.fromisoformat(to))
        )

    async def move_item(
        info: Info,
        id: ID,
        if_revision: str,
        item: ID,
        start: DateTime,
        following: bool = False,
    ) -> Any:
        outcome = await moves.move_item(info.context, id, if_revision, item, start, following=following)
        return await payload(info, "Itinerary", outcome)

    says = (
        "Take its people and rooms. A hard clash blocks unless its item is overridden with a reason. DRAFT → CONFIRMED."
    )
    graph.action("Itinerary", "confirm", confirm, says)
    says = "Make an immutable, numbered issue for the partners concerned: all of the visit, or those named."
    graph.action("Itinerary", "issue", issue, says)
    says = "Move a day and all its items to another date; local times stay (ITIN-6)."
    graph.action("Itinerary", "update", move_day, says, name="move_itinerary_day")
    says = "Move an item to another start; with `following`, the day's later items by as much (ITIN-6)."
    graph.action("Itinerary", "update", move_item, says, name="move_itinerary_item")
