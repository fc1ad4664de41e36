"""Revealing identity data: who may, what is logged before anything is told, and who reads the log."""

from typing import Any

import pytest

from auth.caller import Caller, Role, caller
from auth.mask import revealed
from documents.cipher import Cipher
from documents.disclosure import IdentityField
from resolvers.context import Services
from tests.stories.office import Office

NUMBER, NOTES = "C01X00T47", "allergic to penicillin"
PASSPORT = {"number": NUMBER, "country": "TR", "issuedOn": None, "validUntil": "2031-05-01"}

REVEAL = """
mutation Reveal($id: ID!, $reason: String!, $fields: [IdentityField!]!) {
  revealPerson(id: $id, reason: $reason, fields: $fields) {
    revealed { id passports { number country issuedOn validUntil } medicalNotes }
    problems { code path message }
  }
}"""

REVEAL_ALL = """
mutation RevealAll($ids: [ID!]!, $reason: String!) {
  revealPersons(ids: $ids, reason: $reason, fields: [PASSPORTS]) {
    revealed { id passports { number } medicalNotes }
    problems { code path }
  }
}"""

LOG = "{ disclosures { nodes { person { id } by { id } at reason paths } } }"
WHO_SAW = "query WhoSaw($id: ID!) { person(id: $id) { disclosures { reason paths by { familyName } } } }"


async def member(office: Office, officers: list[str] | None = None) -> str:
    """A guest with a passport, who is a member of a visit that the officer is assigned to."""
    facts = {"passports": [PASSPORT], "medicalNotes": NOTES}
    person = await office.guest("Murat", "Demir", office.ids["ankara"], by=office.head, **facts)
    assigned = [office.ids["officer"]] if officers is None else officers
    await office.visit("Visit", officers=assigned, members=[{"person": person}])
    return person


async def reveal(office: Office, who: Caller, person: str, reason: str = "Visa", *fields: str) -> Any:
    """The answer to revealing."""
    wanted = list(fields or ("PASSPORTS", "MEDICAL_NOTES"))
    return await office.ask(who, REVEAL, id=person, reason=reason, fields=wanted)


async def log(office: Office) -> list[dict[str, Any]]:
    """The whole log, as the head reads it."""
    found: list[dict[str, Any]] = (await office.read(office.head, LOG))["nodes"]
    return found


def test_every_identity_path_of_a_person_can_be_named() -> None:
    """The fields that can be asked for are those that the label hides."""
    assert {field.path for field in IdentityField} == {path.path for path in revealed("Person")}


async def test_the_officer_assigned_is_told_and_it_is_logged(office: Office) -> None:
    """What is asked for is told, and nothing else; the log names who, whom, when, what and why."""
    person = await member(office)
    answer = (await reveal(office, office.officer, person, "Registration with the police"))["revealPerson"]
    assert answer == {
        "revealed": [{"id": person, "passports": [PASSPORT], "medicalNotes": NOTES}],
        "problems": [],
    }
    (only,) = (await reveal(office, office.officer, person, "Visa", "PASSPORTS"))["revealPerson"]["revealed"]
    assert only == {"id": person, "passports": [PASSPORT], "medicalNotes": None}
    by = {"id": office.ids["officer"]}
    first, second = sorted(await log(office), key=lambda entry: entry["reason"])
    assert first == {
        "person": {"id": person},
        "by": by,
        "at": "2026-05-04T09:00:00Z",
        "reason": "Registration with the police",
        "paths": ["PASSPORTS", "MEDICAL_NOTES"],
    }
    assert second["paths"] == ["PASSPORTS"]


async def test_who_may_not_is_refused_and_nothing_is_logged(office: Office) -> None:
    """An officer who is not assigned is forbidden; for a member there is no such guest; an auditor only reads."""
    person = await member(office)
    for who, codes in (
        (office.colleague, ["FORBIDDEN"]),
        (office.member, ["NOT_FOUND"]),
        (office.auditor, ["FORBIDDEN"]),
        (office.tbilisi, ["NOT_FOUND"]),
        (office.ankara, ["FORBIDDEN"]),
        (office.anonymous, ["INVALID"] * 2),
    ):
        answer = await reveal(office, who, person)
        assert answer.codes[:1] == codes[:1], (who.name, answer.errors)
        assert NUMBER not in str(answer)
    assert await log(office) == []


async def test_the_head_and_the_person_are_told(office: Office) -> None:
    """The head of everybody, a person of themself; both are logged."""
    facts = {"passports": [PASSPORT]}
    own = await office.person("Sevda", "Rzayeva", by=office.head, **facts)
    for who in (office.head, caller(Role.MEMBER, person=own)):
        answer = (await reveal(office, who, own, "To look", "PASSPORTS"))["revealPerson"]
        assert answer["revealed"][0]["passports"] == [PASSPORT]
    assert len(await log(office)) == 2


