"""Two partners at one visit: each reads of its own people, and finds no trace of the other's."""

from datetime import timedelta
from typing import Any

import pytest

from auth.caller import Caller
from schema.view import View
from tests.conftest import Http
from tests.stories.everything import everything
from tests.stories.office import CONFIRM_DAYS, ISSUE_DAYS, Office, item

OURS = """
query WhoComes($id: ID!) {
  delegation(id: $id) {
    partners { partner { name { en } } }
    members { id person { familyName } partner { name { en } } precedence arrival { number } }
  }
}"""

ASKED = """
query WhoElseComes($words: String!, $name: String!, $partner: ID!) {
  searched: delegations(search: $words) { totalCount }
  persons(search: $words) { totalCount }
  named: delegations(where: { members: { any: { person: { familyName: { eq: $name } } } } }) { totalCount }
  sent: delegations(where: { members: { any: { partner: { id: { eq: $partner } } } } }) { totalCount }
  figures: delegationStats(where: { members: { any: { person: { familyName: { eq: $name } } } } }) { total }
  seated: itineraryIssues(
    where: { days: { any: { items: { any: { attendees: { any: { person: { familyName: { eq: $name } } } } } } } } }
  ) { totalCount }
}"""

HISTORY = """
query WhatHappened($id: ID!) {
  delegation(id: $id) { revision history(first: 100) { nodes { action at changes { path before after } } } }
}"""

DIFFERENCES = """
query WhatBecameDifferent($number: Int!) {
  itineraryIssues(where: { number: { eq: $number } }) {
    nodes { days { items { attendees { person { familyName } seat } } } differences { type changes { path } } }
  }
}"""

READ = """
query Read($id: ID!, $days: ID!) {
  delegation(id: $id) { revision members { id person { id } } }
  itinerary(id: $days) { revision days { id items { id attendees { id person { id } } } } }
}"""

CHANGE_MEMBERS = """
mutation ChangeMembers($id: ID!, $revision: String!, $members: MemberListPatch!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: { members: $members }) {
    delegation { id } problems { code path message }
  }
}"""

SEAT = """
mutation Seat($id: ID!, $revision: String!, $days: [ItineraryDayPatch!]!) {
  updateItinerary(id: $id, ifRevision: $revision, patch: { days: { change: $days } }) {
    itinerary { id } problems { code path message }
  }
}"""

