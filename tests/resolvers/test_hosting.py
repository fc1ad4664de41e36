"""Hosts: asked, accepting, declining, proposing a substitute who is asked then; and what the host may see of guests."""

from datetime import UTC, datetime
from typing import Any

from auth.caller import Caller, Role, caller
from resolvers.context import Services
from tests.conftest import dump
from tests.resolvers.test_changes import DUE
from tests.stories.office import CONFIRM_DAYS, Office, item

ANSWER = """
mutation AnswerHosting($id: ID!, $item: ID!, $answer: HostAnswer!, $substitute: ID) {
  answerHosting(id: $id, item: $item, answer: $answer, substitute: $substitute) {
    itinerary { id } problems { code path message }
  }
}"""
MINE = """
query MyHosting($from: Date!, $to: Date!) {
  myHosting(from: $from, to: $to) {
    item day title { en } start end place { room } answer itinerary { id } visit { title { en } }
  }
}"""
HOSTS = """
query Hosts($id: ID!) {
  itinerary(id: $id) { status days { items { hosts { person { id } answer substitute { id } } } } }
}"""
PRIVATE = "query HowToReachThem($id: ID!) { person(id: $id) { familyName privatePhone } }"


async def plan(office: Office, *hosts: str, start: str = "2026-06-01T06:00:00Z", **facts: Any) -> tuple[str, str]:
    """A plan of one item that these people are asked to host: its id and the item's."""
    end = start.replace("06:00", "07:00")
    place = {"venue": "Main building", "room": facts.pop("room", "101")}
    asked = item("Talk", start, end, place=place, hosts=[{"person": office.ids[key]} for key in hosts])
    made = await office.days("Days", asked, **facts)
    return made["id"], made["days"][0]["items"][0]["id"]


async def answer(
    office: Office, who: Caller, plan: tuple[str, str], given: str, substitute: str | None = None
) -> list[dict[str, str]]:
    """The problems of an answer."""
    return await office.tells(who, ANSWER, id=plan[0], item=plan[1], answer=given, substitute=substitute)


async def entry(office: Office, plan: tuple[str, str]) -> tuple[Any, ...]:
    """The one host of the item: who, what was answered, and who stands in."""
    found = await office.read(office.officer, HOSTS, id=plan[0])
    (host,) = found["days"][0]["items"][0]["hosts"]
    return host["person"]["id"], host["answer"], (host["substitute"] or {}).get("id")


def dean(office: Office) -> Caller:
    """The dean, who hosts as well."""
    return caller(Role.HOST, person=office.ids["dean"], name="Dean")


async def busy(office: Office, person: str, **facts: Any) -> bool:
    """Whether another plan that asks a person at the same time is refused, as it is while the first one takes them."""
    other, _ = await plan(office, person, room="202", **facts)
    told = await office.tells(office.officer, CONFIRM_DAYS, id=other, overrides=[])
    assert all("busy" in problem["message"] for problem in told)
    return bool(told)


async def test_a_host_sees_what_they_are_asked_and_accepts(office: Office) -> None:
    """The item stands in the host's list with its visit and day; accepting is kept."""
    visit = await office.visit("Visit", hosts=[office.ids["host"]])
    made = await plan(office, "host", delegation=visit)
    (mine,) = await office.read(office.host, MINE, **{"from": "2026-06-01", "to": "2026-06-01"})
    assert mine == {
        "item": made[1],
        "day": "2026-06-01",
        "title": {"en": "Talk"},
        "start": "2026-06-01T06:00:00Z",
        "end": "2026-06-01T07:00:00Z",
        "place": {"room": "101"},
        "answer": "ASKED",
        "itinerary": {"id": made[0]},
        "visit": {"title": {"en": "Visit"}},
    }
    assert await answer(office, office.host, made, "ACCEPTED") == []
    assert await entry(office, made) == (office.ids["host"], "ACCEPTED", None)
    assert await office.read(office.host, MINE, **{"from": "2026-06-02", "to": "2026-06-30"}) == []


