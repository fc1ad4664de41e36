"""A visit from its request to its end, told once: who does what, who sees what, and what nobody else learns."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auth.caller import Caller
from schema.view import View
from tests.conftest import Http
from tests.stories.everything import everything
from tests.stories.office import (
    CONFIRM_DAYS,
    ISSUE_DAYS,
    MAKE_CONTACT,
    PLAN_DAYS,
    REQUEST_VISIT,
    Office,
    item,
    text,
)

REVISION = """
query Revision($id: ID!) {
  node(id: $id) { ... on Delegation { revision } ... on Itinerary { revision } }
}"""

ADD_MEMBERS = """
mutation AddMembers($id: ID!, $revision: String!, $members: [MemberInput!]!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: { members: { add: $members } }) {
    delegation {
      members { person { familyName } precedence head interpreter { source target mode } }
    }
    problems { path message }
  }
}"""

CLASHES = """
query Clashes($id: ID!) {
  itinerary(id: $id) {
    clashes { item resource hard start end other { title { en } } }
  }
}"""

MOVE_DAY = """
mutation MoveADay($id: ID!, $revision: String!, $day: ID!, $to: Date!) {
  moveItineraryDay(id: $id, ifRevision: $revision, day: $day, to: $to) {
    itinerary { status days { date items { title { en } start } } }
    problems { path message }
  }
}"""

ISSUE_VISIT = """
mutation IssueTheVisit($id: ID!) {
  issueDelegation(id: $id) { delegation { issuedAt } problems { path message } }
}"""

WHAT_A_PARTNER_READS = """
query WhatWasIssuedToUs {
  delegations {
    nodes { title { en } purpose { en } members { badgeName person { familyName } precedence } }
  }
  itineraryIssues(orderBy: { number: ASC }) {
    nodes {
      number
      status
      days { date items { title { en } audience attendees { person { familyName } } hosts { person { id } } } }
    }
  }
}"""

WHAT_CHANGED = """
query WhatChanged {
  itineraryIssues(where: { number: { eq: 2 } }) {
    nodes {
      differences { type title { en } dayBefore day changes { path before after } }
    }
  }
}"""

FINALISE = """
mutation Finalise($id: ID!) {
  finaliseItinerary(id: $id) { itinerary { status } problems { path message } }
}"""

EVERYBODY = ("head", "officer", "coordinator", "neighbour", "host", "member", "ankara", "tbilisi", "anonymous")

HISTORY = """
query WhoDidWhat($id: ID!) {
  delegation(id: $id) {
    history(first: 100) { nodes { action by { familyName } changes { path } } }
  }
}"""

HISTORY_OF_DAYS = """
query WhoPlannedWhat($id: ID!) {
  itinerary(id: $id) {
    history(first: 100) { nodes { action by { familyName } } }
  }
}"""


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give limits under which one query may ask for everything."""
    return {"max_cost": 1_000_000}


async def revision(office: Office, who: Caller, record: str) -> str:
    """The revision of a record as someone reads it."""
    return str((await office.read(who, REVISION, id=record))["revision"])


async def sees(office: Office, visit: str) -> set[str]:
    """Who of the house and its guests finds the visit."""
    found = set()
    for name in EVERYBODY:
        answered = await office.ask(getattr(office, name), "query V($id: ID!) { delegation(id: $id) { id } }", id=visit)
        if answered["delegation"] is not None:
            found.add(name)
    return found


async def actions(office: Office, who: Caller, document: str, record: str) -> list[tuple[str, str | None]]:
    """What someone reads of who did what, the first thing first."""
    found = (await office.read(who, document, id=record))["history"]["nodes"]
    return [(entry["action"], (entry["by"] or {}).get("familyName")) for entry in reversed(found)]


