"""Travel times between the items of a day (ITIN-4)."""

from collections.abc import Mapping
from typing import Any

import pytest

from resolvers.travel import kilometres
from tests.factories.records import made
from tests.resolvers.test_resources import house
from tests.stories.office import Office, item, text

TRAVEL = "query T($id: ID!) { itinerary(id: $id) { travel { item next neededMinutes freeMinutes } } }"
GATES = {"latitude": 40.3666, "longitude": 49.8352}
AIRPORT = {"latitude": 40.4675, "longitude": 50.0467}
CLOSE_VENUE = "mutation C($id: ID!) { closeVenue(id: $id) { venue { id } problems { message } } }"


@pytest.fixture
def overrides(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Let a test say its settings as a parameter."""
    return getattr(request, "param", {})


def at(start: str, end: str, place: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    """An item on the first of June."""
    return item(start, f"2026-06-01T{start}:00Z", f"2026-06-01T{end}:00Z", place=place, **facts)


async def warned(office: Office, *items: dict[str, Any], who: Any = None, **facts: Any) -> list[tuple[int, int]]:
    """The warnings of an itinerary of these items: minutes needed and free."""
    days = await office.days("Plan", *items, **facts)
    found = (await office.read(who or office.officer, TRAVEL, id=days["id"]))["travel"]
    ids = [entry["id"] for day in days["days"] for entry in day["items"]]
    assert all(ids.index(warning["item"]) < ids.index(warning["next"]) for warning in found)
    return [(warning["neededMinutes"], warning["freeMinutes"]) for warning in found]


def test_itin_4_distance_is_that_of_the_great_circle() -> None:
    """ITIN-4: a degree along the equator, the poles, and Baku to its airport."""
    equator = {"latitude": 0.0, "longitude": 0.0}
    assert kilometres(equator, {"latitude": 0.0, "longitude": 1.0}) == pytest.approx(111.19, abs=0.01)
    poles = ({"latitude": 90.0, "longitude": 0.0}, {"latitude": -90.0, "longitude": 77.0})
    assert kilometres(*poles) == pytest.approx(20_015, abs=1)
    assert kilometres(GATES, AIRPORT) == pytest.approx(21.2, abs=0.1)


async def test_itin_4_warns_where_the_way_takes_longer_than_there_is_time(office: Office) -> None:
    """ITIN-4: 21.2 km at 25 km/h are 51 minutes, and ten are allowed for; a minute less than that is told."""
    here, there = {"position": GATES}, {"position": AIRPORT}
    assert await warned(office, at("06:00", "07:00", here), at("08:01", "09:00", there)) == []
    assert await warned(office, at("06:00", "07:00", here), at("08:00", "09:00", there)) == [(61, 60)]
    assert await warned(office, at("06:00", "07:00", here), at("07:00", "09:00", here)) == []
    assert await warned(office, at("06:00", "07:00", here), at("07:00", "09:00")) == []


@pytest.mark.parametrize("overrides", [{"travel_kmh": 60.0, "travel_margin_minutes": 0}], indirect=True)
async def test_itin_4_speed_and_margin_are_settings(office: Office) -> None:
    """ITIN-4: at 60 km/h and with nothing allowed for, 21.2 km take 22 minutes."""
    here, there = {"position": GATES}, {"position": AIRPORT}
    assert await warned(office, at("06:00", "07:00", here), at("07:10", "09:00", there)) == [(22, 10)]


async def test_itin_4_a_transfer_is_itself_the_way(office: Office) -> None:
    """ITIN-4: what a transfer lasts is time on the road."""
    drive = at("07:00", "08:15", {"position": GATES}, kind="TRANSFER")
    assert await warned(office, drive, at("08:15", "09:00", {"position": AIRPORT})) == []


async def test_itin_4_only_what_the_same_people_may_attend_follows(office: Office) -> None:
    """ITIN-4: items for different guests, in other zones, or dropped, leave no way between them."""
    here, there = {"position": GATES}, {"position": AIRPORT}
    aylin, nino = ([{"person": office.ids[key]}] for key in ("aylin", "nino"))
    first = at("06:00", "07:00", here, attendees=aylin)
    assert await warned(office, first, at("07:00", "08:00", there, attendees=nino)) == []
    assert await warned(office, first, at("07:00", "08:00", there, attendees=aylin)) == [(61, 0)]
    assert await warned(office, first, at("07:00", "08:00", there, zone="Europe/Istanbul")) == []
    dropped = at("07:00", "08:00", there, status="DROPPED")
    assert await warned(office, first, dropped, at("09:30", "10:00", here)) == []


async def test_itin_4_venues_lend_their_position_and_know_exceptions(office: Office) -> None:
    """ITIN-4: a known travel time counts instead of the distance, in both directions; within a venue nothing does."""
    near, far = await house(office, "Hall", position=GATES), await house(office, "Gate", position=AIRPORT)
    known = [{"to": near[""]["site"], "minutes": 5}]
    tunnel = {"site": await made(office.ask, "Venue", office.officer, name=text("Tunnel"), travelTimes=known)}
    assert await warned(office, at("06:00", "07:00", near[""]), at("07:30", "08:00", far["Gate"])) == [(61, 30)]
    assert await warned(office, at("06:00", "07:00", near[""]), at("07:10", "08:00", tunnel)) == [(15, 10)]
    assert await warned(office, at("06:00", "07:00", tunnel), at("07:10", "08:00", near[""])) == [(15, 10)]
    assert await warned(office, at("06:00", "07:00", near[""]), at("07:00", "08:00", near["Hall"])) == []


async def test_itin_4_a_venue_out_of_sight_tells_nothing(office: Office) -> None:
    """ITIN-4: where the reader may not see a venue, its position and its exceptions are not there."""
    near, far = await house(office, "Hall", position=GATES), await house(office, "Gate", position=AIRPORT)
    visit = await office.visit("Ours", by=office.neighbour, hostUnits=[office.ids["law"]])
    days = (at("06:00", "07:00", near[""]), at("07:30", "08:00", far[""]))
    seen = {"who": office.neighbour, "delegation": visit}
    assert await warned(office, *days, **seen) == [(61, 30)]
    await office.done(office.officer, CLOSE_VENUE, id=far[""]["site"])
    assert await warned(office, *days, **seen) == []
    assert await warned(office, *days) == [(61, 30)]
