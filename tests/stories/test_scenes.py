"""The scenes that convince, as far as visits play them: one test each, told from the chair of who looks."""

from datetime import timedelta
from typing import Any

import pytest

from auth.caller import Caller
from schema.view import View
from tests.conftest import Http
from tests.factories.records import made
from tests.stories.everything import everything
from tests.stories.office import CONFIRM_DAYS, ISSUE_DAYS, REQUEST_VISIT, Office, item, text

DUE = """
query WhatWaits($to: Date!) {
  due(to: $to) { name due overdue what text { en } whose { familyName } record { ... on Delegation { title { en } } } }
}"""

CLASHES = """
query Clashes($id: ID!) {
  itinerary(id: $id) { clashes { resource start end other { title { en } } } }
}"""

READ_DAYS = "query ReadTheDays($id: ID!) { itinerary(id: $id) { status revision days { id date } } }"

MOVE_DAY = """
mutation MoveADay($id: ID!, $revision: String!, $day: ID!, $to: Date!) {
  moveItineraryDay(id: $id, ifRevision: $revision, day: $day, to: $to) {
    itinerary { status } problems { path message }
  }
}"""

ISSUE_VISIT = """
mutation IssueTheVisit($id: ID!) {
  issueDelegation(id: $id) { delegation { issuedAt } problems { path message } }
}"""

NEWEST = """
query Newest {
  itineraryIssues(where: { status: { eq: ISSUED } }) {
    nodes { number days { date items { title { en } } } differences { title { en } dayBefore day } }
  }
}"""

THE_SAME = """
query TheSame($id: ID!) {
  delegation(id: $id) { title { en } status purpose { en } budget { line } members { person { familyName } } }
}"""

WITHOUT_MONEY = THE_SAME.replace("budget { line } ", "")
PUBLIC = "query Public($id: ID!) { delegation(id: $id) { title { en } } }"

BY_BUDGET = """
query ByBudget {
  delegations(where: { budget: { any: { line: { eq: "Dinner" } } } }) { totalCount }
}"""

PUBLISH = "mutation P($id: ID!) { publishDelegation(id: $id) { delegation { slug } problems { code message } } }"

THIS_WEEK = """
query ThisWeek {
  happenings(from: "2026-06-01", to: "2026-06-08") {
    nodes { title { in(language: AZ) } summary { in(language: AZ) } start end slug }
  }
}"""

PROTOCOL = """
query Protocol($id: ID!, $asOf: DateTime) {
  delegation(id: $id, asOf: $asOf) {
    members { id precedence head badgeName person { id familyName } }
  }
}"""

REVISION = "query R($id: ID!) { delegation(id: $id) { revision } }"

SEATS = """
query Seats($id: ID!, $asOf: DateTime) {
  itinerary(id: $id, asOf: $asOf) { days { items { attendees { seat person { familyName } } } } }
}"""

REPLACE_HEAD = """
mutation SomebodyElseLeads($id: ID!, $member: ID!, $revision: String!) {
  replaceHead(id: $id, member: $member, ifRevision: $revision) { delegation { id } problems { code path message } }
}"""

BADGES = """
mutation WriteBadges($id: ID!, $revision: String!) {
  writeBadges(id: $id, ifRevision: $revision) { delegation { id } problems { code path message } }
}"""

MENU = """
query Menu($diet: String) { personStats(where: { diet: { eq: $diet } }) { total } }"""

FITS = "query DoesItFit($id: ID!) { culturalProgramme(id: $id) { fits { stop tooSmallBy notStepFree } } }"

RENAME = """
mutation Rename($id: ID!, $revision: String!, $title: TextInput!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: { title: $title }) {
    delegation { title { en } } problems { code path message }
  }
}"""

