"""Cultural programmes: whether stops fit (CULT-1), copying a template, and placing stops into an itinerary (D8)."""

import asyncio
from typing import Any

from auth.caller import Caller
from documents.migrations import MIGRATIONS
from resolvers.context import Services
from tests.factories.records import create, made
from tests.resolvers.test_itinerary import clashes, confirmed
from tests.resolvers.test_resources import house, resource
from tests.stories.office import Office, item, text

FITS = "query F($id: ID!) { culturalProgramme(id: $id) { fits { stop tooSmallBy notStepFree } stops { id } } }"

READ = """
query R($id: ID!) {
  itinerary(id: $id) {
    status revision
    days {
      date
      items {
        kind title { en } start end zone escort { id } resources { id } place { venue site { id } }
        attendees { person { id } partner { id } }
      }
    }
  }
}"""

PLACE = """
mutation P($id: ID!, $itinerary: ID!, $on: Date!, $revision: String!) {
  placeCulturalProgramme(id: $id, itinerary: $itinerary, on: $on, ifRevision: $revision) {
    itinerary { id status } problems { code path message }
  }
}"""

COPY = """
mutation C($id: ID!, $delegation: ID!) {
  copyCulturalProgramme(id: $id, delegation: $delegation) {
    culturalProgramme { id template delegation { id } theme { en } stops { title { en } cost { amount } starts } }
    problems { code path message }
  }
}"""


def stop(title: str = "Old City", starts: str = "10:00", minutes: int = 60, **facts: Any) -> dict[str, Any]:
    """A stop of an hour."""
    return {"title": text(title), "starts": starts, "minutes": minutes, **facts}


async def programme(office: Office, *stops: dict[str, Any], who: Caller | None = None, **facts: Any) -> str:
    """A new programme's id."""
    return await made(office.ask, "CulturalProgramme", who or office.officer, stops=list(stops), **facts)


async def fits(office: Office, record_id: str, who: Caller | None = None) -> list[tuple[int, int | None, bool]]:
    """Which stops do not fit: their place in the programme, by how many, and whether for steps."""
    found = await office.read(who or office.officer, FITS, id=record_id)
    ids = [entry["id"] for entry in found["stops"]]
    return [(ids.index(each["stop"]), each["tooSmallBy"], each["notStepFree"]) for each in found["fits"]]


async def place(office: Office, record_id: str, itinerary: str, on: str = "2026-06-02") -> Any:
    """The problems with placing a programme into an itinerary as it stands."""
    revision = (await office.read(office.officer, READ, id=itinerary))["revision"]
    given = {"itinerary": itinerary, "on": on, "revision": revision}
    return await office.tells(office.officer, PLACE, id=record_id, **given)


async def test_cult_1_a_stop_is_too_small_by_so_many(office: Office) -> None:
    """CULT-1: the stop's own capacity counts, else its room's, else its venue's; without participants, all members."""
    rooms = await house(office, "Hall", capacity=1)
    three = [office.ids[key] for key in ("aylin", "nino", "host")]
    stops = (
        stop(capacity=3),
        stop(capacity=2),
        stop(place=rooms["Hall"]),
        stop(place=rooms[""]),
        stop(place=rooms[""], capacity=40),
        stop(),
    )
    named = await programme(office, *stops, participants=three)
    assert await fits(office, named) == [(1, 1, False), (3, 2, False)]
    members = [{"person": office.ids["aylin"]}, {"person": office.ids["nino"]}]
    visit = await office.visit("Visit", members=members)
    assert await fits(office, await programme(office, *stops, delegation=visit)) == [(3, 1, False)]
    assert await fits(office, await programme(office, *stops, template=True)) == []


async def test_cult_1_steps_tell_only_those_who_read_needs_whether_somebody_has_them(office: Office) -> None:
    """CULT-1: the head learns that it matters; a coordinator, who reads nobody's needs, hears the same of any group."""
    rooms = await house(office, "Hall", stepFree=False)
    stops = (stop(stepFree=False), stop(place=rooms["Hall"]), stop(stepFree=True), stop())
    walks = await office.guest("Murat", "Demir", office.ids["ankara"])
    facts = {"givenName": "Ayşe", "familyName": "Kurt", "category": "GUEST", "partner": office.ids["ankara"]}
    needs = await made(office.ask, "Person", office.head, **facts, needsStepFree=True)
    visit = await office.visit("Visit", by=office.coordinator, hostUnits=[office.ids["physics"]])
    alike = [(0, None, True), (1, None, True)]
    for participants, told in (([walks], []), ([walks, needs], alike)):
        one = await programme(office, *stops, participants=participants, who=office.officer, delegation=visit)
        assert await fits(office, one, office.head) == told
        assert await fits(office, one, office.coordinator) == alike
    asked = "query N($id: ID!) { person(id: $id) { needsStepFree withheld } }"
    assert (await office.read(office.head, asked, id=needs))["needsStepFree"] is True
    for who in (office.coordinator, office.officer):
        assert (await office.read(who, asked, id=needs) or {"needsStepFree": None})["needsStepFree"] is None
    shown = "query F($id: ID!) { culturalProgramme(id: $id) { fits { stop } } }"
    assert (await office.ask(office.host, shown, id=one)).errors


