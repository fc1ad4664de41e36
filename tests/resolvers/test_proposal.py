"""Proposals: what a partner may only ask for, and what an officer's answer does with it."""

from datetime import timedelta
from typing import Any

from auth.caller import Caller
from tests.stories.office import MAKE_CONTACT, MAKE_PARTNER, Office, text

UPDATE_CONTACT = """
mutation UpdateAContact($id: ID!, $revision: String!, $patch: ContactPatch!) {
  updateContact(id: $id, ifRevision: $revision, patch: $patch) {
    contact { familyName emails phones revision }
    problems { code path message }
  }
}"""

CONTACT = """
query Contact($id: ID!) {
  contact(id: $id) {
    familyName emails phones revision
    history { nodes { action by { familyName } changes { path } } }
  }
}"""

TO_DECIDE = """
query WhatIsToBeDecided {
  proposals(where: { status: { eq: OPEN } }) {
    nodes {
      id type reason source contact { id } person { familyName } partner { id } candidates { id }
      values { field value }
    }
  }
}"""

ACCEPT = """
mutation Accept($id: ID!) {
  acceptProposal(id: $id, input: { answer: "Confirmed by telephone" }) {
    proposal { status answer }
    problems { code path message }
  }
}"""

REJECT = """
mutation Reject($id: ID!) {
  rejectProposal(id: $id, input: { answer: "Not by telephone" }) {
    proposal { status answer }
    problems { code path message }
  }
}"""


async def contact(office: Office) -> str:
    """Aylin Kaya as a contact of Ankara."""
    facts = {"partner": office.ids["ankara"], "person": office.ids["aylin"], "familyName": "Kaya"}
    return str((await office.done(office.officer, MAKE_CONTACT, input=facts | {"emails": ["old@ankara.edu.tr"]}))["id"])


async def read(office: Office, who: Caller, record: str) -> dict[str, Any]:
    """A contact as someone reads it."""
    found: dict[str, Any] = await office.read(who, CONTACT, id=record)
    return found


async def asks(office: Office, record: str, **patch: Any) -> dict[str, Any]:
    """What the partner's contact gets for a change of its own record."""
    revision = (await read(office, office.ankara, record))["revision"]
    office.clock.now += timedelta(minutes=1)
    return await office.done(office.ankara, UPDATE_CONTACT, id=record, revision=revision, patch=patch)


async def to_decide(office: Office) -> list[dict[str, Any]]:
    """What the office is asked."""
    found: list[dict[str, Any]] = (await office.read(office.officer, TO_DECIDE))["nodes"]
    return found


async def test_a_partner_s_new_e_mail_is_proposed_and_its_new_phone_applies(office: Office) -> None:
    """Of one change by the partner, the telephone is there at once; the e-mail and the name wait for an officer."""
    record = await contact(office)
    answered = await asks(office, record, emails=["new@ankara.edu.tr"], familyName="Yılmaz", phones=["+903122126040"])
    assert (answered["familyName"], answered["emails"]) == ("Kaya", ["old@ankara.edu.tr"])
    assert answered["phones"] == ["+903122126040"]
    (proposal,) = await to_decide(office)
    assert proposal["type"] == "CHANGE"
    assert proposal["reason"] == "Aylin Kaya asks to change emails, familyName."
    assert (proposal["contact"], proposal["person"]) == ({"id": record}, {"familyName": "Kaya"})
    assert (proposal["source"], proposal["partner"]) == ("portal", None)
    assert [(found["field"], found["value"]) for found in proposal["values"]] == [
        ("emails", '["new@ankara.edu.tr"]'),
        ("familyName", '"Yılmaz"'),
    ]