async def test_only_ones_own_entry_is_answered(office: Office) -> None:
    """Another host has no such plan; who hosts the visit has no such item, as if it were not there."""
    made = await plan(office, "host")
    answered = await office.ask(dean(office), ANSWER, id=made[0], item=made[1], answer="ACCEPTED", substitute=None)
    assert answered.codes == ["NOT_FOUND"]
    visit = await office.visit("Visit", hosts=[office.ids["dean"]])
    other = await plan(office, "host", delegation=visit)
    told = [await answer(office, dean(office), (other[0], found), "DECLINED") for found in (other[1], "nothing")]
    assert told[0] == told[1]
    assert (told[0][0]["code"], told[0][0]["path"]) == ("NOT_FOUND", "item")
    assert await entry(office, other) == (office.ids["host"], "ASKED", None)


async def test_declining_frees_the_hosts_time(office: Office) -> None:
    """A confirmed plan takes the host; once they decline, another plan may."""
    made = await plan(office, "host")
    await office.done(office.officer, CONFIRM_DAYS, id=made[0], overrides=[])
    assert await busy(office, "host")
    assert await answer(office, office.host, made, "DECLINED") == []
    assert await entry(office, made) == (office.ids["host"], "DECLINED", None)
    assert not await busy(office, "host")
    assert (await office.read(office.officer, HOSTS, id=made[0]))["status"] == "CONFIRMED"


async def test_a_substitute_stands_in_at_once_and_decides(office: Office) -> None:
    """Who is proposed is taken, is asked, and takes the entry over by accepting."""
    made = await plan(office, "host")
    await office.done(office.officer, CONFIRM_DAYS, id=made[0], overrides=[])
    assert await answer(office, office.host, made, "SUBSTITUTE", office.ids["dean"]) == []
    assert await entry(office, made) == (office.ids["host"], "SUBSTITUTE", office.ids["dean"])
    assert await busy(office, "dean")
    assert not await busy(office, "host")
    listed = await office.read(dean(office), MINE, **{"from": "2026-06-01", "to": "2026-06-01"})
    assert [found["answer"] for found in listed if found["item"] == made[1]] == ["SUBSTITUTE"]
    assert await answer(office, dean(office), made, "ACCEPTED") == []
    assert await entry(office, made) == (office.ids["dean"], "ACCEPTED", None)
    assert await busy(office, "dean")


async def test_a_substitute_who_declines_leaves_it_to_the_planner(office: Office) -> None:
    """The entry is the host's again, declined: the planner asks somebody else."""
    made = await plan(office, "host")
    assert await answer(office, office.host, made, "SUBSTITUTE", office.ids["dean"]) == []
    assert await answer(office, dean(office), made, "DECLINED") == []
    assert await entry(office, made) == (office.ids["host"], "DECLINED", None)


async def test_itin_2_a_busy_substitute_is_told_as_busy(office: Office) -> None:
    """Nothing but the time is told of what takes them; the entry stays as it was."""
    taken = await plan(office, "dean", room="303")
    await office.done(office.officer, CONFIRM_DAYS, id=taken[0], overrides=[])
    made = await plan(office, "host")
    for confirmed in (False, True):
        if confirmed:
            await office.done(office.officer, CONFIRM_DAYS, id=made[0], overrides=[])
        (problem,) = await answer(office, office.host, made, "SUBSTITUTE", office.ids["dean"])
        assert (problem["code"], problem["path"]) == ("CONFLICT", "substitute")
        assert problem["message"] == "This person is busy 2026-06-01 06:00–07:00 UTC: propose another"
        assert await entry(office, made) == (office.ids["host"], "ASKED", None)