async def test_who_takes_part_unseen_stays_when_a_planner_names_others(office: Office) -> None:
    """A patch takes away only what its writer sees: neither the loss nor the revision tells that there was more."""
    own = await office.guest("Murat", "Demir", office.ids["ankara"])
    facts = {"givenName": "Ayşe", "familyName": "Kurt", "category": "GUEST", "partner": office.ids["ankara"]}
    other = await made(office.ask, "Person", office.head, **facts)
    visit = await office.visit("Visit", by=office.coordinator, hostUnits=[office.ids["physics"]])
    one = await programme(office, stop(), participants=[own, other], who=office.officer, delegation=visit)
    read = "query P($id: ID!) { culturalProgramme(id: $id) { revision participants { id } } }"
    seen = await office.read(office.coordinator, read, id=one)
    assert seen["participants"] == [{"id": own}]
    patch = """
    mutation P($id: ID!, $revision: String!, $patch: CulturalProgrammePatch!) {
      updateCulturalProgramme(id: $id, ifRevision: $revision, patch: $patch) {
        culturalProgramme { revision participants { id } }
        problems { message }
      }
    }"""
    for participants, shown in (([own], [{"id": own}]), ([], [])):
        given = {"id": one, "revision": seen["revision"], "patch": {"participants": participants}}
        done = await office.done(office.coordinator, patch, **given)
        assert done["participants"] == shown
        assert (done["revision"] == seen["revision"]) == (participants == [own])
        everybody = (await office.read(office.head, read, id=one))["participants"]
        assert everybody == [*shown, {"id": other}]


async def test_stops_are_placed_with_what_they_take(office: Office) -> None:
    """Each stop becomes an item of its day at its local time, with guide, resources, venue and who takes part."""
    rooms = await house(office, "Hall")
    bus, guide = await resource(office, "Bus"), office.ids["dean"]
    stops = (
        stop(place=rooms["Hall"], guide=guide, resources=[bus]),
        stop("Mugham", "19:30", 90, day=1),
    )
    template = await programme(office, *stops, template=True, participants=[office.ids["aylin"]])
    days = await office.days("Plan", item("Before", "2026-06-02T05:00:00Z", "2026-06-02T05:30:00Z"))
    assert await place(office, template, days["id"]) == []
    read = await office.read(office.officer, READ, id=days["id"])
    assert [(day["date"], [entry["title"]["en"] for entry in day["items"]]) for day in read["days"]] == [
        ("2026-06-02", ["Before", "Old City"]),
        ("2026-06-03", ["Mugham"]),
    ]
    first, last = read["days"][0]["items"][1], read["days"][1]["items"][0]
    assert first == {
        "kind": "CULTURAL",
        "title": {"en": "Old City"},
        "start": "2026-06-02T06:00:00Z",
        "end": "2026-06-02T07:00:00Z",
        "zone": "Asia/Baku",
        "escort": {"id": guide},
        "resources": [{"id": bus}],
        "place": {"venue": None, "site": {"id": rooms[""]["site"]}},
        "attendees": [{"person": {"id": office.ids["aylin"]}, "partner": {"id": office.ids["ankara"]}}],
    }
    assert (last["start"], last["end"]) == ("2026-06-03T15:30:00Z", "2026-06-03T17:00:00Z")
    # What the stops take meets what others hold.
    other = await office.days("Other", item("Drive", "2026-06-02T06:30:00Z", "2026-06-02T08:00:00Z", resources=[bus]))
    assert [clash["resource"] for clash in await clashes(office, other["id"])] == [bus]


