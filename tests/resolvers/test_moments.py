"""Publishing, embargo, issuing, restricting: who sees a visit before and after, and who never learns of it."""

from datetime import timedelta
from typing import Any

import pytest

from auth.caller import Caller
from schema.view import View
from tests.conftest import Http
from tests.stories.everything import everything
from tests.stories.office import CONFIRM_DAYS, ISSUE_DAYS, Office, item, text

PUBLISH = """
mutation Publish($id: ID!, $embargo: DateTime) {
  publishDelegation(id: $id, embargo: $embargo) { delegation { publishedFrom } problems { code message } }
}"""

UNPUBLISH = """
mutation Unpublish($id: ID!) {
  unpublishDelegation(id: $id) { delegation { publishedFrom } problems { code message } }
}"""

ISSUE = """
mutation Issue($id: ID!, $partners: [ID!]) {
  issueDelegation(id: $id, partners: $partners) { delegation { issuedAt } problems { code path message } }
}"""

RESTRICT = """
mutation Restrict($id: ID!, $revision: String!, $restricted: Boolean!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: { restricted: $restricted }) {
    delegation { restricted }
    problems { code message }
  }
}"""

REVISION = "query R($id: ID!) { delegation(id: $id) { revision } }"

FOUND = """
query Found($id: ID!) {
  delegation(id: $id) { id }
  node(id: $id) { id }
  delegations { totalCount nodes { id } }
}"""

REFER = """
mutation Refer($input: CreateItineraryInput!) {
  createItinerary(input: $input) { problems { code path message } }
}"""

SEARCHED = """
query Searched {
  delegations(search: "nightingale") { totalCount }
}"""

CLASHES = """
query Clashes($id: ID!) {
  itinerary(id: $id) { clashes { resource hard start end other { id } } }
}"""


@pytest.fixture
def overrides() -> dict[str, Any]:
    """Give limits under which one query may ask for everything."""
    return {"max_cost": 1_000_000}


def everybody(office: Office) -> dict[str, Caller]:
    """Everyone whose sight is told apart."""
    names = (
        "head", "officer", "colleague", "coordinator", "neighbour", "host", "member",
        "finance", "auditor", "leadership", "ankara", "tbilisi", "anonymous",
    )  # fmt: skip
    return {name: getattr(office, name) for name in names}


async def finders(office: Office, visit: str) -> set[str]:
    """Who finds a visit; by id, as a node and in the list alike."""
    found = set()
    for name, who in everybody(office).items():
        data = (await office.ask(who, FOUND, id=visit)).data
        by_list = visit in [node["id"] for node in data["delegations"]["nodes"]]
        assert (data["delegation"] is not None) is by_list is (data["node"] is not None), name
        assert data["delegations"]["totalCount"] == len(data["delegations"]["nodes"]), name
        if by_list:
            found.add(name)
    return found


async def prepared(office: Office, *steps: str, **facts: Any) -> str:
    """A visit to Physics from Ankara, taken through these steps."""
    ids = office.ids
    given = {
        "hostUnits": [ids["physics"]],
        "hosts": [ids["host"]],
        "officers": [ids["officer"]],
        "partners": [{"partner": ids["ankara"]}, {"partner": ids["tbilisi"]}],
        "members": [{"person": ids["aylin"], "partner": ids["ankara"]}],
        "purpose": text("A joint laboratory"),
        "summary": text("Physicists meet"),
    }
    return await office.visit("Operation Nightingale", *steps, by=office.head, **given | facts)


WORKING = {"head", "officer", "colleague", "coordinator", "host", "finance", "auditor"}
UNIVERSITY = WORKING | {"neighbour", "member", "leadership"}
ALL = UNIVERSITY | {"ankara", "tbilisi", "anonymous"}


async def test_members_see_a_visit_from_its_confirmation_on(office: Office) -> None:
    """Before it only those who work on it do; the public and partners do not after it either."""
    visit = await prepared(office, "assess", "accept", "plan")
    assert await finders(office, visit) == WORKING
    await office.step(office.officer, "confirm", visit)
    assert await finders(office, visit) == UNIVERSITY


async def test_issuing_opens_a_visit_to_the_partners_named(office: Office) -> None:
    """Issued to one partner, the other sees nothing; issued to all, both see; nobody who takes no part can be named."""
    visit = await prepared(office)
    other = await office.partner("Ankara City", "TR", type="CITY")
    (told,) = await office.tells(office.officer, ISSUE, id=visit, partners=[other])
    assert (told["code"], told["path"]) == ("INVALID", "partners[0]")
    assert await finders(office, visit) == WORKING
    await office.done(office.officer, ISSUE, id=visit, partners=[office.ids["ankara"]])
    assert await finders(office, visit) == WORKING | {"ankara"}
    await office.done(office.officer, ISSUE, id=visit)
    assert await finders(office, visit) == WORKING | {"ankara", "tbilisi"}