WAS = """
query Was($id: ID!, $asOf: DateTime) {
  delegation(id: $id, asOf: $asOf) { title { en } status }
}"""


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give limits under which one query may ask for everything."""
    return {"max_cost": 1_000_000}


async def confirmed(office: Office, **facts: Any) -> str:
    """A visit from Ankara to Physics that is certain, with Aylin Kaya and Murat Demir."""
    ids = office.ids
    murat = await office.guest("Murat", "Demir", ids["ankara"])
    return await office.visit(
        "Physicists from Ankara",
        *("assess", "accept", "plan", "confirm"),
        by=office.head,
        hostUnits=[ids["physics"]],
        officers=[ids["officer"]],
        partners=[{"partner": ids["ankara"]}],
        purpose=text("A joint laboratory"),
        budget=[{"line": "Dinner", "amount": {"amount": "300", "currency": "AZN"}}],
        members=[
            {"person": ids["aylin"], "partner": ids["ankara"], "precedence": 1, "head": True},
            {"person": murat, "partner": ids["ankara"], "precedence": 2},
        ],
        **facts,
    )


async def test_scene_head_reads_what_is_overdue_on_top(office: Office) -> None:
    """Asked for thirty days: what is overdue stands first; what is done or far off is not there."""
    await office.visit(
        "Minister",
        clearances=[
            {"type": "GATE", "authority": "Guards", "dueOn": "2026-05-20"},
            {"type": "VIP_LOUNGE", "authority": "Airport", "dueOn": "2026-05-02"},
            {"type": "PRESS", "authority": "Press office", "dueOn": "2026-05-01", "grantedOn": "2026-05-01"},
        ],
    )
    await office.visit(
        "Deans",
        actions=[
            {"what": text("Send the minutes"), "who": office.ids["officer"], "dueOn": "2026-05-10"},
            {"what": text("Write a letter"), "dueOn": "2026-09-01"},
        ],
    )
    waits = await office.read(office.head, DUE, to="2026-06-03")
    assert [(line["due"], line["overdue"], line["what"] or line["text"]["en"]) for line in waits] == [
        ("2026-05-02", True, "Airport"),
        ("2026-05-10", False, "Send the minutes"),
        ("2026-05-20", False, "Guards"),
    ]
    assert waits[0]["record"] == {"title": text("Minister")}
    assert waits[1]["whose"] == {"familyName": "Hüseynova"}


async def test_scene_officer_finds_a_host_clash_and_another_faculty_only_reads_busy(office: Office) -> None:
    """Confirming tells the officer which visit takes the host; the coordinator of Law is told when, and no more."""
    dean = [{"person": office.ids["dean"]}]
    ours = await office.visit("Physicists from Ankara", hostUnits=[office.ids["physics"]])
    first = await office.days(
        "Days of physics", item("Talk", "2026-06-01T06:00:00Z", "2026-06-01T07:00:00Z", hosts=dean), delegation=ours
    )
    await office.done(office.officer, CONFIRM_DAYS, id=first["id"])
    theirs = await office.visit("Judges from Vilnius", by=office.neighbour, hostUnits=[office.ids["law"]])
    second = await office.days(
        "Days of law",
        item("Court", "2026-06-01T06:30:00Z", "2026-06-01T08:00:00Z", hosts=dean),
        by=office.neighbour,
        delegation=theirs,
    )
    overlap = {"resource": office.ids["dean"], "start": "2026-06-01T06:30:00Z", "end": "2026-06-01T07:00:00Z"}
    for who, other in ((office.officer, {"title": text("Days of physics")}), (office.neighbour, None)):
        assert (await office.read(who, CLASHES, id=second["id"]))["clashes"] == [overlap | {"other": other}]
    (told,) = await office.tells(office.officer, CONFIRM_DAYS, id=second["id"])
    assert "Days of physics" in told["message"]
    (told,) = await office.tells(office.neighbour, CONFIRM_DAYS, id=second["id"])
    assert told["message"].startswith("Tural Babayev is busy 2026-06-01 06:30–07:00 UTC: ")
    assert "physics" not in told["message"].lower()


async def test_scene_partner_sees_nothing_of_a_moved_day_until_issue_2(office: Office, http: Http, view: View) -> None:
    """The officer moves a day: for the partner not a byte changes; on issue 2 the difference is there."""
    officer, ankara = office.officer, office.ankara
    visit = await confirmed(office)
    dean = [{"person": office.ids["dean"]}]
    signing = item("Signing", "2026-06-03T06:00:00Z", "2026-06-03T07:00:00Z", kind="CEREMONY", hosts=dean)
    days = await office.days("Days", signing, delegation=visit)
    await office.done(officer, CONFIRM_DAYS, id=days["id"])
    await office.done(officer, ISSUE_VISIT, id=visit)
    await office.done(officer, ISSUE_DAYS, id=days["id"])
    office.clock.now += timedelta(hours=1)
    before = await everything(http, view, ankara)

    plan = await office.read(officer, READ_DAYS, id=days["id"])
    (day,) = plan["days"]
    moved = await office.done(
        officer, MOVE_DAY, id=days["id"], revision=plan["revision"], day=day["id"], to="2026-06-04"
    )
    assert moved["status"] == "DRAFT"
    office.clock.now += timedelta(hours=1)
    assert await everything(http, view, ankara) == before

    await office.done(officer, CONFIRM_DAYS, id=days["id"])
    await office.done(officer, ISSUE_DAYS, id=days["id"])
    (issue,) = (await office.read(ankara, NEWEST))["nodes"]
    assert issue == {
        "number": 2,
        "days": [{"date": "2026-06-04", "items": [{"title": text("Signing")}]}],
        "differences": [{"title": text("Signing"), "dayBefore": "2026-06-03", "day": "2026-06-04"}],
    }


async def test_scene_the_same_query_as_officer_partner_and_nobody(office: Office) -> None:
    """The officer reads it all; the partner has no field for a budget, in no condition either; nobody, nothing."""
    visit = await confirmed(office)
    await office.done(office.officer, ISSUE_VISIT, id=visit)
    names = [{"person": {"familyName": name}} for name in ("Kaya", "Demir")]
    known = {"title": text("Physicists from Ankara"), "status": "CONFIRMED", "purpose": text("A joint laboratory")}
    money = {"budget": [{"line": "Dinner"}]}
    assert await office.read(office.officer, THE_SAME, id=visit) == known | money | {"members": names}
    assert (await office.read(office.officer, BY_BUDGET))["totalCount"] == 1

    for document in (THE_SAME, BY_BUDGET):
        for who in (office.ankara, office.anonymous):
            answered = await office.ask(who, document, **({"id": visit} if document is THE_SAME else {}))
            assert set(answered.codes) == {"INVALID"}
            assert any("budget" in error["message"] for error in answered.errors)
            assert answered.data is None
    # A field that never was is refused in the same words.
    refused = await office.ask(office.ankara, THE_SAME, id=visit)
    unknown = await office.ask(office.ankara, THE_SAME.replace("budget", "qudgex"), id=visit)
    assert (
        refused.errors[0]["message"].split(". Did")[0]
        == (unknown.errors[0]["message"].replace("qudgex", "budget").split(". Did")[0])
    )
    assert refused.errors[0]["message"].startswith("Cannot query field 'budget' on type 'Delegation'.")

    assert await office.read(office.ankara, WITHOUT_MONEY, id=visit) == known | {"members": names}
    assert await office.read(office.anonymous, PUBLIC, id=visit) is None


async def test_scene_intranet_asks_once_in_azerbaijani_for_the_week(office: Office) -> None:
    """One query of nobody in particular: what is public of this week, in Azerbaijani where there is any; no more."""
    week = {"dates": {"start": "2026-06-03", "end": "2026-06-04"}}

    async def announced(title: dict[str, str], who: Caller = office.officer, **facts: Any) -> str:
        made = await office.done(who, REQUEST_VISIT, input={"title": title} | week | facts)
        return str(made["id"])

    physics = await announced(
        {"az": "Fizika həftəsi", "en": "Week of physics"}, summary={"az": "Ankaradan qonaqlar", "ru": "Гости из Анкары"}
    )
    judges = await announced(text("Judges from Vilnius"), dates={"start": "2026-05-30", "end": "2026-06-01"})
    later = await announced(text("In autumn"), dates={"start": "2026-09-01", "end": "2026-09-02"})
    await announced(text("Not announced"))
    assert await office.read(office.anonymous, THIS_WEEK) == {"nodes": []}
    for visit in (physics, judges, later):
        await office.done(office.officer, PUBLISH, id=visit)
    found = (await office.read(office.anonymous, THIS_WEEK))["nodes"]
    assert [(line["title"]["in"], line["start"]) for line in found] == [
        ("Judges from Vilnius", "2026-05-30"),
        ("Fizika həftəsi", "2026-06-03"),
    ]
    assert found[0]["summary"] is None
    assert found[1]["summary"] == {"in": "Ankaradan qonaqlar"}


async def test_scene_protocol_replaces_the_head(office: Office) -> None:
    """Precedence, seats and badges follow the new head; as of an hour ago they are what they were."""
    officer, ids = office.officer, office.ids
    visit = await confirmed(office)
    members = (await office.read(officer, PROTOCOL, id=visit))["members"]
    murat = members[1]["id"]
    places = ("Right of the rector", "Left of the rector")
    seated = [
        {"person": member["person"]["id"], "partner": ids["ankara"], "seat": seat}
        for member, seat in zip(members, places, strict=True)
    ]
    dinner = item("Dinner", "2026-06-01T15:00:00Z", "2026-06-01T17:00:00Z", kind="MEAL", attendees=seated)
    days = await office.days("Days", dinner, delegation=visit)
    before = await office.read(officer, PROTOCOL, id=visit), await office.read(officer, SEATS, id=days["id"])
    then = (office.clock.now + timedelta(minutes=1)).isoformat()

    office.clock.now += timedelta(hours=1)
    known = await office.read(officer, REVISION, id=visit)
    await office.done(officer, REPLACE_HEAD, id=visit, member=murat, **known)
    await office.done(officer, BADGES, id=visit, **await office.read(officer, REVISION, id=visit))

    after = (await office.read(officer, PROTOCOL, id=visit))["members"]
    assert {m["person"]["familyName"]: (m["precedence"], m["head"], m["badgeName"]) for m in after} == {
        "Demir": (1, True, "Murat Demir"),
        "Kaya": (2, False, "Aylin Kaya"),
    }
    (day,) = (await office.read(officer, SEATS, id=days["id"]))["days"]
    assert {a["person"]["familyName"]: a["seat"] for a in day["items"][0]["attendees"]} == {
        "Demir": "Right of the rector",
        "Kaya": "Left of the rector",
    }
    assert before == (
        await office.read(officer, PROTOCOL, id=visit, asOf=then),
        await office.read(officer, SEATS, id=days["id"], asOf=then),
    )


async def test_scene_protocol_counts_menus_without_names(office: Office) -> None:
    """Who plans reads how many eat what, and that a stop has steps; for who may not read diets there is none."""
    ids = office.ids
    guests = [
        await office.guest(f"Guest{n}", "Kaya", ids["ankara"], by=office.head, diet="no meat", needsStepFree=n == 0)
        for n in range(3)
    ]
    visit = await office.visit(
        "Rectors",
        by=office.head,
        officers=[ids["officer"]],
        hostUnits=[ids["physics"]],
        members=[{"person": guest, "partner": ids["ankara"]} for guest in guests],
    )
    for who, vegetarians in ((office.head, 3), (office.officer, 3), (office.colleague, 0), (office.coordinator, 0)):
        assert (await office.read(who, MENU, diet="no meat"))["total"] == vegetarians, who.name
    stop = {"title": text("Maiden Tower"), "starts": "10:00", "minutes": 60, "stepFree": False, "capacity": 2}
    tower = await made(office.ask, "CulturalProgramme", office.officer, delegation=visit, stops=[stop])
    for who in (office.officer, office.coordinator):
        (told,) = (await office.read(who, FITS, id=tower))["fits"]
        # It says that, and by how many; whose need it is, and how many have it, is not in it.
        assert (told["tooSmallBy"], told["notStepFree"]) == (1, True)


async def test_scene_as_of_shows_what_was(office: Office) -> None:
    """A visit as of its first day has its old name and state; for who does not find it today it never was."""
    visit = await office.visit("Physicists", "assess")
    then = office.clock.now.isoformat()
    office.clock.now += timedelta(days=3)
    known = await office.read(office.officer, REVISION, id=visit)
    await office.done(office.officer, RENAME, id=visit, title=text("Physicists and chemists"), **known)
    await office.step(office.officer, "accept", visit)
    assert await office.read(office.officer, WAS, id=visit) == {
        "title": text("Physicists and chemists"),
        "status": "ACCEPTED",
    }
    assert await office.read(office.officer, WAS, id=visit, asOf=then) == {
        "title": text("Physicists"),
        "status": "ASSESSED",
    }
    assert await office.read(office.member, WAS, id=visit, asOf=then) is None