@pytest.mark.parametrize("reason", ["", "  \n "])
async def test_a_reason_is_needed(office: Office, reason: str) -> None:
    """Without words nothing is told and nothing logged."""
    person = await member(office)
    (problem,) = (await reveal(office, office.officer, person, reason))["revealPerson"]["problems"]
    assert (problem["code"], problem["path"]) == ("INVALID", "reason")
    assert await log(office) == []


async def test_filing_reveals_several_for_one_reason(office: Office) -> None:
    """Each person is logged; one who is denied or is not there is a problem, and the others are told."""
    person, other = await member(office), await member(office, officers=[])
    ids = [other, person, "prs_00000000000000000000", person]
    answer = (await office.ask(office.officer, REVEAL_ALL, ids=ids, reason="Filing"))["revealPersons"]
    assert answer["revealed"] == [{"id": person, "passports": [{"number": NUMBER}], "medicalNotes": None}]
    assert answer["problems"] == [
        {"code": "FORBIDDEN", "path": "ids[0]"},
        {"code": "NOT_FOUND", "path": "ids[2]"},
    ]
    assert [entry["person"]["id"] for entry in await log(office)] == [person]


async def test_who_saw_my_data(office: Office) -> None:
    """The person reads who was told what and why; an officer who is told reads no log, another member nothing."""
    person = await office.person("Sevda", "Rzayeva", by=office.head, passports=[PASSPORT])
    await reveal(office, office.head, person, "Insurance", "PASSPORTS")
    mine = await office.read(caller(Role.MEMBER, person=person), WHO_SAW, id=person)
    assert mine["disclosures"] == [{"reason": "Insurance", "paths": ["PASSPORTS"], "by": {"familyName": "Quliyeva"}}]
    assert (await office.read(office.member, WHO_SAW, id=person))["disclosures"] == []
    assert (await office.read(office.officer, WHO_SAW, id=person))["disclosures"] == []
    assert (await office.read(office.auditor, LOG))["nodes"][0]["reason"] == "Insurance"


async def test_a_partners_contact_reads_who_saw_their_own_data(office: Office) -> None:
    """Time, reason and fields, of themself alone: not of a colleague there, and not who of the office it was."""
    aylin = office.ids["aylin"]
    other = await member(office)
    for person in (aylin, other):
        await reveal(office, office.head, person, "Insurance", "PASSPORTS")
    mine = await office.read(office.ankara, WHO_SAW, id=aylin)
    assert mine["disclosures"] == [{"reason": "Insurance", "paths": ["PASSPORTS"], "by": None}]
    (entry,) = (await office.read(office.ankara, LOG))["nodes"]
    assert (entry["person"], entry["at"]) == ({"id": aylin}, "2026-05-04T09:00:00Z")
    assert (await office.read(office.ankara, WHO_SAW, id=other))["disclosures"] == []
    assert (await office.read(office.tbilisi, LOG))["nodes"] == []


async def test_the_log_is_committed_before_anything_is_decrypted(
    office: Office, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the first decryption the entry is there for everybody; breaking off there leaves it."""
    person = await member(office)
    seen: list[int] = []

    async def broken(_: Cipher, value: Any) -> Any:
        seen.append(await services.store.collection("disclosures").count_documents({"person": person}))
        raise RuntimeError(value)

    monkeypatch.setattr(Cipher, "reveal", broken)
    answer = await reveal(office, office.officer, person)
    assert answer.codes == ["INTERNAL"]
    assert seen == [1]
    assert [entry["reason"] for entry in await log(office)] == ["Visa"]


async def test_nothing_is_told_where_the_log_cannot_be_written(
    office: Office, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a log nothing is decrypted."""
    person = await member(office)

    async def never(_: Cipher, value: Any) -> Any:
        raise AssertionError(value)

    async def full(*_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(Cipher, "reveal", never)
    monkeypatch.setattr("resolvers.disclosure.make", full)
    assert (await reveal(office, office.officer, person)).codes == ["INTERNAL"]
    assert await services.store.collection("disclosures").count_documents({}) == 0


async def test_nobody_writes_the_log_by_hand(office: Office) -> None:
    """There is no mutation for disclosures, not even for the head."""
    answer = await office.ask(office.head, "{ __schema { mutationType { fields { name } } } }")
    names = {field["name"] for field in answer["__schema"]["mutationType"]["fields"]}
    assert [name for name in names if "Disclosure" in name] == []
