"""Moving a day or an item of an itinerary moves what hangs on it, in one change, all or nothing (ITIN-6)."""

from typing import Any

from tests.stories.office import CONFIRM_DAYS, Office, item

DAYS = """
query Days($id: ID!) {
  itinerary(id: $id) { status revision days { id date items { id start end } } }
}"""

MOVE_DAY = """
mutation MoveADay($id: ID!, $revision: String!, $day: ID!, $to: Date!) {
  moveItineraryDay(id: $id, ifRevision: $revision, day: $day, to: $to) {
    itinerary { status }
    problems { code path message }
  }
}"""

MOVE_ITEM = """
mutation MoveAnItem($id: ID!, $revision: String!, $item: ID!, $start: DateTime!, $following: Boolean! = false) {
  moveItineraryItem(id: $id, ifRevision: $revision, item: $item, start: $start, following: $following) {
    itinerary { status }
    problems { code path message }
  }
}"""

FINALISE = """
mutation Finalise($id: ID!) {
  issueItinerary(id: $id) { problems { message } }
  finaliseItinerary(id: $id) { problems { message } }
}"""


class Plan:
    """An itinerary that is moved about, as the officer does it."""

    def __init__(self, office: Office, made: dict[str, Any]) -> None:
        self.office = office
        self.id = made["id"]
        self.days = [day["id"] for day in made["days"]]
        self.items = [entry["id"] for day in made["days"] for entry in day["items"]]

    async def read(self) -> dict[str, Any]:
        """The itinerary as it stands."""
        found: dict[str, Any] = await self.office.read(self.office.officer, DAYS, id=self.id)
        return found

    async def starts(self) -> dict[str, list[str]]:
        """From when to when the items of each day last."""
        return {
            day["date"]: [f"{entry['start'][:16]}–{entry['end'][11:16]}" for entry in day["items"]]
            for day in (await self.read())["days"]
        }

    async def move(self, document: str, **given: Any) -> list[dict[str, str]]:
        """Move something: the problems with it."""
        revision = (await self.read())["revision"]
        return await self.office.tells(self.office.officer, document, id=self.id, revision=revision, **given)


async def plan(office: Office, *items: dict[str, Any]) -> Plan:
    """An itinerary of these items."""
    return Plan(office, await office.days("Plan", *items))


def paris(start: str, end: str) -> dict[str, Any]:
    """An item in Paris."""
    return item("Paris", start, end, zone="Europe/Paris")


async def test_itin_6_a_day_moves_with_its_items(office: Office) -> None:
    """ITIN-6: every item of the day moves, no other does, and the days stay in order."""
    moved = await plan(
        office,
        item("First", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z"),
        item("Second", "2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z"),
        item("Next day", "2026-06-02T06:00:00Z", "2026-06-02T07:00:00Z"),
    )
    assert await moved.move(MOVE_DAY, day=moved.days[0], to="2026-06-05") == []
    assert await moved.starts() == {
        "2026-06-02": ["2026-06-02T06:00–07:00"],
        "2026-06-05": ["2026-06-05T06:00–07:00", "2026-06-05T08:00–09:00"],
    }


async def test_itin_6_local_times_stay_across_a_change_of_the_clocks(office: Office) -> None:
    """ITIN-6: ten o'clock stays ten o'clock, for a day and for an item with those that follow it."""
    day = await plan(office, paris("2026-10-24T08:00:00Z", "2026-10-24T09:00:00Z"))
    assert await day.move(MOVE_DAY, day=day.days[0], to="2026-10-26") == []
    assert await day.starts() == {"2026-10-26": ["2026-10-26T09:00–10:00"]}

    # On the night of 29 March the clocks go forward between the first item and the second.
    items = await plan(
        office,
        paris("2026-03-28T00:00:00Z", "2026-03-28T00:30:00Z"),
        paris("2026-03-28T09:00:00Z", "2026-03-28T10:00:00Z"),
    )
    moved = {"item": items.items[0], "start": "2026-03-29T00:00:00Z", "following": True}
    assert await items.move(MOVE_ITEM, **moved) == []
    assert (await items.starts())["2026-03-29"] == ["2026-03-29T00:00–00:30", "2026-03-29T08:00–09:00"]


async def test_itin_6_an_item_moves_alone_or_with_the_later_ones_of_its_day(office: Office) -> None:
    """ITIN-6: following items move by as much; what lies before or beside stays; a new day is made where needed."""
    entries = (
        item("Before", "2026-06-01T05:00:00Z", "2026-06-01T06:00:00Z"),
        item("Moved", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z"),
        item("Beside", "2026-06-01T06:30:00Z", "2026-06-01T07:30:00Z"),
        item("After", "2026-06-01T07:00:00Z", "2026-06-01T08:00:00Z"),
    )
    alone = await plan(office, *entries)
    assert await alone.move(MOVE_ITEM, item=alone.items[1], start="2026-06-02T06:00:00Z") == []
    assert await alone.starts() == {
        "2026-06-01": ["2026-06-01T05:00–06:00", "2026-06-01T06:30–07:30", "2026-06-01T07:00–08:00"],
        "2026-06-02": ["2026-06-02T06:00–07:00"],
    }
    along = await plan(office, *entries)
    assert await along.move(MOVE_ITEM, item=along.items[1], start="2026-06-01T06:15:00Z", following=True) == []
    assert await along.starts() == {
        "2026-06-01": [
            "2026-06-01T05:00–06:00",
            "2026-06-01T06:15–07:15",
            "2026-06-01T06:30–07:30",
            "2026-06-01T07:15–08:15",
        ]
    }


async def test_itin_6_a_move_that_cannot_be_made_changes_nothing(office: Office) -> None:
    """ITIN-6: a day that is there already, an unknown place, an old revision, no day at all: all or nothing."""
    kept = await plan(
        office,
        item("At night", "2026-06-01T02:00:00+04:00", "2026-06-01T03:00:00+04:00"),
        item("Next day", "2026-06-02T06:00:00Z", "2026-06-02T07:00:00Z"),
    )
    before = await kept.read()
    (told,) = {problem["message"] for problem in await kept.move(MOVE_DAY, day=kept.days[0], to="2026-06-02")}
    assert told == "2026-06-02 stands there twice: put its items into one day"
    for document, given, path in (
        (MOVE_DAY, {"day": "nothing", "to": "2026-06-03"}, "day"),
        (MOVE_DAY, {"day": kept.days[0], "to": "0001-01-01"}, "to"),
        (MOVE_ITEM, {"item": "nothing", "start": "2026-06-03T06:00:00Z"}, "item"),
        (MOVE_ITEM, {"item": kept.items[0], "start": "9999-12-31T23:30:00Z"}, "start"),
    ):
        assert [problem["path"] for problem in await kept.move(document, **given)] == [path]
        assert await kept.read() == before
    stale = {"id": kept.id, "revision": "old", "day": kept.days[0], "to": "2026-06-03"}
    (refused,) = await office.tells(office.officer, MOVE_DAY, **stale)
    assert (refused["code"], refused["path"]) == ("CONFLICT", "ifRevision")


async def test_itin_6_a_final_itinerary_does_not_move(office: Office) -> None:
    """ITIN-6: when the visit is over its days stay as they were."""
    final = await plan(office, item("First", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z"))
    await office.done(office.officer, CONFIRM_DAYS, id=final.id)
    assert (await office.ask(office.officer, FINALISE, id=final.id)).errors == []
    (told,) = await final.move(MOVE_DAY, day=final.days[0], to="2026-06-02")
    assert told["message"] == "A final itinerary does not change: reopen it first"
