"""Suggested times for meetings: through the graph, on people, rooms and plans that the store holds."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.stories.office import Office, item, text

SLOTS = """
query Slots($meeting: MeetingInput!, $from: Date!, $to: Date!, $itinerary: ID, $first: Int) {
  suggestSlots(meeting: $meeting, from: $from, to: $to, itinerary: $itinerary, first: $first) {
    suggestions { meeting start end venue { id name { en } } room roomName interpreter { name { en } } reasons }
    relax
  }
}"""

PROGRAMME = """
query Programme($meetings: [MeetingInput!]!, $from: Date!, $to: Date!) {
  suggestProgramme(meetings: $meetings, from: $from, to: $to) { suggestions { meeting start end } relax }
}"""

VENUE = """
mutation Venue($input: CreateVenueInput!) {
  createVenue(input: $input) { venue { id rooms { id name } } problems { path message } }
}"""

RESOURCE = """
mutation Resource($input: CreateResourceInput!) {
  createResource(input: $input) { resource { id } problems { path message } }
}"""

ABSENT = """
mutation Absent($id: ID!, $revision: String!, $patch: PersonPatch!) {
  updatePerson(id: $id, ifRevision: $revision, patch: $patch) { person { id } problems { path message } }
}"""

REVISION = "query Revision($id: ID!) { person(id: $id) { revision } }"
CONFIRM = "mutation Confirm($id: ID!) { confirmItinerary(id: $id) { itinerary { id } problems { path message } } }"

# A Monday and the Friday of its week; the clock of the office stands at 4 May 2026.
MONDAY, FRIDAY = "2026-06-08", "2026-06-12"


@pytest.fixture
async def campus(office: Office) -> Office:
    """The office with two venues, three rooms and an interpreter."""
    for key, name, position, rooms in (
        ("main", "Main building", (40.3724, 49.8126), (("201", 12, True), ("Hall", 120, False))),
        ("sea", "Seaside campus", (40.3000, 49.9500), (("S1", 40, True),)),
    ):
        facts = {
            "name": text(name),
            "position": dict(zip(("latitude", "longitude"), position, strict=True)),
            "rooms": [{"name": room, "capacity": size, "stepFree": free} for room, size, free in rooms],
        }
        office.ids[key] = (await office.done(office.officer, VENUE, input=facts))["id"]
    facts = {"type": "INTERPRETER", "name": text("Elnur Həsənov"), "person": office.ids["interpreter"]}
    facts["languages"] = ["az", "en", "tr"]
    office.ids["voice"] = (await office.done(office.officer, RESOURCE, input=facts))["id"]
    return office


async def slots(office: Office, meeting: dict[str, Any], days: tuple[str, str] = (MONDAY, FRIDAY), **more: Any) -> Any:
    """What is suggested to the officer."""
    return await office.read(office.officer, SLOTS, meeting=meeting, **{"from": days[0], "to": days[1]}, **more)


async def absent(office: Office, person: str, start: str, end: str) -> None:
    """Enter an absence."""
    found = (await office.ask(office.head, REVISION, id=person))["person"]["revision"]
    patch = {"absences": {"add": [{"period": {"start": start, "end": end}}]}}
    await office.done(office.head, ABSENT, id=person, revision=found, patch=patch)


async def test_a_meeting_fits_where_hosts_room_and_interpreter_are_free(campus: Office) -> None:
    """The first time is the earliest, in the smallest room that does, and every choice is told with its reason."""
    meeting = {"minutes": 60, "hosts": [campus.ids["host"], campus.ids["dean"]], "people": 8, "languages": ["az", "tr"]}
    found = await slots(campus, meeting, first=3)
    starts = [suggestion["start"] for suggestion in found["suggestions"]]
    # Nine o'clock in Baku is five in UTC.
    assert starts == [f"{MONDAY}T0{hour}:00:00Z" for hour in (5, 6, 7)]
    first = found["suggestions"][0]
    assert (first["roomName"], first["venue"]["name"]["en"], first["interpreter"]["name"]["en"]) == (
        "201",
        "Main building",
        "Elnur Həsənov",
    )
    assert first["reasons"][:3] == [
        "At work and free: Kamran Abbasov, Tural Babayev.",
        "201, Main building, holds 12 and is free.",
        "Elnur Həsənov interprets az, tr and is free.",
    ]
    assert found["relax"] == []


async def test_firm_plans_absences_and_holidays_are_kept_clear_of(campus: Office) -> None:
    """Who is in another confirmed plan is busy then; who is away is away all day; on a holiday nobody is at work."""
    host = [{"person": campus.ids["host"]}]
    taken = [item("Lecture", f"{MONDAY}T05:00:00Z", f"{MONDAY}T13:30:00Z", hosts=host)]
    plan = await campus.days("Another visit", *taken)
    meeting = {"minutes": 60, "hosts": [campus.ids["host"]], "room": False}
    assert (await slots(campus, meeting, first=1))["suggestions"][0]["start"] == f"{MONDAY}T05:00:00Z"
    await campus.done(campus.officer, CONFIRM, id=plan["id"])
    await absent(campus, campus.ids["host"], "2026-06-09", "2026-06-10")
    assert (await slots(campus, meeting, first=1))["suggestions"][0]["start"] == "2026-06-11T05:00:00Z"
    # 15 June is National Salvation Day.
    (found,) = (await slots(campus, meeting, ("2026-06-15", "2026-06-16"), first=1))["suggestions"]
    assert found["start"] == "2026-06-16T05:00:00Z"


async def test_an_itinerary_s_own_items_stay_and_leave_time_for_the_way(campus: Office) -> None:
    """Guests are in one place at a time: after an item on the other campus there is time to come back."""
    place = {"site": campus.ids["sea"]}
    plan = await campus.days("Visit", item("Tour", f"{MONDAY}T05:00:00Z", f"{MONDAY}T06:00:00Z", place=place))
    meeting = {"minutes": 30, "people": 100}
    beside = (await slots(campus, meeting, first=1))["suggestions"][0]["start"]
    assert beside == f"{MONDAY}T05:00:00Z"
    after = (await slots(campus, meeting, itinerary=plan["id"], first=1))["suggestions"][0]["start"]
    assert f"{MONDAY}T06:15:00Z" < after < f"{MONDAY}T08:00:00Z"


async def test_what_fits_nowhere_says_what_to_relax(campus: Office) -> None:
    """Each sentence names one thing that would be enough."""
    both = [campus.ids["host"], campus.ids["dean"]]
    await absent(campus, campus.ids["dean"], MONDAY, FRIDAY)
    found = await slots(campus, {"minutes": 60, "hosts": both, "title": "Talks"})
    assert found == {"suggestions": [], "relax": ["“Talks” fits without Tural Babayev."]}
    found = await slots(campus, {"minutes": 60, "people": 100, "stepFree": True})
    assert found["relax"] == [
        "The meeting: no room for 100 without steps is known in these venues: ask for less, or name others."
    ]
    found = await slots(campus, {"minutes": 60, "languages": ["ko"]})
    assert found["relax"] == ["The meeting: no interpreter for ko is known: add one, or ask for none."]


async def test_a_programme_places_as_many_meetings_as_fit(campus: Office) -> None:
    """Meetings of the same guests follow each other; what is left out says what to relax."""
    meetings = [{"minutes": 120, "hosts": [campus.ids["host"]]} for _ in range(4)]
    answer = {"meetings": [*meetings, {"minutes": 700, "title": "Marathon"}], "from": MONDAY, "to": MONDAY}
    found = await campus.read(campus.officer, PROGRAMME, **answer)
    placed = sorted((entry["start"], entry["end"]) for entry in found["suggestions"])
    assert len(placed) == 4
    assert all(end <= start for (_, end), (start, _) in pairwise(placed))
    assert found["relax"] == ["“Marathon” fits if it lasts 350 minutes."]


async def test_who_may_not_plan_has_no_such_field(campus: Office) -> None:
    """Members, hosts, partners and the public cannot ask who is free when."""
    for who in (campus.member, campus.host, campus.ankara, campus.anonymous):
        answered = await campus.ask(who, "{ suggestSlots { relax } }")
        assert [error["message"] for error in answered.errors] == ["Cannot query field 'suggestSlots' on type 'Query'."]


async def test_input_that_asks_too_much_is_refused_by_name(campus: Office) -> None:
    """Too many days, a person nobody knows and a meeting of no length are named."""
    last = str(date.fromisoformat(MONDAY) + timedelta(days=90))
    for meeting, days, place in (
        ({"minutes": 60}, (MONDAY, last), "to lies 90 days after"),
        ({"minutes": 60}, (FRIDAY, MONDAY), "to lies before"),
        ({"minutes": 0}, (MONDAY, FRIDAY), "minutes is 0"),
        ({"minutes": 60, "hosts": ["prs_00000000000000000000"]}, (MONDAY, FRIDAY), "no such Person for you"),
    ):
        asked = {"meeting": meeting, "from": days[0], "to": days[1]}
        answered = await campus.ask(campus.officer, SLOTS, **asked)
        assert place in answered.errors[0]["message"]
