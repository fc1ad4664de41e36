"""Where a meeting fits: hosts at work and free, a room that is large enough, an interpreter, and time for the way (D9).

It reads what the caller reads. That somebody or a room is taken, whoever takes it, is the release ``busy``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

from auth.access import fetch
from documents.folding import fold
from documents.itinerary import ItemStatus
from documents.resource import ResourceStatus, ResourceType
from documents.values import in_words
from documents.venue import VenueStatus
from errors import Invalid, LimitReached
from resolvers.agenda import Agenda
from resolvers.context import Context
from resolvers.load import Load, Row, rows
from resolvers.slots import Choice, Free, Placed, Task, Wish, common, search, union
from resolvers.travel import way

MOST_DAYS = 62
MOST_HOSTS = 40
MOST_WISHES = 12
MOST_ROOMS = 200
MOST_SUGGESTIONS = 20
NOTHING_PLANNED: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting that is wished for."""

    title: str | None
    minutes: int
    hosts: list[str]
    people: int | None = None
    step_free: bool = False
    venues: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    room: bool = True


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where a meeting fits, and why there."""

    meeting: int
    start: datetime
    end: datetime
    venue: str | None
    room: str | None
    room_name: str | None
    interpreter: str | None
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What was found, and what to relax for what was not: a sentence each."""

    found: list[Suggestion]
    relax: list[str]


async def suggest(
    context: Context, meetings: list[Meeting], first: date, last: date, itinerary: str | None, most: int
) -> Suggestions:
    """Where meetings of one group of guests fit from ``first`` to ``last``, both included.

    One meeting: up to ``most`` times for it, the best first. Several: one time for each, as many as fit; the plan they
    go into stays as it is, its items included. Raises Invalid, LimitReached, NotFound, and Unavailable where the search
    did not end in time.
    """
    _check(meetings, first, last, most)
    agenda = Agenda(context, first, last)
    plan = (
        await fetch(context.store, "Itinerary", itinerary, context.caller, context.now)
        if itinerary
        else NOTHING_PLANNED
    )
    hosts = await _hosts(context, meetings)
    venues = await _venues(context, meetings)
    interpreters = await _interpreters(context) if any(meeting.languages for meeting in meetings) else []
    await agenda.load(
        [
            *(f"person:{key}" for key in hosts),
            *(key for venue in venues for room in venue.doc["rooms"] or () for key in _room_keys(venue, room)),
            *(key for found in interpreters for key in _helper_keys(found)),
        ]
    )
    table = _Table(agenda, hosts, venues, interpreters)
    wishes = [table.wish(number, meeting) for number, meeting in enumerate(meetings)]
    several = len(meetings) > 1
    task = Task(
        [*_fixed(agenda, plan), *wishes],
        travel=_travel(context, venues),
        most=1 if several else most,
        seconds=min(context.settings.request_timeout_seconds / 3, 8.0),
    )
    answers = await search(task)
    found = [table.suggestion(meetings, placed) for answer in answers for placed in answer if placed.wish.isdigit()]
    placed = {suggestion.meeting for suggestion in found}
    relax = [line for n, meeting in enumerate(meetings) if n not in placed for line in table.relax(meeting, wishes[n])]
    return Suggestions(found, relax)


def _check(meetings: list[Meeting], first: date, last: date, most: int) -> None:
    if last < first:
        msg = "to lies before from: give the first and the last day to look at"
        raise Invalid(msg)
    if (last - first).days >= MOST_DAYS:
        msg = f"to lies {(last - first).days} days after from: look at {MOST_DAYS} days at most"
        raise LimitReached(msg)
    if not 1 <= len(meetings) <= MOST_WISHES:
        msg = f"meetings has {len(meetings)} entries: give 1 to {MOST_WISHES}"
        raise LimitReached(msg)
    if not 1 <= most <= MOST_SUGGESTIONS:
        msg = f"first is {most}: give a number from 1 to {MOST_SUGGESTIONS}"
        raise LimitReached(msg)
    for index, meeting in enumerate(meetings):
        if not 5 <= meeting.minutes <= 12 * 60:
            msg = f"meetings[{index}].minutes is {meeting.minutes}: give 5 to 720"
            raise Invalid(msg)
        if len(meeting.hosts) > MOST_HOSTS:
            msg = f"meetings[{index}].hosts has {len(meeting.hosts)} entries; at most {MOST_HOSTS} are taken"
            raise LimitReached(msg)


