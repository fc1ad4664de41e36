"""What cultural programmes publish beside what all kinds have."""

from datetime import date
from typing import Any

import strawberry
from strawberry import ID, Info

from resolvers import cultural_programme, programme
from schema.derive import Mark, add, list_of, new_class
from schema.extras import extra
from schema.scalars import Date
from schema.selection import payload

FITS = extra("fits")


def add_types(graph: Any) -> None:
    """Which stops do not fit those who come (CULT-1)."""
    misfit = new_class("StopMisfit")
    add(misfit, "stop", ID, description="Id of the stop.")
    add(misfit, "too_small_by", int | None, description="By how many it is too small; null where it is large enough.")
    add(
        misfit,
        "not_step_free",
        bool,
        description="It is not step-free, and somebody needs that, or may: you do not read their needs.",
    )
    strawberry.type(misfit, description="A stop that does not fit the group; it never says who needs what (CULT-1).")

    async def fits(self: Any, info: Info) -> Any:
        return await cultural_programme.fits(info.context, self.doc["_id"])

    fits.__annotations__["return"] = list_of(misfit)
    says = "Its stops that do not fit those who take part, or all members of the visit; empty where all do."
    mark = Mark("CulturalProgramme", "extra", action="fits", right="agree")
    record = graph.outputs.records["CulturalProgramme"]
    add(record, "fits", None, description=says, mark=mark, resolver=fits)


def add_fields(graph: Any) -> None:
    """Copying a programme, and placing it into an itinerary."""

    async def copy(info: Info, id: ID, delegation: ID) -> Any:
        return await payload(info, "CulturalProgramme", await programme.copy(info.context, id, delegation))

    async def place(info: Info, id: ID, itinerary: ID, on: Date, if_revision: str) -> Any:
        outcome = await programme.place(info.context, id, itinerary, date.fromisoformat(on), if_revision)
        return await payload(info, "Itinerary", outcome)

    says = "Make a visit's own programme from a template, as far as you read it."
    graph.action("CulturalProgramme", "create", copy, says, name="copy_cultural_programme")
    says = (
        "Copy the stops of a programme into the days of an itinerary, all or nothing; `ifRevision` is the itinerary's. "
        "A template is placed as often as one likes, any other programme once."
    )
    place.__annotations__["return"] = graph.payloads["Itinerary"]
    mark = Mark("CulturalProgramme", "action", action="place")
    add(graph.mutation, "place_cultural_programme", None, description=says, mark=mark, resolver=place)
