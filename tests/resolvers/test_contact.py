"""Contacts: who leaves names who follows or the office is asked, and what they could see ends (CONTACT-1)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from auth.backend import Authenticator
from auth.caller import Caller, Role, caller
from resolvers.context import Services
from schema.graph import Graph
from schema.view import View
from tests.conftest import Http
from tests.stories.office import MAKE_CONTACT, Office

LEAVE = """
mutation Leave($id: ID!, $input: LeaveContactInput) {
  leaveContact(id: $id, input: $input) {
    contact { status term { start end } successor { id } }
    problems { code path message }
  }
}"""

SUCCEED = """
mutation Succeed($id: ID!, $input: SucceedContactInput) {
  succeedContact(id: $id, input: $input) {
    contact { status successor { id } }
    problems { code path message }
  }
}"""

TO_DECIDE = """
query WhatIsToBeDecided {
  proposals(where: { type: { eq: SUCCESSOR } }) { nodes { status reason partner { id } contact { id } } }
}"""

WHO_AM_I = "{ viewer { roles partner { id } } partners { totalCount } }"


async def contact(office: Office, partner: str, name: str, **facts: Any) -> str:
    """A new contact's id."""
    facts = {"partner": office.ids[partner], "familyName": name} | facts
    return str((await office.done(office.officer, MAKE_CONTACT, input=facts))["id"])


@pytest.fixture
def http(services: Services, graph: Graph, office: Office) -> Http:
    """Give a client of a service that asks anew at each request what a token means."""
    authenticator = Authenticator(services.settings, services.store, office.clock, kept=0)
    return Http(services, View(services, graph, authenticator))


async def roles(http: Http, who: Caller) -> tuple[list[str], str | None]:
    """As whom a demo token is let in: roles, and the partner acted for."""
    viewer = (await http.post({"query": WHO_AM_I}, who)).json()["data"]["viewer"]
    return viewer["roles"], (viewer.get("partner") or {}).get("id")


async def test_contact_1_leaving_names_a_successor(office: Office) -> None:
    """CONTACT-1: with a successor nothing is left to decide; the term ends today."""
    leaving = await contact(office, "ankara", "Kaya", term={"start": "2020-01-01"})
    following = await contact(office, "ankara", "Demir")
    left = await office.done(office.officer, LEAVE, id=leaving, input={"successor": following})
    assert left == {
        "status": "LEFT",
        "term": {"start": "2020-01-01", "end": "2026-05-04"},
        "successor": {"id": following},
    }
    assert (await office.read(office.officer, TO_DECIDE))["nodes"] == []


async def test_contact_1_leaving_without_a_successor_opens_a_proposal(office: Office) -> None:
    """CONTACT-1: the office is asked to name one; the partner may report the leaving itself."""
    leaving = await contact(office, "ankara", "Kaya")
    await office.done(office.ankara, LEAVE, id=leaving)
    (asked,) = (await office.read(office.officer, TO_DECIDE))["nodes"]
    assert (asked["status"], asked["partner"]["id"], asked["contact"]["id"]) == ("OPEN", office.ids["ankara"], leaving)


async def test_contact_1_a_successor_may_be_named_later(office: Office) -> None:
    """CONTACT-1: naming who took over settles what the office was asked; only who may follow is taken."""
    leaving = await contact(office, "ankara", "Kaya")
    following = await contact(office, "ankara", "Demir")
    await office.done(office.officer, LEAVE, id=leaving)
    (problem,) = await office.tells(office.ankara, SUCCEED, id=leaving, input=None)
    assert problem["path"] == "input.successor"
    (problem,) = await office.tells(office.ankara, SUCCEED, id=leaving, input={"successor": leaving})
    assert problem["path"] == "input.successor"
    found = await office.done(office.ankara, SUCCEED, id=leaving, input={"successor": following})
    assert found == {"status": "LEFT", "successor": {"id": following}}
    (asked,) = (await office.read(office.officer, TO_DECIDE))["nodes"]
    assert asked["status"] == "ACCEPTED"


