"""On the day: items begin and end, a delay moves what comes after it, a delegation gets another head and its badges."""

from datetime import timedelta
from typing import Any

from tests.resolvers.test_itinerary import confirmed
from tests.stories.office import ISSUE_DAYS, Office, item

READ = """
query R($id: ID!) {
  itinerary(id: $id) {
    status revision
    days { id date items { id title { en } status start end actualStart actualEnd attendees { person { id } seat } } }
  }
}"""

START = """
mutation S($id: ID!, $item: ID!, $at: DateTime) {
  startItineraryItem(id: $id, item: $item, at: $at) { itinerary { id } problems { code path } }
}"""
END = """
mutation E($id: ID!, $item: ID!, $at: DateTime) {
  endItineraryItem(id: $id, item: $item, at: $at) { itinerary { id } problems { code path } }
}"""
DELAY = """
mutation D($id: ID!, $revision: String!, $day: ID!, $item: ID!, $minutes: Int!) {
  delayItinerary(id: $id, ifRevision: $revision, day: $day, item: $item, minutes: $minutes) {
    itinerary { id } problems { code path }
  }
}"""
FINALISE = "mutation F($id: ID!) { finaliseItinerary(id: $id) { itinerary { id } problems { message } } }"

VISIT = "query V($id: ID!) { delegation(id: $id) { revision members { id head precedence badgeName person { id } } } }"
REVISION = "query R($id: ID!) { delegation(id: $id) { revision } }"
HEAD = """
mutation H($id: ID!, $member: ID!, $revision: String!) {
  replaceHead(id: $id, member: $member, ifRevision: $revision) { delegation { id } problems { code path } }
}"""
BADGES = """
mutation B($id: ID!, $revision: String!) {
  writeBadges(id: $id, ifRevision: $revision) { delegation { id } problems { code path } }
}"""


def at(title: str, start: str, end: str, **facts: Any) -> dict[str, Any]:
    """An item on the first of June."""
    return item(title, f"2026-06-01T{start}:00Z", f"2026-06-01T{end}:00Z", **facts)


async def read(office: Office, itinerary: str) -> dict[str, Any]:
    """An itinerary as the officer reads it."""
    found: dict[str, Any] = await office.read(office.officer, READ, id=itinerary)
    return found


async def course(office: Office, itinerary: str) -> list[tuple[str, str, str, str]]:
    """Date, title, status and start of every item."""
    days = (await read(office, itinerary))["days"]
    return [(d["date"], i["title"]["en"], i["status"], i["start"][11:16]) for d in days for i in d["items"]]


async def test_an_item_begins_and_ends_and_keeps_what_it_takes(office: Office) -> None:
    """Status and actual times are noted, by the clock or as given; a confirmed plan stays confirmed."""
    hosts = [{"person": office.ids["host"]}]
    days = await confirmed(office, "Plan", at("A", "06:00", "07:00", hosts=hosts), at("B", "08:00", "09:00"))
    first, second = (entry["id"] for entry in (await read(office, days["id"]))["days"][0]["items"])
    await office.done(office.officer, START, id=days["id"], item=first)
    office.clock.now += timedelta(minutes=50)
    await office.done(office.officer, END, id=days["id"], item=first)
    await office.done(office.officer, START, id=days["id"], item=second, at="2026-06-01T08:05:00Z")
    found = await read(office, days["id"])
    done, running = found["days"][0]["items"]
    assert found["status"] == "CONFIRMED"
    assert (done["status"], done["actualStart"], done["actualEnd"]) == (
        "DONE",
        "2026-05-04T09:00:00Z",
        "2026-05-04T09:50:00Z",
    )
    assert (running["status"], running["actualStart"]) == ("RUNNING", "2026-06-01T08:05:00Z")
    early = {"id": days["id"], "item": second, "at": "2026-06-01T08:00:00Z"}
    assert await office.tells(office.officer, END, **early) == [{"code": "INVALID", "path": "at"}]
    for document, entry in ((START, first), (START, second), (END, first)):
        told = await office.tells(office.officer, document, id=days["id"], item=entry)
        assert told == [{"code": "CONFLICT", "path": "item"}]
    told = await office.tells(office.officer, START, id=days["id"], item="nothing")
    assert told == [{"code": "NOT_FOUND", "path": "item"}]


async def test_a_delay_moves_an_item_and_what_comes_after_it(office: Office) -> None:
    """Later items of the day move along and are marked; what runs, is over or lies on another day stays."""
    entries = (
        at("Over", "05:00", "06:00", status="DONE"),
        at("Late", "06:00", "07:00"),
        at("Runs", "06:30", "07:00", status="RUNNING"),
        at("After", "07:00", "08:00"),
        at("Night", "19:00", "19:30"),
        item("Tomorrow", "2026-06-02T06:00:00Z", "2026-06-02T07:00:00Z"),
    )
    days = await office.days("Plan", *entries)
    before = await read(office, days["id"])
    day, ids = before["days"][0]["id"], {i["title"]["en"]: i["id"] for i in before["days"][0]["items"]}

    async def delay(**given: Any) -> Any:
        revision = (await read(office, days["id"]))["revision"]
        given = {"id": days["id"], "revision": revision, "day": day, "item": ids["Late"], "minutes": 90} | given
        return await office.tells(office.officer, DELAY, **given)

    for given, path in (
        ({"item": ids["Over"]}, "item"),
        ({"item": "nothing"}, "item"),
        ({"day": "nothing"}, "day"),
        ({"minutes": 0}, "minutes"),
        ({"revision": "old"}, "ifRevision"),
    ):
        assert [problem["path"] for problem in await delay(**given)] == [path]
        assert await read(office, days["id"]) == before
    assert await delay() == []
    assert await course(office, days["id"]) == [
        ("2026-06-01", "Over", "DONE", "05:00"),
        ("2026-06-01", "Runs", "RUNNING", "06:30"),
        ("2026-06-01", "Late", "DELAYED", "07:30"),
        ("2026-06-01", "After", "DELAYED", "08:30"),
        # In Baku it is past midnight.
        ("2026-06-02", "Night", "DELAYED", "20:30"),
        ("2026-06-02", "Tomorrow", "PLANNED", "06:00"),
    ]


