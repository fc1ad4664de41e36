"""Who serves a visit reads what serving its members takes, for as long as they do."""

from datetime import UTC, datetime
from typing import Any

from auth.caller import Caller
from tests.stories.office import Office

NEEDS = """
query WhatTheyNeed($id: ID!) {
  person(id: $id) { familyName diet accessNeeds withheld }
}"""

PRIVATE = """
query HowToReachThem($id: ID!) {
  person(id: $id) { familyName birthDate privatePhone }
}"""

VEGANS = """
query Vegans {
  persons(where: { diet: { startsWith: "no" } }) { totalCount }
}"""

UPDATE_VISIT = """
mutation UpdateAVisit($id: ID!, $revision: String!, $patch: DelegationPatch!) {
  updateDelegation(id: $id, ifRevision: $revision, patch: $patch) {
    delegation { id }
    problems { code path message }
  }
}"""

UPDATE_PERSON = """
mutation UpdateAPerson($id: ID!, $revision: String!, $patch: PersonPatch!) {
  updatePerson(id: $id, ifRevision: $revision, patch: $patch) { person { id } problems { code path message } }
}"""

VISIT = """
query Visit($id: ID!) {
  delegation(id: $id) { revision members { id } }
}"""

REVISION = "query R($id: ID!) { person(id: $id) { revision } }"


async def guest(office: Office) -> str:
    """Murat Demir of Ankara, who eats no meat."""
    facts = {"diet": "no meat", "accessNeeds": "a lift", "birthDate": "1970-01-01", "privatePhone": "+905321234567"}
    return await office.guest("Murat", "Demir", office.ids["ankara"], by=office.head, **facts)


async def patched(office: Office, visit: str, **patch: Any) -> None:
    """Change a visit as the head."""
    revision = (await office.read(office.head, VISIT, id=visit))["revision"]
    await office.done(office.head, UPDATE_VISIT, id=visit, revision=revision, patch=patch)


async def reads_needs(office: Office, who: Caller, person: str) -> bool:
    """Whether someone reads what a guest needs: on the record, and by looking for it."""
    found = await office.read(who, NEEDS, id=person)
    shown = found["diet"] is not None
    assert (found["accessNeeds"] is not None) is shown
    assert ("diet" in found["withheld"]) is not shown
    assert (await office.read(who, VEGANS))["totalCount"] == int(shown)
    return shown


async def test_care_is_read_by_the_officer_assigned_while_assigned(office: Office) -> None:
    """An officer assigned to a visit reads the member's care, another one does not; it ends with the duty."""
    person = await guest(office)
    members = [{"person": person, "partner": office.ids["ankara"]}]
    visit = await office.visit("Visit", members=members, partners=[{"partner": office.ids["ankara"]}])
    assert not await reads_needs(office, office.officer, person)

    await patched(office, visit, officers=[office.ids["officer"]])
    assert await reads_needs(office, office.officer, person)
    assert not await reads_needs(office, office.colleague, person)
    assert await reads_needs(office, office.head, person)
    assert await reads_needs(office, office.ankara, person)

    await patched(office, visit, officers=[office.ids["colleague"]])
    assert not await reads_needs(office, office.officer, person)
    assert await reads_needs(office, office.colleague, person)


async def test_care_ends_when_the_guest_is_no_member_or_the_visit_is_off(office: Office) -> None:
    """Each visit opens on its own: leaving one keeps the other; a cancelled one opens nothing."""
    person = await guest(office)
    members = [{"person": person, "partner": office.ids["ankara"]}]
    first = await office.visit("First", members=members, officers=[office.ids["officer"]])
    second = await office.visit("Second", members=members, officers=[office.ids["officer"], office.ids["colleague"]])
    (member,) = (await office.read(office.head, VISIT, id=first))["members"]
    await patched(office, first, members={"remove": [member["id"]]})
    assert await reads_needs(office, office.officer, person)
    assert await reads_needs(office, office.colleague, person)
    await office.step(office.officer, "cancel", second, reason="Snow")
    assert not await reads_needs(office, office.officer, person)
    assert not await reads_needs(office, office.colleague, person)


async def test_care_is_written_by_the_officer_assigned_alone(office: Office) -> None:
    """Another officer's change is refused, naming the field; the same one as the officer assigned goes through."""
    person = await guest(office)
    await office.visit("Visit", members=[{"person": person}], officers=[office.ids["officer"]])
    for who, refused in ((office.colleague, ["diet"]), (office.officer, [])):
        revision = (await office.read(who, REVISION, id=person))["revision"]
        told = await office.tells(who, UPDATE_PERSON, id=person, revision=revision, patch={"diet": "no fish"})
        assert [problem["path"] for problem in told if problem["code"] == "FORBIDDEN"] == refused


async def test_an_assignment_does_not_show_on_the_guest_for_others(office: Office) -> None:
    """Who serves a guest's visit leaves no sign on the guest's record: revision and history stay."""
    person = await guest(office)
    seen = "query P($id: ID!) { person(id: $id) { revision withheld history { nodes { action changes { path } } } } }"
    before = await office.read(office.colleague, seen, id=person)
    await office.visit("Visit", members=[{"person": person}], officers=[office.ids["officer"]])
    assert await office.read(office.colleague, seen, id=person) == before


async def test_a_host_reaches_guests_from_confirmation_to_seven_days_after(office: Office) -> None:
    """A host reads private telephones of the guests, not what they eat, and only while the visit needs it."""
    person = await guest(office)
    ids = office.ids
    members = [{"person": person, "partner": ids["ankara"]}]
    dates = {"start": "2026-06-01", "end": "2026-06-03"}
    visit = await office.visit(
        "Visit",
        "assess",
        "accept",
        "plan",
        members=members,
        hosts=[ids["host"]],
        officers=[ids["officer"]],
        dates=dates,
    )
    assert await office.read(office.host, PRIVATE, id=person) is None
    await office.step(office.officer, "confirm", visit)
    assert await office.read(office.host, PRIVATE, id=person) == {
        "familyName": "Demir",
        "birthDate": "1970-01-01",
        "privatePhone": "+905321234567",
    }
    refused = await office.ask(office.host, NEEDS, id=person)
    assert refused.codes == [] or refused.codes == ["INVALID"] * len(refused.codes)
    assert refused.data is None or refused.data["person"]["diet"] is None
    # Another member of the university, who hosts nothing, is never let in.
    assert await office.read(office.member, "query P($id: ID!) { person(id: $id) { familyName } }", id=person) is None
    for moment, there in (
        (datetime(2026, 6, 10, 19, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 10, 20, 0, tzinfo=UTC), False),
    ):
        office.clock.now = moment
        assert (await office.read(office.host, PRIVATE, id=person) is not None) is there