async def test_contact_1_a_successor_is_another_contact_of_the_partner_who_has_not_left(office: Office) -> None:
    """CONTACT-1: nobody follows themself, nobody of another partner does, and nobody who has left."""
    leaving = await contact(office, "ankara", "Kaya")
    gone = await contact(office, "ankara", "Demir")
    await office.done(office.officer, LEAVE, id=gone)
    for successor in (leaving, gone, await contact(office, "tbilisi", "Beridze")):
        told = await office.tells(office.officer, LEAVE, id=leaving, input={"successor": successor})
        assert [problem["path"] for problem in told] == ["input.successor"]
    unseen = await office.tells(
        office.ankara, LEAVE, id=leaving, input={"successor": await contact(office, "tbilisi", "B")}
    )
    absent = await office.tells(office.ankara, LEAVE, id=leaving, input={"successor": "cnt_nothing"})
    assert unseen == absent


async def test_a_step_takes_only_what_the_caller_may_write(office: Office) -> None:
    """The note of the office does not exist for the partner who reports that somebody leaves."""
    leaving = await contact(office, "ankara", "Kaya")
    refused = await office.ask(office.ankara, LEAVE, id=leaving, input={"leavingNote": "Dismissed"})
    assert refused.codes == ["INVALID"]
    unknown = await office.ask(office.ankara, LEAVE, id=leaving, input={"leavingNotes": "Dismissed"})
    assert [e["message"].replace("leavingNotes", "leavingNote") for e in unknown.errors] == [
        e["message"] for e in refused.errors
    ]
    await office.done(office.officer, LEAVE, id=leaving, input={"leavingNote": "Retired"})


async def test_contact_1_access_ends_when_the_contact_leaves(office: Office, http: Http) -> None:
    """CONTACT-1: over HTTP, the token of a person whose last contact at the partner left opens what the public sees."""
    ids = office.ids
    first = await contact(office, "ankara", "Kaya", person=ids["aylin"])
    second = await contact(office, "ankara", "Kaya", person=ids["aylin"], purposes=["FINANCE"])
    assert await roles(http, office.ankara) == (["anonymous", "partner"], ids["ankara"])
    await office.done(office.officer, LEAVE, id=first, input={"successor": second})
    assert await roles(http, office.ankara) == (["anonymous", "partner"], ids["ankara"])
    await office.done(office.officer, LEAVE, id=second)
    assert await roles(http, office.ankara) == (["anonymous"], None)
    listed = {"query": "{ partners { totalCount } }"}
    nobody = await http.post(listed)
    assert (await http.post(listed, office.ankara)).content == nobody.content
    # Others of the partner, and the person elsewhere, are let in as before.
    murat = await office.guest("Murat", "Demir", ids["ankara"])
    colleague = caller(Role.PARTNER, person=murat, partner=ids["ankara"])
    assert (await roles(http, colleague))[0] == ["anonymous", "partner"]
    elsewhere = caller(Role.PARTNER, person=ids["aylin"], partner=ids["tbilisi"])
    await contact(office, "tbilisi", "Kaya", person=ids["aylin"])
    assert await roles(http, elsewhere) == (["anonymous", "partner"], ids["tbilisi"])


async def test_contact_1_access_ends_with_the_term(office: Office, http: Http) -> None:
    """CONTACT-1: the last day of a term is a day of work, in the university's zone."""
    await contact(
        office, "ankara", "Kaya", person=office.ids["aylin"], term={"start": "2020-01-01", "end": "2026-05-31"}
    )
    for moment, there in (
        (datetime(2026, 5, 31, 19, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 31, 20, 0, tzinfo=UTC), False),
    ):
        office.clock.now = moment
        assert ("partner" in (await roles(http, office.ankara))[0]) is there


async def test_contact_1_other_roles_stay(office: Office, http: Http) -> None:
    """CONTACT-1: who is a member of the university too stays one."""
    left = await contact(office, "ankara", "Kaya", person=office.ids["aylin"])
    await office.done(office.officer, LEAVE, id=left)
    both = caller(Role.MEMBER, Role.PARTNER, person=office.ids["aylin"], partner=office.ids["ankara"])
    assert await roles(http, both) == (["anonymous", "member"], None)


async def test_partner_2_a_contact_of_a_merged_partner_acts_for_the_one_it_went_into(
    office: Office, http: Http
) -> None:
    """PARTNER-2: a sign-in is a reference to a partner too."""
    merge = (
        "mutation M($id: ID!, $into: ID!) { mergePartner(id: $id, into: $into) { partner { id } problems { path } } }"
    )
    await contact(office, "ankara", "Kaya", person=office.ids["aylin"])
    await office.done(office.officer, merge, id=office.ids["ankara"], into=office.ids["tbilisi"])
    assert await roles(http, office.ankara) == (["anonymous", "partner"], office.ids["tbilisi"])
