"""What is special about cultural programmes: whether their stops fit those who come (CULT-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auth.access import action_rule, fetch
from documents.cultural_programme import CulturalProgramme, CulturalProgrammeStatus, Stop
from documents.kinds import collection_of
from documents.store import translated
from resolvers.context import Context
from resolvers.draft import RULES, Draft, Rules, parse
from resolvers.load import Load, rows
from resolvers.places import check_rooms, room_of, venues
from resolvers.problem import ProblemCode

OVER = (CulturalProgrammeStatus.DONE, CulturalProgrammeStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A stop that does not fit the group: by how many it is too small, or that somebody cannot get there."""

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
    """The stops of a programme that do not fit its group, for those who may plan it (release ``accessible``).

    The group is those who take part, or all members of the visit as far as the caller reads them.
    """
    record = await fetch(context.store, "CulturalProgramme", record_id, context.caller, context.now)
    if not action_rule("CulturalProgramme", context.caller, "agree").allows(context.caller, record, context.now):
        return []
    programme = parse(CulturalProgramme, record)
    group = set(programme.participants) or await _members(context, programme)
    needed = await _step_free_needed(context, group)
    known = await venues(context, {stop.place.site for stop in programme.stops if stop.place and stop.place.site})
    found = []
    for stop in programme.stops:
        room = _capacity(stop, known)
        short = len(group) - room if room is not None and len(group) > room else None
        steps = needed and _step_free(stop, known) is False
        if short or steps:
            found.append(Misfit(stop.id, short, steps))
    return found


async def _members(context: Context, programme: CulturalProgramme) -> set[str]:
    found = await rows(context, Load("Delegation", {"_id", "members"}), {"_id": programme.delegation}, limit=1)
    return {member["person"] for row in found for member in row.doc["members"] or ()}


async def _step_free_needed(context: Context, group: set[str]) -> bool:
    """Whether anybody of a group needs ways without steps, whoever asks."""
    query = {"_id": {"$in": sorted(group)}, "needs_step_free": True}
    with translated():
        found = await context.store.collection(collection_of("Person")).find_one(query, {"_id": 1}) if group else None
    return found is not None


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
