"""Rooms of venues and resources are booked like people, and a resource may be a person (ITIN-2)."""

from typing import Any

from auth.caller import Caller
from resolvers.context import Services
from tests.factories.records import made
from tests.resolvers.test_itinerary import clashes, confirmed
from tests.stories.office import CONFIRM_DAYS, ISSUE_DAYS, Office, item, text

ROOMS = "query Rooms($id: ID!) { venue(id: $id) { rooms { id name } } }"

ISSUED = """
query Issued {
  itineraryIssues { nodes { days { items { place { venue room address position { latitude } site { id } } } } } }
}"""

DRIVES = """
mutation Drives($id: ID!, $revision: String!, $person: ID!) {
  updateResource(id: $id, ifRevision: $revision, patch: { person: $person }) { resource { id } problems { message } }
}"""


async def house(office: Office, *rooms: str, **facts: Any) -> dict[str, Any]:
    """A venue's place by the name of each of its rooms."""
    named = [{"name": name, "capacity": 20} for name in rooms]
    venue = await made(office.ask, "Venue", office.officer, name=text("Philharmonic Hall"), rooms=named, **facts)
    found = (await office.read(office.officer, ROOMS, id=venue))["rooms"]
    return {room["name"]: {"site": venue, "siteRoom": room["id"]} for room in found} | {"": {"site": venue}}


async def resource(office: Office, name: str, type_: str = "VEHICLE", **facts: Any) -> str:
    """A new resource's id."""
    return await made(office.ask, "Resource", office.officer, name=text(name), type=type_, **facts)


def at(day: int, hour: int, title: str = "Item", **facts: Any) -> dict[str, Any]:
    """An item of an hour on a day of June."""
    return item(title, f"2026-06-{day:02}T{hour:02}:00:00Z", f"2026-06-{day:02}T{hour + 1:02}:00:00Z", **facts)


async def told(office: Office, who: Caller, itinerary: str) -> list[str]:
    """What confirming an itinerary has against it."""
    return [problem["message"] for problem in await office.tells(who, CONFIRM_DAYS, id=itinerary)]


async def test_itin_2_rooms_of_venues_and_resources_are_taken_across_all_itineraries(office: Office) -> None:
    """ITIN-2: the same room and the same resource clash, and are called by name; another room or hour does not."""
    rooms = await house(office, "Great hall", "Foyer")
    bus, headsets = await resource(office, "White minibus"), await resource(office, "Headsets", "EQUIPMENT")
    await confirmed(office, "Held", at(1, 6, place=rooms["Great hall"], resources=[bus]))
    free = await office.days("Free", at(1, 6, place=rooms["Foyer"], resources=[headsets]), at(1, 7, resources=[bus]))
    assert await told(office, office.officer, free["id"]) == []
    meets = await office.days("Meets", at(1, 6, place=rooms["Great hall"], resources=[headsets, bus]))
    messages = await told(office, office.officer, meets["id"])
    called = {message.partition(" is busy")[0] for message in messages}
    assert called == {"Headsets", "White minibus", "Great hall, Philharmonic Hall"}
    assert {"in “Free”" in message for message in messages if message.startswith("Headsets")} == {True}
    taken = {clash["resource"] for clash in await clashes(office, meets["id"])}
    assert taken == {bus, headsets, rooms[""]["site"]}


async def test_itin_2_a_venue_without_a_room_is_shared(office: Office) -> None:
    """ITIN-2: two visits may be at one venue; only a room is taken."""
    rooms = await house(office, "Great hall")
    await confirmed(office, "Held", at(1, 6, place=rooms["Great hall"]))
    beside = await office.days("Beside", at(1, 6, place=rooms[""]))
    assert await told(office, office.officer, beside["id"]) == []