ISSUE_VISIT = """
mutation IssueTheVisit($id: ID!) {
  issueDelegation(id: $id) { delegation { issuedAt } problems { path message } }
}"""


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give limits under which one query may ask for everything."""
    return {"max_cost": 1_000_000}


async def members(office: Office, who: Caller, visit: str) -> list[str]:
    """The family names of the members that somebody reads."""
    return [member["person"]["familyName"] for member in (await office.read(who, OURS, id=visit))["members"]]


async def counts(office: Office, who: Caller, name: str, partner: str) -> dict[str, int]:
    """How much somebody finds who looks for a name, and for whom a partner sends."""
    answered = await office.ask(who, ASKED, words=name, name=name, partner=partner)
    assert answered.errors == []
    return {key: next(iter(found.values())) for key, found in answered.data.items()}


async def change(office: Office, visit: str, **members: Any) -> None:
    """Change the list of members, as the officer."""
    known = await office.read(office.officer, "query R($id: ID!) { delegation(id: $id) { revision } }", id=visit)
    await office.done(office.officer, CHANGE_MEMBERS, id=visit, **known, members=members)


async def test_neither_of_two_partners_sees_the_others_members(office: Office, http: Http, view: View) -> None:
    """Lists, counts, search, conditions, history and differences: each partner is alone with its own people."""
    ids, officer, ankara, tbilisi = office.ids, office.officer, office.ankara, office.tbilisi
    giorgi = await office.guest("Giorgi", "Lomidze", ids["tbilisi"])
    ketevan = await office.guest("Ketevan", "Maisuradze", ids["tbilisi"])

    # Given: a visit from Ankara and Tbilisi, planned, confirmed and issued to both.
    visit = await office.visit(
        "A joint laboratory",
        "assess",
        "accept",
        "plan",
        "confirm",
        officers=[ids["officer"]],
        hostUnits=[ids["physics"]],
        partners=[{"partner": ids["ankara"]}, {"partner": ids["tbilisi"]}],
        members=[
            {"person": ids["aylin"], "partner": ids["ankara"], "precedence": 1, "head": True},
            {"person": ids["nino"], "partner": ids["tbilisi"], "precedence": 2, "arrival": {"number": "A9 802"}},
            {"person": giorgi, "partner": ids["tbilisi"], "precedence": 3},
        ],
    )
    days = await office.days(
        "Days of the laboratory",
        item(
            "Dinner",
            "2026-06-01T15:00:00Z",
            "2026-06-01T17:00:00Z",
            kind="MEAL",
            attendees=[
                {"person": ids["aylin"], "partner": ids["ankara"], "seat": "1"},
                {"person": ids["nino"], "partner": ids["tbilisi"], "seat": "2"},
                {"person": giorgi, "partner": ids["tbilisi"], "seat": "3"},
            ],
        ),
        delegation=visit,
    )
    await office.done(officer, CONFIRM_DAYS, id=days["id"])
    await office.done(officer, ISSUE_VISIT, id=visit)
    await office.done(officer, ISSUE_DAYS, id=days["id"])

    # Then each reads the list of its own people: who else takes part as a partner is no secret, who comes is.
    assert await members(office, ankara, visit) == ["Kaya"]
    assert await members(office, tbilisi, visit) == ["Beridze", "Lomidze"]
    both = (await office.read(ankara, OURS, id=visit))["partners"]
    assert len(both) == len((await office.read(tbilisi, OURS, id=visit))["partners"])
    # Whoever looks for the other's people, by words or by conditions, finds as many as of people who are not there;
    nobody = await counts(office, ankara, "Nobody", ids["law"])
    assert set(nobody.values()) == {0}
    assert await counts(office, ankara, "Beridze", ids["tbilisi"]) == nobody
    assert await counts(office, tbilisi, "Kaya", ids["ankara"]) == nobody
    # and whoever looks for their own finds them.
    assert (await counts(office, tbilisi, "Beridze", ids["tbilisi"])) == {
        "searched": 0, "persons": 1, "named": 1, "sent": 1, "figures": 1, "seated": 1,
    }  # fmt: skip

    # When Tbilisi's list changes: one more comes, one does not, another flight, another order
    office.clock.now += timedelta(hours=1)
    before = await everything(http, view, ankara)
    history = await office.read(ankara, HISTORY, id=visit)
    known = {
        member["person"]["id"]: member["id"]
        for member in (await office.ask(officer, READ, id=visit, days=days["id"]))["delegation"]["members"]
    }
    await change(office, visit, add=[{"person": ketevan, "partner": ids["tbilisi"], "precedence": 9}])
    await change(office, visit, change=[{"id": known[ids["nino"]], "arrival": {"number": "J2 224"}}])
    await change(office, visit, remove=[known[giorgi]])
    # then Tbilisi reads it,
    assert await members(office, tbilisi, visit) == ["Beridze", "Maisuradze"]
    told = (await office.read(tbilisi, HISTORY, id=visit))["history"]["nodes"]
    assert [entry["action"] for entry in told][:3] == ["update"] * 3
    # and for Ankara nothing happened: not in its history or revision, and in no answer there is.
    assert await office.read(ankara, HISTORY, id=visit) == history
    office.clock.now += timedelta(hours=1)
    assert await everything(http, view, ankara) == before

    # When Ketevan takes Giorgi's seat at dinner, and the days are confirmed and issued again
    read = await office.ask(officer, READ, id=visit, days=days["id"])
    (day,) = read["itinerary"]["days"]
    (dinner,) = day["items"]
    seats = {attendee["person"]["id"]: attendee["id"] for attendee in dinner["attendees"]}
    replaced = {
        "remove": [seats[giorgi]],
        "add": [{"person": ketevan, "partner": ids["tbilisi"], "seat": "3"}],
    }
    await office.done(
        officer,
        SEAT,
        id=days["id"],
        revision=read["itinerary"]["revision"],
        days=[{"id": day["id"], "items": {"change": [{"id": dinner["id"], "attendees": replaced}]}}],
    )
    await office.done(officer, CONFIRM_DAYS, id=days["id"])
    await office.done(officer, ISSUE_DAYS, id=days["id"])
    # then issue 2 differs for Tbilisi, which reads who sits where,
    (second,) = (await office.read(tbilisi, DIFFERENCES, number=2))["nodes"]
    assert [seat["person"]["familyName"] for seat in second["days"][0]["items"][0]["attendees"]] == [
        "Beridze",
        "Maisuradze",
    ]
    (difference,) = second["differences"]
    assert difference["type"] == "CHANGED"
    assert all(change["path"].startswith("attendees") for change in difference["changes"])
    # and for Ankara it is the same as issue 1.
    (second,) = (await office.read(ankara, DIFFERENCES, number=2))["nodes"]
    assert second == {
        "days": [{"items": [{"attendees": [{"person": {"familyName": "Kaya"}, "seat": "1"}]}]}],
        "differences": [],
    }
    # And whatever either may ask, the other's people are in no answer.
    for who, names in (
        (ankara, ("Beridze", "Lomidze", "Maisuradze", "A9 802", "J2 224", ids["nino"], giorgi, ketevan)),
        (tbilisi, ("Kaya", ids["aylin"])),
    ):
        answers = (await everything(http, view, who)).decode()
        for name in names:
            assert name not in answers, name
