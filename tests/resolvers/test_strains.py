"""What does not fit an item (ITIN-2): rooms and seats that are too few, venues that are closed, people who are away."""

from typing import Any

from auth.caller import Caller
from tests.factories.records import made
from tests.stories.office import CONFIRM_DAYS, Office, item, text

CLASHES = """
query Clashes($id: ID!) { itinerary(id: $id) { clashes { item resource why hard start end other { id } } } }"""
MONDAY = ("2026-06-01T06:00:00Z", "2026-06-01T08:00:00Z")


async def told(office: Office, plan: str, who: Caller | None = None) -> set[tuple[str, str]]:
    """What does not fit a plan: the resource, and why; nothing of it blocks. What others take is left out."""
    known = (await office.read(who or office.officer, CLASHES, id=plan))["clashes"]
    found = [clash for clash in known if clash["why"] != "TAKEN"]
    assert [clash for clash in found if clash["hard"] or clash["other"]] == []
    return {(clash["resource"], clash["why"]) for clash in found}


async def planned(office: Office, *, members: int = 3, **facts: Any) -> str:
    """A plan of one item on a Monday from 10 to 12, of a visit with so many guests."""
    guests = [await office.guest(f"Guest{n}", "Demir", office.ids["ankara"]) for n in range(members)]
    units = [office.ids["physics"]]
    visit = await office.visit("Visit", hostUnits=units, members=[{"person": guest} for guest in guests])
    days = await office.days("Days", item("Talk", *MONDAY, **facts), delegation=visit)
    return str(days["id"])


async def test_itin_2_a_room_holds_guests_and_hosts(office: Office) -> None:
    """Three guests and a host are too many for a room of three; attendees who are named are counted instead."""
    room = {"name": "A", "capacity": 3}
    site = await made(office.ask, "Venue", office.officer, rooms=[room], capacity=100)
    rooms = await office.read(office.officer, "query V($id: ID!) { venue(id: $id) { rooms { id } } }", id=site)
    place = {"site": site, "siteRoom": rooms["rooms"][0]["id"]}
    plan = await planned(office, place=place, hosts=[{"person": office.ids["host"]}])
    assert await told(office, plan) == {(site, "TOO_SMALL")}
    assert await told(office, plan, office.coordinator) == {(site, "TOO_SMALL")}
    one = await office.guest("Murat", "Demir", office.ids["ankara"])
    fewer = await planned(office, place=place, attendees=[{"person": one}])
    assert await told(office, fewer) == set()
    assert await told(office, await planned(office, place={"site": site})) == set()


async def test_itin_2_the_seats_of_all_vehicles_count(office: Office) -> None:
    """Two cars of two seats take three guests; one alone does not."""
    cars = [await made(office.ask, "Resource", office.officer, type="VEHICLE", seats=2) for _ in range(2)]
    assert await told(office, await planned(office, resources=cars[:1])) == {(cars[0], "TOO_SMALL")}
    assert await told(office, await planned(office, resources=cars)) == set()


async def test_itin_2_a_venue_is_open_all_the_while(office: Office) -> None:
    """What lasts beyond the hours of its weekday, or into another day, meets a closed door; two hours may join."""
    for hours, closed in (
        ([("MONDAY", "09:00", "18:00")], False),
        ([("MONDAY", "09:00", "11:00"), ("MONDAY", "11:00", "12:00")], False),
        ([("MONDAY", "10:30", "18:00")], True),
        ([("TUESDAY", "09:00", "18:00")], True),
        ([], False),
    ):
        listed = [{"day": day, "start": start, "end": end} for day, start, end in hours]
        site = await made(office.ask, "Venue", office.officer, openingHours=listed)
        plan = await planned(office, members=1, place={"site": site})
        assert await told(office, plan) == ({(site, "CLOSED")} if closed else set()), hours


async def test_itin_2_who_is_away_cannot_host(office: Office) -> None:
    """Hosts and drivers who are absent that day are told of, with the day and without the reason; it does not block."""
    away = [{"period": {"start": "2026-05-30", "end": "2026-06-01"}, "reason": "ill"}]
    host = await office.person("Sevda", "Rzayeva", by=office.officer, absences=away)
    driver = await made(office.ask, "Resource", office.officer, name=text("Driver"), type="DRIVER", absences=away)
    plan = await planned(office, hosts=[{"person": host}], resources=[driver])
    assert await told(office, plan) == {(host, "ABSENT"), (driver, "ABSENT")}
    await office.done(office.officer, CONFIRM_DAYS, id=plan, overrides=[])
    later = await planned(office, hosts=[])
    assert await told(office, later) == set()