async def test_an_accepted_proposal_applies_under_the_officer_s_rights(office: Office) -> None:
    """What was asked for is done in the same change, and the history names the officer who did it."""
    record = await contact(office)
    await asks(office, record, emails=["new@ankara.edu.tr"])
    (proposal,) = await to_decide(office)
    office.clock.now += timedelta(minutes=1)
    done = await office.done(office.officer, ACCEPT, id=proposal["id"])
    assert done == {"status": "ACCEPTED", "answer": "Confirmed by telephone"}
    found = await read(office, office.officer, record)
    assert found["emails"] == ["new@ankara.edu.tr"]
    assert found["history"]["nodes"][0] == {
        "action": "update",
        "by": {"familyName": "Hüseynova"},
        "changes": [{"path": "emails"}],
    }
    assert await to_decide(office) == []
    # The partner reads its new address, and not who of ours agreed.
    theirs = await read(office, office.ankara, record)
    assert theirs["emails"] == ["new@ankara.edu.tr"]
    assert [entry["by"] for entry in theirs["history"]["nodes"]] == [None] * len(theirs["history"]["nodes"])
    # Once decided, it is decided.
    for again in (ACCEPT, REJECT):
        (told,) = await office.tells(office.officer, again, id=proposal["id"])
        assert told["code"] == "CONFLICT"


async def test_a_rejected_proposal_leaves_things_as_they_are(office: Office) -> None:
    """Nothing but the proposal itself changes; the partner sees no sign of either answer."""
    record = await contact(office)
    before = await read(office, office.ankara, record)
    await asks(office, record, emails=["new@ankara.edu.tr"])
    assert await read(office, office.ankara, record) == before
    (proposal,) = await to_decide(office)
    done = await office.done(office.officer, REJECT, id=proposal["id"])
    assert done == {"status": "REJECTED", "answer": "Not by telephone"}
    assert await read(office, office.ankara, record) == before
    assert await to_decide(office) == []


async def test_what_could_never_be_accepted_is_not_proposed(office: Office) -> None:
    """An address that is none is told to the partner at once, and the office is not asked."""
    record = await contact(office)
    revision = (await read(office, office.ankara, record))["revision"]
    patch = {"emails": ["nobody"], "phones": ["+903122126040"]}
    told = await office.tells(office.ankara, UPDATE_CONTACT, id=record, revision=revision, patch=patch)
    assert [(problem["code"], problem["path"]) for problem in told] == [("INVALID", "emails[0]")]
    assert (await read(office, office.ankara, record))["phones"] == []
    assert await to_decide(office) == []


async def test_an_acceptance_that_fails_decides_nothing(office: Office) -> None:
    """Where a merge has several candidates none is taken, and the proposal stays open."""
    facts = {"name": text("Ankara University"), "type": "UNIVERSITY", "country": "TR"}
    first = (await office.done(office.officer, MAKE_PARTNER, input=facts))["id"]
    (one,) = await to_decide(office)
    second = (await office.done(office.officer, MAKE_PARTNER, input=facts))["id"]
    (several,) = [found for found in await to_decide(office) if found["partner"]["id"] == second]
    assert {candidate["id"] for candidate in several["candidates"]} == {office.ids["ankara"], first}
    (told,) = await office.tells(office.officer, ACCEPT, id=several["id"])
    assert told["message"].startswith("There are several candidates")
    assert len(await to_decide(office)) == 2
    # With one candidate accepting merges.
    await office.done(office.officer, ACCEPT, id=one["id"])
    merged = "query P($id: ID!) { partner(id: $id) { status mergedInto { id } } }"
    assert await office.read(office.officer, merged, id=first) == {
        "status": "MERGED",
        "mergedInto": {"id": office.ids["ankara"]},
    }


async def test_proposals_are_the_office_s_alone(office: Office) -> None:
    """For everyone else there is no such list, and none of its words."""
    await asks(office, await contact(office), emails=["new@ankara.edu.tr"])
    for who in (office.coordinator, office.member, office.host, office.ankara, office.anonymous):
        refused = await office.ask(who, "{ proposals { totalCount } }")
        assert refused.codes == ["INVALID"]
    assert (await office.read(office.auditor, "{ proposals { totalCount } }"))["totalCount"] == 1