async def test_a_substitute_is_somebody_whom_the_host_may_see(office: Office) -> None:
    """A guest out of the host's scope is as good as nobody; so is oneself, and none at all."""
    made = await plan(office, "host")
    for substitute, code in ((office.ids["aylin"], "NOT_FOUND"), ("prs_0", "NOT_FOUND"), (None, "INVALID")):
        (problem,) = await answer(office, office.host, made, "SUBSTITUTE", substitute)
        assert (problem["code"], problem["path"]) == (code, "substitute")
    (problem,) = await answer(office, office.host, made, "SUBSTITUTE", office.ids["host"])
    assert problem["code"] == "INVALID"
    (problem,) = await answer(office, office.host, made, "ACCEPTED", office.ids["dean"])
    assert problem["path"] == "substitute"
    (problem,) = await answer(office, office.host, made, "ASKED")
    assert problem["path"] == "answer"


async def test_naming_a_substitute_who_is_not_seen_leaves_nothing_in_the_store(
    office: Office, services: Services
) -> None:
    """Whom a host names and does not see gets no guard: an unseen person and no person at all leave the same."""
    days = await plan(office, "dean")
    before = await dump(services.store, "resource_days")
    for substitute in ("prs_00000000000000000000", "x" * 5_000, office.ids["aylin"]):
        told = await answer(office, dean(office), days, "SUBSTITUTE", substitute)
        assert [problem["code"] for problem in told] == ["NOT_FOUND"]
    guards = {guard["_id"] for guard in (await dump(services.store, "resource_days"))["resource_days"]}
    new = guards - {guard["_id"] for guard in before["resource_days"]}
    assert all(office.ids["dean"] in guard for guard in new)


async def test_a_host_sees_guests_to_the_end_of_the_seventh_day_in_the_universitys_zone(office: Office) -> None:
    """From the minute of confirmation to midnight in Baku after the seventh day, which is 20:00 in UTC."""
    guest = await office.guest("Murat", "Demir", office.ids["ankara"], by=office.head, privatePhone="+905321234567")
    steps = ("assess", "accept", "plan")
    dates = {"start": "2026-06-01", "end": "2026-06-03"}
    visit = await office.visit("Visit", *steps, members=[{"person": guest}], hosts=[office.ids["host"]], dates=dates)
    assert await office.read(office.host, PRIVATE, id=guest) is None
    office.clock.now = confirmed = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)
    await office.step(office.officer, "confirm", visit)
    for moment, there in (
        (datetime(2026, 5, 20, 9, 29, 59, tzinfo=UTC), False),
        (confirmed, True),
        (datetime(2026, 6, 10, 19, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 10, 20, 0, tzinfo=UTC), False),
    ):
        office.clock.now = moment
        assert (await office.read(office.host, PRIVATE, id=guest) is not None) is there, moment


async def test_who_was_asked_and_did_not_answer_is_due(office: Office) -> None:
    """Until the day of an item its hosts who have not answered wait in the list, for those who read the plan."""
    visit = await office.visit("Visit", hostUnits=[office.ids["physics"]])
    made = await plan(office, "host", "dean", delegation=visit)
    await plan(office, "host", start="2026-07-01T06:00:00Z")
    waits = {"kind": "Itinerary", "due": "2026-06-01", "overdue": False, "what": None, "text": {"en": "Talk"}}
    waits |= {"record": {"id": made[0]}}
    expected = [waits | {"name": "hosting", "whose": {"id": office.ids[key]}} for key in ("host", "dean")]

    async def told(who: Caller, **given: str) -> list[Any]:
        found = await office.read(who, DUE, **({"to": "2026-06-01"} | given))
        return sorted(found, key=lambda line: [office.ids["host"], office.ids["dean"]].index(line["whose"]["id"]))

    for who in (office.officer, office.host, office.auditor, office.coordinator):
        assert await told(who) == expected
    assert await told(office.officer, **{"from": "2026-06-02"}) == []
    for stranger in (office.member, office.finance, office.ankara, office.anonymous):
        assert (await office.ask(stranger, DUE, to="2026-08-01"))["due"] == []
    assert await answer(office, dean(office), made, "ACCEPTED") == []
    assert await told(office.officer) == expected[:1]
    assert await answer(office, office.host, made, "SUBSTITUTE", office.ids["dean"]) == []
    assert await told(office.officer) == [waits | {"name": "substitute", "whose": {"id": office.ids["dean"]}}]