async def test_publishing_opens_what_is_fit_for_the_public(office: Office) -> None:
    """Everyone finds it, and reads of it what is open; withdrawn, it is as before."""
    visit = await prepared(office)
    await office.done(office.officer, PUBLISH, id=visit)
    assert await finders(office, visit) == ALL
    public = "query P($id: ID!) { delegation(id: $id) { summary { en } } }"
    assert await office.read(office.anonymous, public, id=visit) == {"summary": text("Physicists meet")}
    inner = await office.ask(office.anonymous, "query P($id: ID!) { delegation(id: $id) { purpose { en } } }", id=visit)
    assert inner.codes == ["INVALID"]
    shared = "query P($id: ID!) { delegation(id: $id) { purpose { en } } }"
    assert await office.read(office.ankara, shared, id=visit) == {"purpose": None}
    await office.done(office.officer, UNPUBLISH, id=visit)
    assert await finders(office, visit) == WORKING


async def test_an_embargo_holds_to_the_moment(office: Office) -> None:
    """Until it ends nobody else finds the record, not by count either; from then on everyone does."""
    visit = await prepared(office)
    ends = office.clock.now + timedelta(days=1)
    await office.done(office.officer, PUBLISH, id=visit, embargo=ends.isoformat())
    assert await finders(office, visit) == WORKING
    office.clock.now = ends - timedelta(milliseconds=1)
    assert await finders(office, visit) == WORKING
    office.clock.now = ends
    assert await finders(office, visit) == ALL


async def test_a_restricted_visit_stays_with_officers_assigned_hosts_and_the_head(office: Office) -> None:
    """Issued, published and confirmed before, it is gone for everyone else once it is restricted."""
    visit = await prepared(office, "assess", "accept", "plan", "confirm")
    await office.done(office.officer, ISSUE, id=visit)
    await office.done(office.officer, PUBLISH, id=visit)
    assert await finders(office, visit) == ALL
    revision = (await office.read(office.officer, REVISION, id=visit))["revision"]
    await office.done(office.officer, RESTRICT, id=visit, revision=revision, restricted=True)
    assert await finders(office, visit) == {"head", "officer", "host"}
    for document in (ISSUE, PUBLISH):
        (told,) = await office.tells(office.officer, document, id=visit)
        assert told["code"] == "CONFLICT"


@pytest.mark.long
async def test_a_restricted_visit_is_noticed_by_nobody_else(office: Office, http: Http, view: View) -> None:
    """Lists, counts, search, references, history, of every kind: for others every byte is as if it were not there."""
    ids = office.ids
    murat = await office.guest("Murat", "Demir", ids["ankara"], by=office.head, diet="no meat")
    await office.visit("Another visit", members=[{"person": murat}], officers=[ids["colleague"]])
    others = {name: who for name, who in everybody(office).items() if name not in {"head", "officer", "host"}}
    before = {name: await everything(http, view, who) for name, who in others.items()}

    # A whole visit: members, days that are confirmed and issued to nobody, a host of another faculty, steps.
    visit = await prepared(
        office,
        "assess",
        "accept",
        "plan",
        "confirm",
        restricted=True,
        members=[{"person": murat, "partner": ids["ankara"]}],
        counterparts=[{"person": ids["dean"], "precedence": 1}],
    )
    days = await office.days(
        "Nightingale days",
        item("Nightingale", "2026-06-01T08:00:00Z", "2026-06-01T10:00:00Z", hosts=[{"person": ids["dean"]}]),
        delegation=visit,
    )
    await office.done(office.officer, CONFIRM_DAYS, id=days["id"])
    (refused,) = await office.tells(office.officer, ISSUE_DAYS, id=days["id"])
    assert refused["message"].startswith("The itinerary of a restricted visit cannot be issued")

    assert {name: await everything(http, view, who) for name, who in others.items()} == before
    for name, who in others.items():
        searched = await office.ask(who, SEARCHED)
        assert searched.codes == ["INVALID"] or searched.data["delegations"]["totalCount"] == 0, name
        unseen = await office.ask(who, FOUND.replace("delegations { totalCount nodes { id } }", ""), id=visit)
        absent = await office.ask(
            who, FOUND.replace("delegations { totalCount nodes { id } }", ""), id="dlg_00000000000000000000"
        )
        assert unseen == absent, name
    # Referring to it is answered like referring to nothing.
    for wanted in (visit, "dlg_00000000000000000000"):
        told = await office.tells(office.colleague, REFER, input={"title": text("Mine"), "delegation": wanted})
        assert told == [
            {"code": "NOT_FOUND", "path": "delegation", "message": "There is no such Delegation for you: check the id"}
        ]
    theirs = await office.days(
        "Theirs",
        item("Lecture", "2026-06-01T07:00:00Z", "2026-06-01T09:00:00Z", hosts=[{"person": ids["dean"]}]),
        by=office.coordinator,
    )
    # What is told, by the table, is that the dean is busy: when, and no more.
    for who in (office.coordinator, office.colleague):
        assert (await office.read(who, CLASHES, id=theirs["id"]))["clashes"] == [
            {
                "resource": ids["dean"],
                "hard": True,
                "start": "2026-06-01T08:00:00Z",
                "end": "2026-06-01T09:00:00Z",
                "other": None,
            }
        ]
        (busy,) = await office.tells(who, CONFIRM_DAYS, id=theirs["id"])
        assert busy["message"].startswith("Tural Babayev is busy 2026-06-01 08:00–09:00 UTC: ")
