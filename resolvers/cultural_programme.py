"""What is special about cultural programmes: whether their stops fit those who come (CULT-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auth.access import action_rule, fetch
from documents.cultural_programme import CulturalProgramme, CulturalProgrammeStatus, Stop
from documents.kinds import tree_of
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, parse
from resolvers.load import Load, Row, rows
from resolvers.places import check_rooms, room_of, venues
from resolvers.problem import ProblemCode

NEED = "needs_step_free"
OVER = (CulturalProgrammeStatus.DONE, CulturalProgrammeStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A stop that does not fit the group: by how many it is too small, or that somebody may not get there."""

    stop: str
    too_small_by: int | None
    not_step_free: bool


async def check(draft: Draft) -> None:
    """A template belongs to no visit; what is over stays as it was; something is shown of what is agreed."""
    programme: CulturalProgramme = draft.model()
    if programme.template and programme.delegation is not None:
        message = "A template belongs to no visit: copy it for the visit instead"
        draft.problem(ProblemCode.INVALID, "delegation", message)
    if draft.action == "update" and draft.before["status"] in OVER:
        draft.problem(ProblemCode.CONFLICT, "id", f"A programme that is {draft.before['status']} does not change")
    if draft.action == "agree" and not programme.stops:
        message = "A programme without stops cannot be agreed: add stops first"
        draft.problem(ProblemCode.CONFLICT, "id", message)
    entries = [(f"stops[{stop.id}]", stop) for stop in programme.stops]
    await check_rooms(draft, entries, draft.before.get("stops") or ())


async def fits(context: Context, record_id: str) -> list[Misfit]:
    """The stops of a programme that do not fit its group, for those who may plan it.

    The group is those who take part, or all members of the visit, as far as the caller sees them. Whoever's needs the
    caller does not read may need ways without steps: what is told is the same whether they do.
    """
    record = await fetch(context.store, "CulturalProgramme", record_id, context.caller, context.now)
    if not action_rule("CulturalProgramme", context.caller, "agree").allows(context.caller, record, context.now):
        return []
    programme = parse(CulturalProgramme, record)
    size, needed = await _group(context, programme)
    known = await venues(context, {stop.place.site for stop in programme.stops if stop.place and stop.place.site})
    found = []
    for stop in programme.stops:
        room = _capacity(stop, known)
        short = size - room if room is not None and size > room else None
        steps = needed and _step_free(stop, known) is False
        if short or steps:
            found.append(Misfit(stop.id, short, steps))
    return found


async def _group(context: Context, programme: CulturalProgramme) -> tuple[int, bool]:
    """How many come, and whether somebody of them needs ways without steps, or may."""
    persons, size = list(programme.participants), 0
    if not persons and programme.delegation is not None:
        visit = Load("Delegation", {"_id", "members"})
        found = await rows(context, visit, {"_id": programme.delegation}, limit=1)
        persons = [member["person"] for row in found for member in row.doc["members"] or ()]
        size = len(persons)
    load = Load("Person", {"_id", NEED})
    known = await rows(context, load, {"_id": {"$in": sorted(set(persons))}}) if persons else []
    # Members show though their persons do not; of participants only those show whose persons do.
    unseen = size > 0 and len(known) < len(set(persons))
    return size or len(known), unseen or any(_may_need(person) for person in known)


def _may_need(person: Row) -> bool:
    """Whether somebody needs ways without steps, or may, since the caller does not read it."""
    sight, chain = person.sight, tree_of("Person").path(NEED).chain
    return bool(person.doc[NEED]) or not sight.reads(chain, sight.bits(person.doc))


def _capacity(stop: Stop, known: Mapping[str, Mapping[str, Any]]) -> int | None:
    """How many can take part in a stop, as it says itself, or its room, or its venue."""
    found: int | None = _first(stop.capacity, "capacity", stop, known)
    return found


def _step_free(stop: Stop, known: Mapping[str, Mapping[str, Any]]) -> bool | None:
    """Whether a stop goes without steps; a room is not reached better than its venue."""
    own: bool | None = _first(stop.step_free, "step_free", stop, known)
    venue = known.get(stop.place.site or "", {}) if stop.place else {}
    return False if own and stop.step_free is None and venue.get("step_free") is False else own


def _first(own: Any, name: str, stop: Stop, known: Mapping[str, Mapping[str, Any]]) -> Any:
    if own is not None or stop.place is None:
        return own
    venue = known.get(stop.place.site or "")
    room = room_of(venue, stop.place) or {}
    return room[name] if room.get(name) is not None else (venue or {}).get(name)


RULES["CulturalProgramme"] = Rules(check=check)