async def test_itin_2_who_is_behind_a_resource_is_taken_with_it(office: Office, services: Services) -> None:
    """ITIN-2: a driver meets the same person as a host, and as another resource, from either side."""
    dean = office.ids["dean"]
    driver = await resource(office, "Tural at the wheel", "DRIVER", person=dean)
    guide = await resource(office, "Tural in the Old City", "GUIDE", person=dean)
    await confirmed(office, "Drives", at(1, 6, resources=[driver]))
    for facts, called in (
        ({"hosts": [{"person": dean}]}, "Tural Babayev"),
        ({"resources": [guide]}, "Tural in the Old City"),
        ({"resources": [driver]}, "Tural at the wheel"),
    ):
        meets = await office.days("Meets", at(1, 6, **facts))
        (message,) = await told(office, office.officer, meets["id"])
        assert message.startswith(f"{called} is busy")
    await confirmed(office, "Hosts", at(2, 6, hosts=[{"person": dean}]))
    drives = await office.days("Drives too", at(2, 6, resources=[driver]))
    assert len(await told(office, office.officer, drives["id"])) == 1
    guards = await services.store.collection("resource_days").find({}).to_list()
    assert {guard["_id"].partition("@")[0] for guard in guards} == {f"person:{dean}"}


async def test_itin_2_another_driver_of_the_same_resource_changes_no_booking(office: Office) -> None:
    """ITIN-2: who is behind a resource is looked up when it is asked for: the one before is free again."""
    dean, host = office.ids["dean"], office.ids["host"]
    driver = await resource(office, "Driver", "DRIVER", person=dean)
    await confirmed(office, "Drives", at(1, 6, resources=[driver]))
    hosting = await office.days("Dean", at(1, 6, hosts=[{"person": dean}]))
    other = await office.days("Host", at(1, 6, hosts=[{"person": host}]))
    assert [len(await clashes(office, found["id"])) for found in (hosting, other)] == [1, 0]
    read = await office.read(office.officer, "query R($id: ID!) { resource(id: $id) { revision } }", id=driver)
    await office.done(office.officer, DRIVES, id=driver, revision=read["revision"], person=host)
    assert [len(await clashes(office, found["id"])) for found in (hosting, other)] == [0, 1]


async def test_itin_2_a_planner_of_another_faculty_learns_only_that_it_is_busy(office: Office) -> None:
    """ITIN-2: a coordinator is told that a room or driver is taken, not by whom, nor in which plan."""
    rooms = await house(office, "Great hall")
    driver = await resource(office, "Driver", "DRIVER", person=office.ids["dean"])
    facts = {"place": rooms["Great hall"], "resources": [driver]}
    await confirmed(office, "Secret", at(1, 6, **facts))
    visit = await office.visit("Ours", by=office.neighbour, hostUnits=[office.ids["law"]])
    ours = await office.days("Ours", at(1, 6, **facts), by=office.neighbour, delegation=visit)
    messages = await told(office, office.neighbour, ours["id"])
    assert [message.split(" is busy ")[0] for message in messages] == ["Driver", "Great hall, Philharmonic Hall"]
    assert not any("Secret" in message for message in messages)
    assert [clash["other"] for clash in await clashes(office, ours["id"], office.neighbour)] == [None, None]


async def test_a_room_must_be_one_of_its_venue(office: Office) -> None:
    """A room of another venue, or of none, is refused; one that was taken down since may stay."""
    rooms = await house(office, "Great hall")
    other = await house(office, "Attic")
    plan = "mutation P($input: CreateItineraryInput!) { createItinerary(input: $input) { problems { code path } } }"
    for place, code in (
        ({"site": other[""]["site"], "siteRoom": rooms["Great hall"]["siteRoom"]}, "NOT_FOUND"),
        ({"siteRoom": rooms["Great hall"]["siteRoom"]}, "INVALID"),
    ):
        days = [{"date": "2026-06-01", "items": [at(1, 6, place=place)]}]
        (problem,) = await office.tells(office.officer, plan, input={"title": text("Plan"), "days": days})
        assert problem["code"] == code
        assert problem["path"].endswith(".place.siteRoom")