async def _hosts(context: Context, meetings: list[Meeting]) -> dict[str, Row]:
    """Everyone who hosts, by id. Raises Invalid for one whom the caller does not have in scope."""
    wanted = sorted({host for meeting in meetings for host in meeting.hosts})
    load = Load("Person", {"_id", "given_name", "family_name", "working_hours", "absences"})
    found = {row.doc["_id"]: row for row in await rows(context, load, {"_id": {"$in": wanted}})} if wanted else {}
    for index, meeting in enumerate(meetings):
        for place, host in enumerate(meeting.hosts):
            if host not in found:
                msg = f"meetings[{index}].hosts[{place}]: there is no such Person for you: check the id"
                raise Invalid(msg)
    return found


async def _venues(context: Context, meetings: list[Meeting]) -> list[Row]:
    """Open venues: those that are named, or all, as far as the caller has them in scope."""
    if not any(meeting.room for meeting in meetings):
        return []
    query: dict[str, Any] = {"status": str(VenueStatus.OPEN)}
    if all(meeting.venues for meeting in meetings if meeting.room):
        query["_id"] = {"$in": sorted({venue for meeting in meetings for venue in meeting.venues})}
    paths = {"_id", "name", "rooms", "opening_hours", "position", "travel_times"}
    return await rows(context, Load("Venue", paths), query, sort=[("_id", 1)], limit=MOST_ROOMS)


async def _interpreters(context: Context) -> list[Row]:
    query = {"type": str(ResourceType.INTERPRETER), "status": str(ResourceStatus.AVAILABLE)}
    load = Load("Resource", {"_id", "name", "person", "languages", "working_hours", "absences"})
    # Reading ``person`` as an id, not as the record that it refers to.
    return await rows(context, load, query, sort=[("_id", 1)], limit=MOST_ROOMS)


def _room_keys(venue: Row, room: Mapping[str, Any]) -> list[str]:
    """Under which names a room is booked."""
    names = {fold(name) for name in (venue.doc["name"] or {}).values() if name}
    return [f"room:{venue.doc['_id']}|{room['id']}", *(f"room:{name}|{fold(room['name'])}" for name in sorted(names))]


def _helper_keys(found: Row) -> list[str]:
    person = found.doc["person"]
    return [f"resource:{found.doc['_id']}", *([f"person:{person}"] if person else ())]


def _person(row: Row) -> str:
    return " ".join(filter(None, (row.doc["given_name"], row.doc["family_name"])))