async def test_placing_is_all_or_nothing(office: Office) -> None:
    """A day outside the calendar and an old revision add nothing; what takes more than was confirmed is a draft."""
    template = await programme(office, stop(guide=office.ids["dean"]), stop(day=30), template=True)
    days = await confirmed(office, "Plan", item("Before", "2026-06-02T05:00:00Z", "2026-06-02T05:30:00Z"))
    before = await office.read(office.officer, READ, id=days["id"])
    (told,) = await place(office, template, days["id"], on="9999-12-31")
    assert (told["code"], told["path"]) == ("INVALID", "on")
    stale = {"itinerary": days["id"], "on": "2026-06-02", "revision": "old"}
    (told,) = await office.tells(office.officer, PLACE, id=template, **stale)
    assert (told["code"], told["path"]) == ("CONFLICT", "ifRevision")
    assert await office.read(office.officer, READ, id=days["id"]) == before
    assert before["status"] == "CONFIRMED"
    assert await place(office, template, days["id"]) == []
    assert (await office.read(office.officer, READ, id=days["id"]))["status"] == "DRAFT"


async def test_a_template_is_placed_often_and_any_other_programme_once(office: Office) -> None:
    """Of two planners who place a programme at once one wins; a template goes into as many plans as one likes."""
    template = await programme(office, stop(), template=True)
    own = await programme(office, stop())
    first = item("A", "2026-06-01T05:00:00Z", "2026-06-01T06:00:00Z")
    plans = [(await office.days(f"Plan {n}", first))["id"] for n in range(3)]
    for plan in plans[:2]:
        assert await place(office, template, plan) == []
    told = await asyncio.gather(*(place(office, own, plan) for plan in plans))
    assert sorted(len(problems) for problems in told) == [0, 1, 1]
    assert {problem["code"] for problems in told for problem in problems} == {"CONFLICT"}


async def test_a_programme_of_another_visit_is_not_placed(office: Office) -> None:
    """What was made for one visit is copied before it goes into the days of another."""
    visit, other = await office.visit("Visit"), await office.visit("Other")
    own = await programme(office, stop(), delegation=visit)
    days = await office.days("Days", item("A", "2026-06-01T05:00:00Z", "2026-06-01T06:00:00Z"), delegation=other)
    (told,) = await place(office, own, days["id"])
    assert (told["code"], told["path"]) == ("CONFLICT", "itinerary")


async def test_a_template_is_copied_for_a_visit(office: Office) -> None:
    """The copy is the visit's own; what the copier may not read of the template is not in it."""
    cost = {"amount": "90", "currency": "AZN"}
    template = await programme(office, stop(cost=cost), who=office.head, template=True)
    visit = await office.visit("Visit", officers=[office.ids["officer"]])
    copied = await office.done(office.officer, COPY, id=template, delegation=visit)
    assert (copied["template"], copied["delegation"], copied["theme"]) == (False, {"id": visit}, text("A day in Baku"))
    assert copied["stops"] == [{"title": text("Old City"), "cost": None, "starts": "10:00:00"}]
    whole = await office.done(office.head, COPY, id=template, delegation=visit)
    assert whole["stops"][0]["cost"] == {"amount": "90"}
    refused = await office.ask(office.neighbour, COPY.replace("cost { amount }", ""), id=template, delegation=visit)
    assert refused.codes == ["NOT_FOUND"]


async def test_a_programme_follows_its_visit(office: Office) -> None:
    """The programme of a restricted visit is there for nobody else; a template belongs to no visit."""
    visit = await office.visit("Visit", restricted=True, officers=[office.ids["officer"]])
    own = await programme(office, stop(), delegation=visit)
    read = "query R($id: ID!) { culturalProgramme(id: $id) { id } }"
    assert await office.read(office.officer, read, id=own) == {"id": own}
    assert await office.read(office.colleague, read, id=own) is None
    refused = await create(office.ask, office.officer, "CulturalProgramme", template=True, delegation=visit)
    assert [problem["path"] for problem in refused["createCulturalProgramme"]["problems"]] == ["delegation"]


async def test_migration_3_gives_items_sites_and_resources(services: Services) -> None:
    """Items of before name no venue and no resource, persons were not asked; running it again changes nothing."""
    store = services.store
    old = [{"id": "a", "place": {"venue": "Hall"}}, {"id": "b", "place": None}]
    await store.collection("itineraries").insert_one({"_id": "itn_old", "revision": 1, "days": [{"items": old}]})
    await store.collection("persons").insert_one({"_id": "prs_old"})
    for _ in range(2):
        await next(each for each in MIGRATIONS if each.number == 3).run(store)
        plan = await store.collection("itineraries").find_one({"_id": "itn_old"})
        assert plan is not None
        assert plan["days"][0]["items"] == [
            {"id": "a", "place": {"site": None, "site_room": None, "venue": "Hall"}, "resources": []},
            {"id": "b", "place": None, "resources": []},
        ]
        assert await store.collection("persons").find_one({}) == {"_id": "prs_old", "needs_step_free": None}