async def test_a_visit_from_its_request_to_its_end(  # noqa: PLR0915  # a story is told in one piece
    office: Office, http: Http, view: View
) -> None:
    """Request, plan, clash, override, issue, move, issue again, complete; everyone sees their part and no more."""
    ids, head, officer, coordinator = office.ids, office.head, office.officer, office.coordinator

    # Given: Kamran Abbasov of Physics is already taken, by a visit that the Faculty of Law prepares.
    other = await office.visit("Judges from Vilnius", "assess", "accept", "plan", hostUnits=[ids["law"]])
    taken = await office.days(
        "Judges from Vilnius, days",
        item("Court and physics", "2026-06-01T06:00:00Z", "2026-06-01T07:30:00Z", hosts=[{"person": ids["host"]}]),
        delegation=other,
    )
    await office.done(officer, CONFIRM_DAYS, id=taken["id"])
    # And: each partner has a contact.
    for partner, person, name in (("ankara", "aylin", "Kaya"), ("tbilisi", "nino", "Beridze")):
        contact = {"partner": ids[partner], "person": ids[person], "familyName": name}
        await office.done(officer, MAKE_CONTACT, input=contact)
    murat = await office.guest("Murat", "Demir", ids["ankara"])

    # When the coordinator of Physics asks for a visit
    requested = await office.done(
        coordinator,
        REQUEST_VISIT,
        input={
            "title": text("Physicists from Ankara and Tbilisi"),
            "purpose": text("A joint laboratory"),
            "briefing": text("They hope for money"),
            "hostUnits": [ids["physics"]],
            "hosts": [ids["host"]],
            "officers": [ids["officer"]],
            "partners": [{"partner": ids["ankara"]}, {"partner": ids["tbilisi"]}],
            "dates": {"start": "2026-06-01", "end": "2026-06-03"},
        },
    )
    visit = requested["id"]
    # then it is requested, and only those who work on it know.
    assert requested["status"] == "REQUESTED"
    assert await sees(office, visit) == {"head", "officer", "coordinator", "host"}

    office.clock.now += timedelta(hours=1)
    # When the coordinator assesses it herself, she is refused: that is the office's part.
    refused = await office.ask(
        coordinator, "mutation Assess($id: ID!) { assessDelegation(id: $id) { problems { path } } }", id=visit
    )
    assert refused.codes == ["INVALID"]  # her graph has no such mutation
    # When the office assesses and accepts it, and the coordinator begins to plan
    await office.step(officer, "assess", visit)
    office.clock.now += timedelta(hours=1)
    await office.step(officer, "accept", visit)
    office.clock.now += timedelta(hours=1)
    planned = await office.step(coordinator, "plan", visit)
    # then it is in planning.
    assert planned["status"] == "PLANNING"

    # When the officer puts the members into protocol order, an interpreter among them
    office.clock.now += timedelta(hours=1)
    interpreting = {"source": "tr", "target": "az", "mode": "CONSECUTIVE"}
    listed = await office.done(
        officer,
        ADD_MEMBERS,
        id=visit,
        revision=await revision(office, officer, visit),
        members=[
            {"person": ids["aylin"], "partner": ids["ankara"], "precedence": 1, "head": True, "badgeName": "A. Kaya"},
            {"person": ids["nino"], "partner": ids["tbilisi"], "precedence": 2, "badgeName": "N. Beridze"},
            {"person": murat, "partner": ids["ankara"], "precedence": 3, "interpreter": interpreting},
        ],
    )
    # then the list says who comes first, who leads and who interprets.
    assert [(m["person"]["familyName"], m["precedence"], m["head"]) for m in listed["members"]] == [
        ("Kaya", 1, True),
        ("Beridze", 2, False),
        ("Demir", 3, False),
    ]
    assert listed["members"][2]["interpreter"] == interpreting

    # When the coordinator plans three days
    office.clock.now += timedelta(hours=1)
    days = await office.done(
        coordinator,
        PLAN_DAYS,
        input={
            "delegation": visit,
            "title": text("Three days of physics"),
            "days": [
                {
                    "date": "2026-06-01",
                    "items": [
                        item(
                            "Welcome by the laboratory",
                            "2026-06-01T07:00:00Z",
                            "2026-06-01T08:00:00Z",
                            hosts=[{"person": ids["host"]}],
                            talkingPoints=text("Promise nothing"),
                            attendees=[
                                {"person": ids["aylin"], "partner": ids["ankara"]},
                                {"person": ids["nino"], "partner": ids["tbilisi"]},
                            ],
                        ),
                        item("What we may offer", "2026-06-01T08:00:00Z", "2026-06-01T08:30:00Z", audience="OFFICE"),
                    ],
                },
                {
                    "date": "2026-06-02",
                    "items": [item("Qobustan", "2026-06-02T05:00:00Z", "2026-06-02T11:00:00Z", kind="TOUR")],
                },
                {
                    "date": "2026-06-03",
                    "items": [
                        item(
                            "Signing",
                            "2026-06-03T06:00:00Z",
                            "2026-06-03T07:00:00Z",
                            kind="CEREMONY",
                            hosts=[{"person": ids["dean"]}],
                            place={"venue": "Main building", "room": "Senate hall"},
                        )
                    ],
                },
            ],
        },
    )
    itinerary, welcome = days["id"], days["days"][0]["items"][0]["id"]

    # then a clash is found: the coordinator learns when the host is busy, and no more,
    (clash,) = (await office.read(coordinator, CLASHES, id=itinerary))["clashes"]
    assert clash == {
        "item": welcome,
        "resource": ids["host"],
        "hard": True,
        "start": "2026-06-01T07:00:00Z",
        "end": "2026-06-01T07:30:00Z",
        "other": None,
    }
    # while the officer, who sees both visits, reads which one it is.
    (clash,) = (await office.read(officer, CLASHES, id=itinerary))["clashes"]
    assert clash["other"] == {"title": text("Judges from Vilnius, days")}

    # When the coordinator confirms the days, the clash blocks, and tells her nothing else.
    (blocked,) = await office.tells(coordinator, CONFIRM_DAYS, id=itinerary)
    assert blocked["path"] == f"days[{days['days'][0]['id']}].items[{welcome}]"
    assert blocked["message"].startswith("Kamran Abbasov is busy 2026-06-01 07:00–07:30 UTC: ")
    assert "Vilnius" not in json.dumps(blocked)
    # When she overrides it with a reason
    office.clock.now += timedelta(hours=1)
    reason = "He joins half an hour later; agreed by telephone"
    confirmed = await office.done(
        coordinator, CONFIRM_DAYS, id=itinerary, overrides=[{"item": welcome, "reason": reason}]
    )
    # then the days are confirmed, and the reason is kept with who gave it and when.
    assert confirmed["status"] == "CONFIRMED"
    (kept,) = confirmed["overrides"]
    assert (kept["reason"], kept["by"], kept["at"]) == (reason, {"familyName": "Məmmədova"}, "2026-05-04T15:00:00Z")

    # When the visit is confirmed and the office issues it, and its days, to the partners
    await office.step(coordinator, "confirm", visit)
    office.clock.now += timedelta(hours=1)
    await office.done(officer, ISSUE_VISIT, id=visit)
    office.clock.now += timedelta(hours=1)
    await office.done(officer, ISSUE_DAYS, id=itinerary)
    # then every member of the university knows of the visit, and both partners do; the public does not.
    assert await sees(office, visit) == {
        "head", "officer", "coordinator", "neighbour", "host", "member", "ankara", "tbilisi",
    }  # fmt: skip
    # Ankara reads issue 1: its own people, nothing of the office's,
    read = (await office.ask(office.ankara, WHAT_A_PARTNER_READS)).data
    (issued,) = read["delegations"]["nodes"]
    assert issued["purpose"] == text("A joint laboratory")
    assert [m["person"]["familyName"] for m in issued["members"]] == ["Kaya", "Demir"]
    (first,) = read["itineraryIssues"]["nodes"]
    assert (first["number"], first["status"]) == (1, "ISSUED")
    items = [entry for day in first["days"] for entry in day["items"]]
    assert [entry["title"]["en"] for entry in items] == ["Welcome by the laboratory", "Qobustan", "Signing"]
    assert [a["person"]["familyName"] for a in items[0]["attendees"]] == ["Kaya"]
    # Tbilisi reads the same issue with its own people;
    read = (await office.ask(office.tbilisi, WHAT_A_PARTNER_READS)).data
    assert [m["badgeName"] for m in read["delegations"]["nodes"][0]["members"]] == ["N. Beridze"]
    # and whatever a partner may ask for, none of this is in it.
    for who, hidden in (
        (office.ankara, (ids["nino"], "Beridze")),
        (office.tbilisi, (ids["aylin"], "Kaya", "Demir", murat)),
    ):
        told = (await everything(http, view, who)).decode()
        for secret in (*hidden, "They hope for money", "Promise nothing", "What we may offer", reason, "Vilnius"):
            assert secret not in told, secret

    # When the coordinator moves the last day to the fourth of June
    # Once all that happened until now is told, so that time alone adds nothing to what is compared.
    office.clock.now += timedelta(hours=1)
    before = {name: await everything(http, view, who) for name, who in partners_of(office)}
    moved = await office.done(
        coordinator,
        MOVE_DAY,
        id=itinerary,
        revision=await revision(office, coordinator, itinerary),
        day=days["days"][2]["id"],
        to="2026-06-04",
    )
    # then what hangs on the day moves along, the days are a draft again, and no partner sees a byte change.
    assert moved["status"] == "DRAFT"
    assert moved["days"][2] == {
        "date": "2026-06-04",
        "items": [{"title": text("Signing"), "start": "2026-06-04T06:00:00Z"}],
    }
    office.clock.now += timedelta(minutes=5)
    assert {name: await everything(http, view, who) for name, who in partners_of(office)} == before

    # When the days are confirmed again, the override still standing, and issued again
    office.clock.now += timedelta(hours=1)
    await office.done(coordinator, CONFIRM_DAYS, id=itinerary)
    office.clock.now += timedelta(hours=1)
    again = await office.done(officer, ISSUE_DAYS, id=itinerary)
    # then issue 2 has taken the place of issue 1,
    assert [(issue["number"], issue["status"]) for issue in again["issueList"]] == [(1, "SUPERSEDED"), (2, "ISSUED")]
    # and each partner reads what became different.
    for _, who in partners_of(office):
        (issue,) = (await office.read(who, WHAT_CHANGED))["nodes"]
        assert issue["differences"] == [
            {
                "type": "CHANGED",
                "title": text("Signing"),
                "dayBefore": "2026-06-03",
                "day": "2026-06-04",
                "changes": [
                    {"path": "start", "before": '"2026-06-03T06:00:00Z"', "after": '"2026-06-04T06:00:00Z"'},
                    {"path": "end", "before": '"2026-06-03T07:00:00Z"', "after": '"2026-06-04T07:00:00Z"'},
                ],
            }
        ]

    # When the guests have been here and have left
    await office.step(coordinator, "begin", visit, actualDates={"start": "2026-06-01"})
    office.clock.now += timedelta(hours=1)
    await office.done(coordinator, FINALISE, id=itinerary)
    ended = await office.step(coordinator, "complete", visit, actualDates={"start": "2026-06-01", "end": "2026-06-04"})
    assert ended["status"] == "COMPLETED"

    # then the history says who did what: all of it to the head,
    assert await actions(office, head, HISTORY, visit) == [
        ("create", "Məmmədova"),
        ("assess", "Hüseynova"),
        ("accept", "Hüseynova"),
        ("plan", "Məmmədova"),
        ("update", "Hüseynova"),
        ("confirm", "Məmmədova"),
        ("issue", "Hüseynova"),
        ("begin", "Məmmədova"),
        ("complete", "Məmmədova"),
    ]
    assert await actions(office, coordinator, HISTORY_OF_DAYS, itinerary) == [
        ("create", "Məmmədova"),
        ("confirm", "Məmmədova"),
        ("issue", "Hüseynova"),
        ("update", "Məmmədova"),
        ("confirm", "Məmmədova"),
        ("issue", "Hüseynova"),
        ("finalise", "Məmmədova"),
    ]
    # to a member of the university without the list of guests, which is not for her,
    assert ("update", "Hüseynova") not in await actions(office, office.member, HISTORY, visit)
    # to a partner without the names of our people,
    assert {by for _, by in await actions(office, office.ankara, HISTORY, visit)} == {None}
    # and to the public not at all.
    assert "anonymous" not in await sees(office, visit)


def partners_of(office: Office) -> list[tuple[str, Caller]]:
    """Both partners' contacts."""
    return [("ankara", office.ankara), ("tbilisi", office.tbilisi)]
