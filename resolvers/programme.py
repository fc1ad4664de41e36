"""Copying a cultural programme for a visit, and placing its stops into the days of an itinerary (D8)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from auth.access import fetch
from documents.itinerary import Attendee, Item, ItemKind, Itinerary, Place
from documents.kinds import tree_of
from documents.values import Text
from errors import NotFound
from resolvers.change import Outcome, change, create
from resolvers.context import Context
from resolvers.cultural_programme import OVER
from resolvers.draft import Draft, parse, remake
from resolvers.load import Load, rows
from resolvers.moves import day_of, put_days
from resolvers.places import venues
from resolvers.problem import ProblemCode
from resolvers.references import references

COPIED = ("theme", "languages", "stops")
READ = {"_id", "status", "template", "delegation", "participants", *COPIED}
Stored = dict[str, Any]


async def copy(context: Context, record_id: str, delegation: str) -> Outcome:
    """Make a visit's own programme from a template, or from another one, as far as the caller reads it."""
    programme = await _read(context, record_id)
    facts = _given({name: programme[name] for name in COPIED if programme[name] is not None})
    return await create(context, "CulturalProgramme", facts | {"delegation": delegation})


async def place(context: Context, record_id: str, itinerary_id: str, on: date, if_revision: str) -> Outcome:
    """Copy the stops of a programme into the days of an itinerary, the first day being ``on``: all or nothing."""
    await fetch(context.store, "CulturalProgramme", record_id, context.caller, context.now, action="place")

    async def work(draft: Draft) -> None:
        programme = await _read(context, record_id)
        itinerary = parse(Itinerary, draft.document)
        visit = programme["delegation"]
        if programme["status"] in OVER:
            draft.problem(ProblemCode.CONFLICT, "id", f"A programme that is {programme['status']} cannot be placed")
        if visit is not None and visit != itinerary.delegation:
            message = "The programme belongs to another visit: copy it for this one first"
            draft.problem(ProblemCode.CONFLICT, "itinerary", message)
        try:
            await _put(context, programme, itinerary, on)
        except OverflowError:
            draft.problem(ProblemCode.INVALID, "on", f"{on} lies outside the calendar: name another day")
        put_days(draft, itinerary)
        draft.stop()
        if not programme["template"]:
            await remake(draft, "CulturalProgramme", record_id, "place", placed)

    async def placed(programme: Draft) -> None:
        if programme.before["placed_on"] is not None:
            message = "The programme was placed before: copy it, or mark it as a template, to place it again"
            programme.problem(ProblemCode.CONFLICT, "id", message)
        programme.document["placed_on"] = str(on)

    return await change(context, "Itinerary", itinerary_id, "update", if_revision, work)


async def _read(context: Context, record_id: str) -> Stored:
    """A programme as the caller reads it: what it refers to and they may not see is not there. Raises NotFound."""
    found = await rows(context, Load("CulturalProgramme", set(READ)), {"_id": record_id}, limit=1)
    if not found:
        raise NotFound("CulturalProgramme")
    programme = found[0].doc
    seen: set[str] = set()
    named = references(tree_of("CulturalProgramme").paths, programme)
    for kind in sorted({reference.kind for reference in named}):
        ids = sorted({reference.id for reference in named if reference.kind == kind})
        seen |= {row.doc["_id"] for row in await rows(context, Load(kind), {"_id": {"$in": ids}})}
    for stop in programme["stops"] or ():
        stop["guide"] = stop["guide"] if stop["guide"] in seen else None
        stop["resources"] = [resource for resource in stop["resources"] or () if resource in seen]
        if stop["place"] and stop["place"]["site"] not in seen:
            stop["place"] |= {"site": None, "site_room": None}
    programme["participants"] = [person for person in programme["participants"] or () if person in seen]
    programme["delegation"] = programme["delegation"] if programme["delegation"] in seen else None
    return programme


def _given(value: Any) -> Any:
    """What is stored as a client gives it: without ids of elements, and without what is null."""
    if isinstance(value, Mapping):
        return {name: _given(below) for name, below in value.items() if below is not None and name != "id"}
    return [_given(item) for item in value] if isinstance(value, list) else value


async def _put(context: Context, programme: Stored, itinerary: Itinerary, on: date) -> None:
    """Add the stops to the days of an itinerary. Raises OverflowError."""
    stops = programme["stops"] or []
    known = await venues(context, {stop["place"]["site"] for stop in stops if stop["place"] and stop["place"]["site"]})
    attendees = await _attendees(context, programme)
    for stop in stops:
        day = on + timedelta(days=stop["day"])
        venue = known.get(stop["place"]["site"] or "", {}) if stop["place"] else {}
        zone = venue.get("zone") or context.settings.zone
        start = datetime.combine(day, time.fromisoformat(stop["starts"]), ZoneInfo(zone)).astimezone(UTC)
        item = Item(
            kind=ItemKind.CULTURAL,
            title=Text.model_validate(stop["title"]),
            start=start,
            end=start + timedelta(minutes=stop["minutes"]),
            zone=zone,
            place=Place.model_validate(stop["place"]) if stop["place"] else None,
            escort=stop["guide"],
            attendees=[Attendee(person=person, partner=partner) for person, partner in attendees],
            resources=stop["resources"],
        )
        day_of(itinerary, day).items.append(item)


async def _attendees(context: Context, programme: Stored) -> list[tuple[str, str | None]]:
    """Who takes part, if not all members: the person, and whom they come from."""
    wanted = programme["participants"]
    if not wanted:
        return []
    visit = await rows(context, Load("Delegation", {"_id", "members"}), {"_id": programme["delegation"]}, limit=1)
    members = {member["person"]: member["partner"] for row in visit for member in row.doc["members"] or ()}
    found = await rows(context, Load("Person", {"_id", "partner"}), {"_id": {"$in": wanted}})
    partners = {row.doc["_id"]: row.doc["partner"] for row in found} | members
    ours = {partner for partner in partners.values() if partner}
    seen = {row.doc["_id"] for row in await rows(context, Load("Partner"), {"_id": {"$in": sorted(ours)}})}
    return [(person, partners.get(person) if partners.get(person) in seen else None) for person in wanted]