async def test_a_final_itinerary_takes_no_notes_and_no_delay(office: Office) -> None:
    """When the visit is over its days stay as they were."""
    days = await confirmed(office, "Plan", at("A", "06:00", "07:00"))
    await office.done(office.officer, ISSUE_DAYS, id=days["id"])
    await office.done(office.officer, FINALISE, id=days["id"])
    found = await read(office, days["id"])
    day, entry = found["days"][0]["id"], found["days"][0]["items"][0]["id"]
    late = {"day": day, "item": entry, "minutes": 5, "revision": found["revision"]}
    refused = [{"code": "CONFLICT", "path": "id"}]
    assert await office.tells(office.officer, DELAY, id=days["id"], **late) == refused
    assert await office.tells(office.officer, START, id=days["id"], item=entry) == refused
    assert await read(office, days["id"]) == found


async def party(office: Office, **facts: Any) -> tuple[str, dict[str, str]]:
    """A visit of four with places 1, 2, 5 and none: its id, and the persons by name."""
    ankara = office.ids["ankara"]
    names = ("Ada", "Bora", "Cem", "Defne")
    people = {name: await office.guest(name, "Kaya", ankara, titles=["Prof."]) for name in names}
    members = [
        {"person": people["Defne"]},
        {"person": people["Cem"], "precedence": 5},
        {"person": people["Bora"], "precedence": 2, "badgeName": "Dr Bora"},
        {"person": people["Ada"], "precedence": 1, "head": True},
    ]
    return await office.visit("Visit", members=members, **facts), people


async def members(office: Office, visit: str, people: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The members of a visit by given name."""
    found = (await office.read(office.officer, VISIT, id=visit))["members"]
    names = {person: name for name, person in people.items()}
    return {names[entry["person"]["id"]]: entry for entry in found}


async def test_another_head_changes_order_and_seats(office: Office) -> None:
    """The new head is first, the others keep their order, and the two exchange seats where both sit; elsewhere none."""
    visit, people = await party(office)
    seats = [{"person": people[name], "seat": seat} for name, seat in (("Ada", "1"), ("Bora", "2"), ("Cem", "3"))]
    both, alone = at("Both", "06:00", "07:00", attendees=seats), at("Alone", "08:00", "09:00", attendees=seats[:2])
    days = await confirmed(office, "Plan", both, alone, delegation=visit)
    revision = (await office.read(office.officer, VISIT, id=visit))["revision"]
    chosen = (await members(office, visit, people))["Cem"]["id"]
    await office.done(office.officer, HEAD, id=visit, member=chosen, revision=revision)
    found = await members(office, visit, people)
    assert {name: (entry["head"], entry["precedence"]) for name, entry in found.items()} == {
        "Cem": (True, 1),
        "Ada": (False, 2),
        "Bora": (False, 3),
        "Defne": (False, None),
    }
    plan = await read(office, days["id"])
    assert plan["status"] == "CONFIRMED"
    seated = [{a["person"]["id"]: a["seat"] for a in i["attendees"]} for i in plan["days"][0]["items"]]
    assert seated == [
        {people["Ada"]: "3", people["Bora"]: "2", people["Cem"]: "1"},
        {people["Ada"]: "1", people["Bora"]: "2"},
    ]


async def test_another_head_is_refused_whole(office: Office) -> None:
    """An unknown member, the present head, an old revision, the finance office: nothing changes."""
    visit, people = await party(office, by=office.head)
    before = await office.read(office.officer, VISIT, id=visit)
    ids = {name: entry["id"] for name, entry in (await members(office, visit, people)).items()}
    for who, given, told in (
        (office.officer, {"member": "nothing"}, ("NOT_FOUND", "member")),
        (office.officer, {"member": ids["Ada"]}, ("CONFLICT", "member")),
        (office.officer, {"member": ids["Cem"], "revision": "old"}, ("CONFLICT", "ifRevision")),
        (office.finance, {"member": ids["Cem"]}, ("FORBIDDEN", "id")),
    ):
        known = await office.read(who, REVISION, id=visit)
        problems = await office.tells(who, HEAD, **({"id": visit, **known} | given))
        assert [(problem["code"], problem["path"]) for problem in problems] == [told]
        assert await office.read(office.officer, VISIT, id=visit) == before


async def test_badges_are_written_where_there_are_none(office: Office) -> None:
    """Titles and names fill what is empty; what somebody wrote stays, and the finance office writes none."""
    visit, people = await party(office)
    revision = (await office.read(office.officer, VISIT, id=visit))["revision"]
    await office.done(office.officer, BADGES, id=visit, revision=revision)
    assert {name: entry["badgeName"] for name, entry in (await members(office, visit, people)).items()} == {
        "Ada": "Prof. Ada Kaya",
        "Bora": "Dr Bora",
        "Cem": "Prof. Cem Kaya",
        "Defne": "Prof. Defne Kaya",
    }
    known = await office.read(office.finance, REVISION, id=visit)
    told = await office.tells(office.finance, BADGES, id=visit, **known)
    assert told == [{"code": "FORBIDDEN", "path": "id"}]
