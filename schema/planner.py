"""Suggested times for meetings, for those who plan itineraries."""

from datetime import date
from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from resolvers import planner
from resolvers.load import Load, rows
from schema.derive import Mark, add, list_of, new_class
from schema.given import plain
from schema.scalars import Date, DateTime
from schema.selection import load_at


@strawberry.input(description="A meeting to find a time for.")
class MeetingInput:
    """One meeting."""

    minutes: int = strawberry.field(description="How long it lasts.")
    title: str | None = strawberry.field(default=None, description="How it is spoken of in the answer.")
    hosts: list[ID] = strawberry.field(default_factory=list, description="Our people who must take part.")
    room: bool = strawberry.field(default=True, description="Whether it needs a room.")
    people: int | None = strawberry.field(default=None, description="How many the room must hold.")
    step_free: bool = strawberry.field(default=False, description="Whether the room must be reached without steps.")
    venues: list[ID] = strawberry.field(default_factory=list, description="Venues to look in; all, if none is named.")
    languages: list[str] = strawberry.field(
        default_factory=list,
        description="Languages that one interpreter must speak; none, if no interpreter is needed.",
    )


def add_types(graph: Any) -> None:
    """Suggestions and what to relax."""
    suggestion = new_class("SlotSuggestion")
    add(suggestion, "meeting", int, description="Which of the meetings, counted from 0.")
    add(suggestion, "start", DateTime, description="Begins.")
    add(suggestion, "end", DateTime, description="Ends.")
    add(suggestion, "venue", graph.outputs.records["Venue"] | None, description="Where; null if no room was asked for.")
    add(suggestion, "room", ID | None, description="Id of the venue's room.")
    add(suggestion, "room_name", str | None, description="What the room is called.")
    add(suggestion, "interpreter", graph.outputs.records["Resource"] | None, description="Who interprets.")
    add(suggestion, "reasons", list[str], description="Why there, a sentence each.")
    strawberry.type(suggestion, description="A time at which a meeting fits.")
    found = new_class("SlotSuggestions")
    add(found, "suggestions", list_of(suggestion), description="What fits, the best first, or in order of time.")
    add(
        found,
        "relax",
        list[str],
        description="For each meeting that fits nowhere, what would make it fit; each sentence is enough by itself.",
    )
    strawberry.type(found, description="Times at which meetings fit, or what to relax.")
    graph.slots = found


def add_fields(graph: Any) -> None:
    """Times for one meeting, and a draft for several."""

    async def one(
        info: Info,
        meeting: MeetingInput,
        from_: Annotated[Date, strawberry.argument(name="from")],
        end: Annotated[Date, strawberry.argument(name="to")],
        itinerary: ID | None = None,
        most: Annotated[int, strawberry.argument(name="first")] = 5,
    ) -> Any:
        return await _suggested(info, [meeting], (from_, end), itinerary, most)

    async def several(
        info: Info,
        meetings: list[MeetingInput],
        from_: Annotated[Date, strawberry.argument(name="from")],
        end: Annotated[Date, strawberry.argument(name="to")],
        itinerary: ID | None = None,
    ) -> Any:
        return await _suggested(info, meetings, (from_, end), itinerary, 1)

    slots = (
        "When a meeting fits: hosts at work and free, no holiday, a free room, an interpreter, and time for the "
        "way from and to the items of the itinerary it is for. Nothing is written."
    )
    programme = (
        "When several meetings of the same guests fit, one after the other: as many as possible, early. Nothing is "
        "written: make an itinerary of what you like."
    )
    for name, resolver, says in (("suggest_slots", one, slots), ("suggest_programme", several, programme)):
        resolver.__annotations__["return"] = graph.slots
        mark = Mark("Itinerary", "action", action="create")
        add(graph.query, name, None, description=says, mark=mark, resolver=resolver)


async def _suggested(info: Info, given: list[MeetingInput], days: tuple[str, str], plan: str | None, most: int) -> Any:
    meetings = [planner.Meeting(**plain(meeting)) for meeting in given]
    first, last = (date.fromisoformat(day) for day in days)
    found = await planner.suggest(info.context, meetings, first, last, plan, most)
    ids = {"Venue": {s.venue for s in found.found}, "Resource": {s.interpreter for s in found.found}}
    loaded: dict[str | None, Any] = {}
    for kind, name in (("Venue", "venue"), ("Resource", "interpreter")):
        load: Load = load_at(info, kind, ("suggestions", name))
        wanted = sorted(key for key in ids[kind] if key)
        loaded |= (
            {row.doc["_id"]: row for row in await rows(info.context, load, {"_id": {"$in": wanted}})} if wanted else {}
        )
    suggestions = [
        {
            "meeting": s.meeting,
            "start": s.start,
            "end": s.end,
            "venue": loaded.get(s.venue),
            "room": s.room,
            "room_name": s.room_name,
            "interpreter": loaded.get(s.interpreter),
            "reasons": s.reasons,
        }
        for s in found.found
    ]
    return {"suggestions": suggestions, "relax": found.relax}