@dataclass(frozen=True, slots=True)
class _Table:
    """Who and what there is to plan with, and when it is free."""

    agenda: Agenda
    hosts: dict[str, Row]
    venues: list[Row]
    interpreters: list[Row]

    def host(self, key: str) -> Free:
        """When a host is at work and free."""
        row = self.hosts[key]
        hours = self.agenda.hours(row.doc["working_hours"] or (), row.doc["absences"] or ())
        return self.agenda.free(hours, f"person:{key}")

    def rooms(self, meeting: Meeting) -> list[Choice]:
        """Rooms that are large enough, the smallest first."""
        found = []
        for venue in self.venues:
            if meeting.venues and venue.doc["_id"] not in meeting.venues:
                continue
            hours = self.agenda.hours(venue.doc["opening_hours"] or ())
            for room in venue.doc["rooms"] or ():
                if meeting.step_free and not room["step_free"]:
                    continue
                if meeting.people is not None and (room["capacity"] or 0) < meeting.people:
                    continue
                free = self.agenda.free(hours, *_room_keys(venue, room))
                found.append(
                    (room["capacity"] or 0, Choice(f"{venue.doc['_id']}|{room['id']}", free, venue.doc["_id"]))
                )
        ordered = sorted(found, key=lambda pair: (pair[0], pair[1].id))[:MOST_ROOMS]
        # Of two that do, the smaller: it is worth waiting a quarter of an hour for, no more.
        return [replace(choice, against=min(place, 3)) for place, (_, choice) in enumerate(ordered)]

    def helpers(self, meeting: Meeting) -> list[Choice]:
        """Interpreters who speak all the languages."""
        return [
            Choice(
                found.doc["_id"],
                self.agenda.free(
                    self.agenda.hours(found.doc["working_hours"] or (), found.doc["absences"] or ()),
                    *_helper_keys(found),
                ),
            )
            for found in self.interpreters
            if set(meeting.languages) <= set(found.doc["languages"] or ())
        ]

    def free(self, meeting: Meeting, *, but: str | None = None) -> Free:
        """When all hosts can, ``but`` one; without any, when the university works."""
        parts = [self.host(key) for key in dict.fromkeys(meeting.hosts) if key != but]
        return common([self.agenda.hours(()), *parts]) if not parts else common(parts)

    def wish(self, number: int, meeting: Meeting) -> Wish:
        """A meeting with all that it needs."""
        choices = [self.rooms(meeting)] if meeting.room else []
        choices += [self.helpers(meeting)] if meeting.languages else []
        return Wish(str(number), meeting.minutes, self.free(meeting), choices)

    def suggestion(self, meetings: list[Meeting], placed: Placed) -> Suggestion:
        """What was found, with its reasons."""
        meeting, chosen = meetings[int(placed.wish)], list(placed.chosen)
        venue = room = room_name = helper = None
        reasons = []
        if meeting.hosts:
            names = ", ".join(_person(self.hosts[key]) for key in dict.fromkeys(meeting.hosts))
            reasons.append(f"At work and free: {names}.")
        if meeting.room:
            venue, _, room = chosen.pop(0).partition("|")
            site = next(row.doc for row in self.venues if row.doc["_id"] == venue)
            told = next(found for found in site["rooms"] if found["id"] == room)
            room_name = told["name"]
            holds = f"holds {told['capacity']} and " if told["capacity"] else ""
            reasons.append(f"{room_name}, {in_words(site['name'])}, {holds}is free.")
        if meeting.languages:
            helper = chosen.pop(0)
            name = next(in_words(row.doc["name"]) for row in self.interpreters if row.doc["_id"] == helper)
            reasons.append(f"{name} interprets {', '.join(meeting.languages)} and is free.")
        reasons.append("No holiday, and time for the way from and to what stands beside it.")
        start = self.agenda.moment(placed.start)
        end = start + timedelta(minutes=meeting.minutes)
        return Suggestion(int(placed.wish), start, end, venue, room, room_name, helper, reasons)

    def relax(self, meeting: Meeting, wish: Wish) -> list[str]:
        """What would make a meeting fit that does not: each line is enough by itself."""
        name = f"“{meeting.title}”" if meeting.title else "The meeting"
        if meeting.room and not wish.choices[0]:
            size = f" for {meeting.people}" if meeting.people else ""
            steps = " without steps" if meeting.step_free else ""
            return [f"{name}: no room{size}{steps} is known in these venues: ask for less, or name others."]
        if meeting.languages and not wish.choices[-1]:
            return [f"{name}: no interpreter for {', '.join(meeting.languages)} is known: add one, or ask for none."]
        needs = [union(part for choice in choices for part in choice.free) for choices in wish.choices]
        found = [
            f"{name} fits without {_person(self.hosts[key])}."
            for key in dict.fromkeys(meeting.hosts)
            if fits([self.free(meeting, but=key), *needs], meeting.minutes)
        ]
        if meeting.room and fits([wish.free, *needs[1:]], meeting.minutes):
            found.append(f"{name} fits in another room: those that are large enough are taken.")
        if meeting.languages and fits([wish.free, *needs[:-1]], meeting.minutes):
            found.append(f"{name} fits with another interpreter: those who speak the languages are taken.")
        half = meeting.minutes // 2
        if half >= 15 and fits([wish.free, *needs], half):
            found.append(f"{name} fits if it lasts {half} minutes.")
        days = f"{self.agenda.first} and {self.agenda.last}"
        return found or [f"{name} fits nowhere between {days}: look at more days, or free a host of something else."]


def fits(parts: list[Free], minutes: int) -> bool:
    """Whether something so long fits into the time that all parts have."""
    return any(end - start >= minutes for start, end in common(parts))


def _fixed(agenda: Agenda, plan: Mapping[str, Any]) -> list[Wish]:
    """What stands in the plan already, rounded out to quarters of an hour."""
    found = []
    for item in (item for day in plan.get("days", ()) for item in day["items"]):
        start, end = agenda.minute(item["start"]) // 15 * 15, -(-agenda.minute(item["end"]) // 15) * 15
        if item["status"] == ItemStatus.DROPPED or end < 0 or start > 1440 * (2 + MOST_DAYS):
            continue
        site = (item["place"] or {}).get("site")
        choices = [[Choice("there", [(start, end)], site)]] if site else []
        found.append(Wish(f"item {item['id']}", end - start, [(start, end)], choices, must=True))
    return found


def _travel(context: Context, venues: list[Row]) -> dict[str, int]:
    """Minutes on the way between every two venues, where there is one."""
    return {
        f"{one.doc['_id']}|{other.doc['_id']}": minutes
        for one, other in combinations(venues, 2)
        if (minutes := way(context, one.doc, other.doc))
    }