async def test_an_issue_writes_down_where_its_venues_are(office: Office) -> None:
    """Partners read name, room and address of a venue that they do not have in scope, and what was written stays."""
    address = {"lines": ["Istiglaliyyat 2"], "city": "Bakı"}
    place = {"latitude": 40.37, "longitude": 49.83}
    rooms = await house(office, "Great hall", address=address, position=place)
    visit = await office.visit("Visit", "assess", "accept", "plan", partners=[{"partner": office.ids["ankara"]}])
    written = rooms["Great hall"] | {"venue": "By the sea"}
    planned = (at(1, 6, place=rooms["Great hall"]), at(1, 8, place=written))
    made_days = await confirmed(office, "Days", *planned, delegation=visit)
    await office.done(office.officer, ISSUE_DAYS, id=made_days["id"])
    (issue,) = (await office.read(office.ankara, ISSUED))["nodes"]
    first, second = (entry["place"] for entry in issue["days"][0]["items"])
    assert first == {
        "venue": "Philharmonic Hall",
        "room": "Great hall",
        "address": "Istiglaliyyat 2, Bakı",
        "position": {"latitude": 40.37},
        "site": None,
    }
    assert second["venue"] == "By the sea"
    exists = await office.ask(office.ankara, '{ __type(name: "Resource") { name } }')
    assert exists.data == {"__type": None}


async def test_resources_are_for_those_who_plan(office: Office) -> None:
    """A coordinator lists what is available, without number plates; hosts, members and partners have no such kind."""
    await resource(office, "White minibus", plate="10-AA-001")
    listed = "{ resources { nodes { name { en } plate } } }"
    assert (await office.read(office.officer, listed))["nodes"] == [
        {"name": {"en": "White minibus"}, "plate": "10-AA-001"}
    ]
    assert (await office.read(office.neighbour, listed))["nodes"] == [{"name": {"en": "White minibus"}, "plate": None}]
    for who in (office.host, office.member, office.ankara, office.anonymous):
        assert (await office.ask(who, "{ resources { totalCount } }")).errors


async def test_venues_open_to_the_campus_and_by_publishing_to_everyone(office: Office) -> None:
    """Members see a venue while it is open; partners and the public when it is published; planners write it."""
    venue = await made(office.ask, "Venue", office.neighbour, name=text("Boat house"))
    listed = "{ venues { nodes { name { en } } } }"

    async def seen() -> list[int]:
        readers = (office.member, office.ankara, office.anonymous)
        return [len((await office.read(who, listed))["nodes"]) for who in readers]

    assert await seen() == [1, 0, 0]
    publish = "mutation P($id: ID!) { publishVenue(id: $id) { venue { id } problems { message } } }"
    await office.done(office.officer, publish, id=venue)
    assert await seen() == [1, 1, 1]
    for step in ("unpublish", "close"):
        document = f"mutation S($id: ID!) {{ {step}Venue(id: $id) {{ venue {{ id }} problems {{ message }} }} }}"
        await office.done(office.officer, document, id=venue)
    assert await seen() == [0, 0, 0]


NOTES = """
mutation Notes($id: ID!, $revision: String!, $notes: ResourceNoteListPatch) {
  updateResource(id: $id, ifRevision: $revision, patch: { notes: $notes }) { problems { code message } }
}"""


async def test_what_is_not_read_of_a_list_is_neither_found_nor_removed(office: Office) -> None:
    """Whoever may change a resource of others meets notes of it that they do not read as if there were none."""
    bus = await resource(office, "White minibus", notes=[{"text": "Costly"}])
    query = "query R($id: ID!) { resource(id: $id) { revision notes { id text } } }"
    (note,) = (await office.read(office.officer, query, id=bus))["notes"]
    seen = await office.read(office.neighbour, query, id=bus)
    assert seen["notes"] is None

    async def patched(notes: Any) -> list[dict[str, str]]:
        revision = (await office.read(office.neighbour, query, id=bus))["revision"]
        return await office.tells(office.neighbour, NOTES, id=bus, revision=revision, notes=notes)

    for name in ("remove", "order"):
        hidden, absent = await patched({name: [note["id"]]}), await patched({name: ["zzzzzzzzzzzz"]})
        assert [problem["code"] for problem in (*hidden, *absent)] == ["NOT_FOUND", "NOT_FOUND"]
        assert hidden[0]["message"].replace(note["id"], "zzzzzzzzzzzz") == absent[0]["message"]
    assert await patched({"change": [{"id": note["id"], "text": "Cheap"}]}) != []
    assert await patched(None) == []
    assert await patched({"add": [{"text": "Mine"}]}) == []
    texts = [found["text"] for found in (await office.read(office.officer, query, id=bus))["notes"]]
    assert texts == ["Costly", "Mine"]
