"""Itineraries: what clashes, what a confirmed plan holds, what moves along, and what an issue is."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.stories.office import CONFIRM_DAYS, ISSUE_DAYS, Office, item, text

CLASHES = """
query Clashes($id: ID!) {
  itinerary(id: $id) { clashes { item resource hard start end other { id } } }
}"""

DAYS = """
query Days($id: ID!) {
  itinerary(id: $id) {
    status revision
    days { id date items { id title { en } start end } }
    overrides { item reason by { familyName } }
  }
}"""

UPDATE_DAYS = """
mutation UpdateDays($id: ID!, $revision: String!, $patch: ItineraryPatch!) {
  updateItinerary(id: $id, ifRevision: $revision, patch: $patch) { itinerary { status } problems { path message } }
}"""


MOVE_ITEM = """
mutation MoveAnItem($id: ID!, $revision: String!, $item: ID!, $start: DateTime!, $following: Boolean! = false) {
  moveItineraryItem(id: $id, ifRevision: $revision, item: $item, start: $start, following: $following) {
    itinerary { status }
    problems { code path message }
  }
}"""

DIFFERENCES = """
query Differences($number: Int!, $since: Int) {
  itineraryIssues(where: { number: { eq: $number } }) {
    nodes { number differences(since: $since) { type title { en } } }
  }
}"""


async def step(office: Office, action: str, itinerary: str) -> None:
    """Do something to an itinerary that takes nothing but the itinerary."""
    document = f"mutation M($id: ID!) {{ {action}Itinerary(id: $id) {{ itinerary {{ id }} problems {{ message }} }} }}"
    await office.done(office.officer, document, id=itinerary)


async def clashes(office: Office, itinerary: str, who: Any = None) -> list[dict[str, Any]]:
    """What an itinerary's items meet, as someone reads it."""
    found: list[dict[str, Any]] = (await office.read(who or office.officer, CLASHES, id=itinerary))["clashes"]
    return found


async def days(office: Office, itinerary: str) -> dict[str, Any]:
    """An itinerary as the officer reads it."""
    found: dict[str, Any] = await office.read(office.officer, DAYS, id=itinerary)
    return found


def starts(read: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The days of an itinerary with the starts of their items."""
    return [(day["date"], [entry["start"] for entry in day["items"]]) for day in read["days"]]


async def hosting(office: Office, title: str, start: str, end: str, **facts: Any) -> dict[str, Any]:
    """An itinerary of one item that Kamran Abbasov hosts."""
    hosted = item(title, start, end, hosts=[{"person": office.ids["host"]}])
    return await office.days(title, hosted, **facts)


async def confirmed(office: Office, title: str, *items: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """An itinerary that holds what it takes."""
    made = await office.days(title, *items, **facts)
    await office.done(office.officer, CONFIRM_DAYS, id=made["id"])
    return made


async def test_itin_1_overlap_is_half_open(office: Office) -> None:
    """ITIN-1: what begins when another ends is no clash; a millisecond before that is one."""
    host = [{"person": office.ids["host"]}]
    for day, (start, end, meets) in enumerate(
        (
            ("07:00:00Z", "08:00:00Z", False),
            ("05:00:00Z", "06:00:00Z", False),
            ("06:30:00Z", "08:00:00Z", True),
            ("05:00:00Z", "06:00:00.001Z", True),
            ("06:10:00Z", "06:20:00Z", True),
            ("00:00:00Z", "23:00:00Z", True),
        ),
        start=1,
    ):
        date = f"2026-06-0{day}T"
        await confirmed(office, "Held", item("Held", f"{date}06:00:00Z", f"{date}07:00:00Z", hosts=host))
        planned = await office.days("Planned", item("Meets?", date + start, date + end, hosts=host))
        assert bool(await clashes(office, planned["id"])) is meets, (start, end)
        assert bool(await office.tells(office.officer, CONFIRM_DAYS, id=planned["id"])) is meets, (start, end)


TAKES: tuple[tuple[dict[str, Any], dict[str, Any], str | None], ...] = (
    ({"hosts": [{"person": "host"}]}, {"interpreter": "host"}, "host"),
    ({"escort": "host"}, {"transfer": {"driver": "host"}}, "host"),
    ({"attendees": [{"person": "aylin"}]}, {"hosts": [{"person": "aylin"}]}, "aylin"),
    ({"hosts": [{"person": "dean", "answer": "SUBSTITUTE", "substitute": "host"}]}, {"escort": "host"}, "host"),
    ({"hosts": [{"person": "host", "answer": "DECLINED"}]}, {"escort": "host"}, None),
    ({"hosts": [{"person": "host", "answer": "SUBSTITUTE", "substitute": "dean"}]}, {"escort": "host"}, None),
    (
        {"place": {"venue": "Main Building", "room": "Şirvan"}},
        {"place": {"venue": "main building", "room": "sirvan"}},
        "Şirvan, Main Building",
    ),
    ({"place": {"venue": "Main Building", "room": "1"}}, {"place": {"venue": "Library", "room": "1"}}, None),
    ({"place": {"venue": "Main Building"}}, {"place": {"venue": "Main Building"}}, None),
    ({"transfer": {"vehicle": "10-AA-001"}}, {"transfer": {"vehicle": "10-aa-001"}}, "10-AA-001"),
)


async def test_itin_2_people_rooms_and_vehicles_are_checked_across_all_itineraries(office: Office) -> None:
    """ITIN-2: whatever someone does at an item takes them; a room is taken in its venue, however it is spelt."""

    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: named(below) for name, below in value.items()}
        return [named(below) for below in value] if isinstance(value, list) else office.ids.get(value, value)

    for day, (ours, theirs, resource) in enumerate(TAKES, start=10):
        date = f"2026-06-{day}T"
        await confirmed(office, "Held", item("Held", f"{date}06:00:00Z", f"{date}07:00:00Z", **named(theirs)))
        meeting = item("Meets?", f"{date}06:30:00Z", f"{date}07:30:00Z", **named(ours))
        planned = await office.days("Planned", meeting)
        found = [clash["resource"] for clash in await clashes(office, planned["id"])]
        assert found == ([] if resource is None else [office.ids.get(resource, resource)]), (ours, theirs)


async def test_itin_2_instants_are_compared_across_zones_and_changes_of_the_clocks(office: Office) -> None:
    """ITIN-2: eleven in Baku is nine in Paris in summer and eight in winter: what counts is the instant."""
    host = [{"person": office.ids["host"]}]

    async def meet(day: str, baku: str, paris: str, offset: str) -> bool:
        there = f"{day}T{paris}:00{offset}"
        ends = (datetime.fromisoformat(there) + timedelta(hours=1)).isoformat()
        await confirmed(office, "Paris", item("Sorbonne", there, ends, zone="Europe/Paris", hosts=host))
        here = datetime.fromisoformat(f"{day}T{baku}:00+04:00")
        planned = await office.days(
            "Baku", item("Baku", here.isoformat(), (here + timedelta(hours=1)).isoformat(), hosts=host)
        )
        return bool(await clashes(office, planned["id"]))

    assert await meet("2026-10-24", "11:00", "09:00", "+02:00")  # the day before the clocks change
    assert not await meet("2026-10-25", "11:00", "09:00", "+01:00")  # the day on which they did
    assert await meet("2026-10-26", "12:30", "09:00", "+01:00")


async def test_itin_2_who_may_not_see_the_other_plan_learns_only_busy(office: Office) -> None:
    """ITIN-2: a coordinator learns when it is taken; of a plan that is not confirmed she learns nothing."""
    draft = await hosting(office, "Secret plan", "2026-06-01T06:00:00Z", "2026-06-01T09:00:00Z")
    planned = await hosting(office, "Ours", "2026-06-01T08:00:00Z", "2026-06-01T10:00:00Z", by=office.coordinator)
    assert await clashes(office, planned["id"], office.coordinator) == []
    assert [(c["hard"], c["other"]) for c in await clashes(office, planned["id"])] == [(False, {"id": draft["id"]})]

    await office.done(office.officer, CONFIRM_DAYS, id=draft["id"])
    (clash,) = await clashes(office, planned["id"], office.coordinator)
    assert (clash["start"], clash["end"]) == ("2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z")
    assert clash["other"] is None
    (told,) = await office.tells(office.coordinator, CONFIRM_DAYS, id=planned["id"])
    assert told["message"].startswith("Kamran Abbasov is busy 2026-06-01 08:00–09:00 UTC: ")
    (told,) = await office.tells(office.officer, CONFIRM_DAYS, id=planned["id"])
    assert f"in “Secret plan” ({draft['code']})" in told["message"]


async def test_itin_2_two_items_of_one_plan_clash_too(office: Office) -> None:
    """ITIN-2: nobody is in two places of the same visit."""
    host = [{"person": office.ids["host"]}]
    made = await office.days(
        "Twice",
        item("Here", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z", hosts=host),
        item("There", "2026-06-01T06:30:00Z", "2026-06-01T07:30:00Z", escort=office.ids["host"]),
    )
    (clash,) = await clashes(office, made["id"])
    assert (clash["hard"], clash["other"]) == (True, {"id": made["id"]})
    (told,) = await office.tells(office.officer, CONFIRM_DAYS, id=made["id"])
    assert told["code"] == "CONFLICT"


async def test_itin_3_an_override_is_kept_and_stands_until_its_item_moves(office: Office) -> None:
    """ITIN-3: a reason accepts the clash it was given for, and no later one."""
    held = await hosting(office, "Held", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    await office.done(office.officer, CONFIRM_DAYS, id=held["id"])
    await confirmed(
        office, "Noon", item("Noon", "2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z", escort=office.ids["host"])
    )
    ours = await hosting(office, "Ours", "2026-06-01T06:30:00Z", "2026-06-01T07:30:00Z")
    accepted = [{"item": ours["days"][0]["items"][0]["id"], "reason": "He leaves early"}]

    done = await office.done(office.officer, CONFIRM_DAYS, id=ours["id"], overrides=accepted)
    assert done["status"] == "CONFIRMED"
    assert [(o["reason"], o["by"]["familyName"]) for o in done["overrides"]] == [("He leaves early", "Hüseynova")]

    # Worked on again without a move: the reason stands.
    await step(office, "reopen", ours["id"])
    await office.done(office.officer, CONFIRM_DAYS, id=ours["id"])

    # Moved into another clash: that one was never accepted.
    read = await days(office, ours["id"])
    await office.done(
        office.officer,
        MOVE_ITEM,
        id=ours["id"],
        revision=read["revision"],
        item=accepted[0]["item"],
        start="2026-06-01T08:30:00Z",
    )
    assert len(await office.tells(office.officer, CONFIRM_DAYS, id=ours["id"])) == 1
    assert [o["reason"] for o in (await days(office, ours["id"]))["overrides"]] == ["He leaves early"]


async def test_itin_3_an_override_needs_a_reason_and_an_item(office: Office) -> None:
    """ITIN-3: without either nothing is confirmed, and the place is named."""
    held = await hosting(office, "Held", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    await office.done(office.officer, CONFIRM_DAYS, id=held["id"])
    ours = await hosting(office, "Ours", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    found = ours["days"][0]["items"][0]["id"]
    for override, path in (
        ({"item": found, "reason": " "}, "overrides[0].reason"),
        ({"item": found, "reason": "x" * 3000}, "overrides[0].reason"),
        ({"item": "nothing", "reason": "Agreed"}, "overrides[0].item"),
    ):
        told = await office.tells(office.officer, CONFIRM_DAYS, id=ours["id"], overrides=[override])
        assert path in [problem["path"] for problem in told]
    assert (await days(office, ours["id"]))["status"] == "DRAFT"


async def test_itin_3_a_plan_that_changes_what_it_takes_is_a_draft_again(office: Office) -> None:
    """ITIN-3: a new title keeps the plan confirmed; a new host is to be confirmed, and takes nobody before that."""
    made = await hosting(office, "Ours", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    await office.done(office.officer, CONFIRM_DAYS, id=made["id"])
    day = made["days"][0]

    async def patched(**change: Any) -> str:
        patch = {
            "days": {"change": [{"id": day["id"], "items": {"change": [{"id": day["items"][0]["id"], **change}]}}]}
        }
        read = await days(office, made["id"])
        done = await office.done(office.officer, UPDATE_DAYS, id=made["id"], revision=read["revision"], patch=patch)
        return str(done["status"])

    assert await patched(title=text("A better title")) == "CONFIRMED"
    assert await patched(escort=office.ids["dean"]) == "DRAFT"
    other = await office.days(
        "Theirs", item("Theirs", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z", escort=office.ids["dean"])
    )
    assert await office.tells(office.officer, CONFIRM_DAYS, id=other["id"]) == []
    # What it held stays held.
    third = await hosting(office, "Third", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    assert len(await office.tells(office.officer, CONFIRM_DAYS, id=third["id"])) == 1


@pytest.mark.parametrize("end", ["archive", "cancel"])
async def test_itin_3_a_plan_that_will_not_be_gives_up_what_it_takes(office: Office, end: str) -> None:
    """ITIN-3: an archived plan and one of a cancelled visit hold nobody, and take nobody again unasked."""
    visit = await office.visit("Off", "assess", "accept", "plan")
    ours = await hosting(office, "Ours", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z", delegation=visit)
    await office.done(office.officer, CONFIRM_DAYS, id=ours["id"])
    if end == "archive":
        await step(office, "archive", ours["id"])
    else:
        await office.step(office.officer, "cancel", visit, reason="The rector is ill")
    theirs = await hosting(office, "Theirs", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    await office.done(office.officer, CONFIRM_DAYS, id=theirs["id"])

    if end == "archive":
        await step(office, "restore", ours["id"])
        assert (await days(office, ours["id"]))["status"] == "DRAFT"
        assert len(await office.tells(office.officer, CONFIRM_DAYS, id=ours["id"])) == 1
    else:
        read = await days(office, ours["id"])
        patch = {"title": text("Still a plan")}
        await office.done(office.officer, UPDATE_DAYS, id=ours["id"], revision=read["revision"], patch=patch)
        assert await clashes(office, theirs["id"]) == []
        await step(office, "reopen", ours["id"])
        (told,) = await office.tells(office.officer, CONFIRM_DAYS, id=ours["id"])
        assert told["message"] == "The visit is CANCELLED: its days cannot be confirmed"


async def test_itin_5_the_difference_of_two_issues_is_readable(office: Office) -> None:
    """ITIN-5: added, removed and changed items, since the issue before or since a named one."""
    visit = await office.visit("Visit", partners=[{"partner": office.ids["ankara"]}])
    made = await office.days(
        "Days",
        item("Stays", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z"),
        item("Goes", "2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z", talkingPoints=text("Nothing")),
        delegation=visit,
    )

    async def issued(patch: dict[str, Any] | None = None) -> None:
        if patch is not None:
            read = await days(office, made["id"])
            await office.done(office.officer, UPDATE_DAYS, id=made["id"], revision=read["revision"], patch=patch)
        await office.done(office.officer, ISSUE_DAYS, id=made["id"])

    async def read(number: int, since: int | None = None) -> list[tuple[str, str]]:
        (issue,) = (await office.read(office.ankara, DIFFERENCES, number=number, since=since))["nodes"]
        return [(found["type"], found["title"]["en"]) for found in issue["differences"]]

    await office.done(office.officer, CONFIRM_DAYS, id=made["id"])
    await issued()
    day = made["days"][0]["id"]
    stays, goes = (entry["id"] for entry in made["days"][0]["items"])
    new = item("Comes", "2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z")
    await issued({"days": {"change": [{"id": day, "items": {"add": [new], "remove": [goes]}}]}})
    points = {"id": stays, "talkingPoints": text("Ask for more")}
    await issued({"days": {"change": [{"id": day, "items": {"change": [points]}}]}})

    assert await read(1) == [("ADDED", "Stays"), ("ADDED", "Goes")]
    assert await read(2) == [("ADDED", "Comes"), ("REMOVED", "Goes")]
    assert await read(3) == []  # only what is not for partners changed
    assert await read(3, since=1) == [("ADDED", "Comes"), ("REMOVED", "Goes")]
    unknown = await office.ask(office.ankara, DIFFERENCES, number=3, since=7)
    assert unknown.codes == ["INVALID"]


async def test_itin_5_an_issue_stays_the_newest_one_for_whom_the_next_does_not_go_to(office: Office) -> None:
    """ITIN-5: what is issued to another partner alone leaves no sign with this one."""
    partners = [{"partner": office.ids["ankara"]}, {"partner": office.ids["tbilisi"]}]
    visit = await office.visit("Visit", partners=partners)
    made = await confirmed(
        office, "Days", item("One", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z"), delegation=visit
    )
    await office.done(office.officer, ISSUE_DAYS, id=made["id"])
    listed = "{ itineraryIssues { totalCount nodes { number status revision history { nodes { action } } } } }"
    before = await office.read(office.tbilisi, listed)
    await office.done(office.officer, ISSUE_DAYS, id=made["id"], partners=[office.ids["ankara"]])
    assert await office.read(office.tbilisi, listed) == before
    found = await office.read(office.ankara, listed)
    assert [issue["number"] for issue in found["nodes"]] in ([1, 2], [2, 1])
    await office.done(office.officer, ISSUE_DAYS, id=made["id"])
    found = (await office.read(office.tbilisi, listed))["nodes"]
    assert sorted((issue["number"], issue["status"]) for issue in found) == [(1, "SUPERSEDED"), (3, "ISSUED")]


async def test_an_issue_goes_to_partners_of_the_visit_alone(office: Office) -> None:
    """A partner who takes no part is refused, and so is one that does not exist, also for a plan that stands alone."""
    visit = await office.visit("Visit", partners=[{"partner": office.ids["ankara"]}])
    one = item("One", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z")
    made = await confirmed(office, "Days", one, delegation=visit)
    (told,) = await office.tells(office.officer, ISSUE_DAYS, id=made["id"], partners=[office.ids["tbilisi"]])
    assert told["path"] == "partners[0]"
    alone = await confirmed(office, "Alone", one)
    (told,) = await office.tells(office.officer, ISSUE_DAYS, id=alone["id"], partners=["prt_nothing"])
    assert told["code"] == "NOT_FOUND"
    await office.done(office.officer, ISSUE_DAYS, id=alone["id"], partners=[office.ids["tbilisi"]])
    assert (await office.read(office.tbilisi, "{ itineraryIssues { totalCount } }"))["totalCount"] == 1


async def test_whoever_hosts_an_item_reads_the_plan_and_its_issues(office: Office) -> None:
    """Hosting is a duty: it opens the plan, to the one who stands in too, and not to one who declined."""
    ids = office.ids
    made = await confirmed(
        office,
        "Hosted",
        item("A", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z", hosts=[{"person": ids["host"]}]),
    )
    await office.done(office.officer, ISSUE_DAYS, id=made["id"])
    listed = "{ itineraries { totalCount } itineraryIssues { totalCount } }"
    assert (await office.ask(office.host, listed)).data == {
        "itineraries": {"totalCount": 1},
        "itineraryIssues": {"totalCount": 1},
    }
    for answer, found in (("DECLINED", 1), ("SUBSTITUTE", 2)):
        stands_in = {"person": ids["dean"], "answer": "SUBSTITUTE", "substitute": ids["host"]}
        declined = {"person": ids["host"], "answer": answer}
        hosts = [declined if answer == "DECLINED" else stands_in]
        await office.days(answer, item(answer, "2026-07-01T06:00:00Z", "2026-07-01T07:00:00Z", hosts=hosts))
        assert (await office.ask(office.host, listed)).data["itineraries"] == {"totalCount": found}
