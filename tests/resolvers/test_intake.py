"""Intake links: guests without an account enter their data, officers check it, and nothing is read back (VISIT-1)."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from auth.backend import Authenticator
from auth.caller import Role
from auth.mask import mask
from auth.policy import WRITES
from documents.cipher import KEYS
from documents.intake_submission import IntakeSubmissionFacts
from resolvers.context import Services
from resolvers.intake_submission import submit
from schema.graph import Graph
from schema.intake import GUEST, PLACES, WORDS
from schema.view import View
from tests.conftest import Clock, dump
from tests.resolvers.test_disclosure import reveal
from tests.resolvers.test_moments import RESTRICT, REVISION
from tests.stories.intake import CREATE_LINK, FILLED, LIST, Page, link_facts, submitted, visited
from tests.stories.office import Office

REVOKE = "mutation R($id: ID!) { revokeIntakeLink(id: $id) { intakeLink { status } problems { code path message } } }"
CHECK = """
mutation Check($id: ID!, $person: ID) {
  checkIntakeSubmission(id: $id, person: $person) {
    intakeSubmission { id status person { id } diet } problems { code path message }
  }
}"""
REJECT = """
mutation Reject($id: ID!) {
  rejectIntakeSubmission(id: $id, reason: "Not one of ours") {
    intakeSubmission { id status reason birthDate diet } problems { code path message }
  }
}"""
MEMBERS = """
query Members($id: ID!) {
  delegation(id: $id) {
    members { person { id givenName familyName birthDate citizenships diet position { en ru } partner { id } }
      partner { id } arrival { number at zone } departure { number } }
  }
}"""


async def test_visit_1_what_a_guest_enters_becomes_a_person_and_a_member(
    office: Office, page: Page, services: Services
) -> None:
    """Submitted, checked: the person, the member with flights, and the passport under a key of the person's own."""
    visit, link = await visited(office, partner=office.ids["ankara"])
    answer = await page.post(link["url"])
    assert (answer.status_code, WORDS["en"]["received"] in answer.text) == (200, True)
    (entered,) = await submitted(office)
    assert (entered["status"], entered["birthDate"], entered["diet"]) == ("SUBMITTED", "1970-01-31", "no meat")
    done = await office.done(office.officer, CHECK, id=entered["id"])
    assert (done["status"], done["diet"]) == ("CHECKED", None)
    (member,) = (await office.read(office.officer, MEMBERS, id=visit))["members"]
    person = done["person"]["id"]
    ankara = {"id": office.ids["ankara"]}
    assert member == {
        "person": {
            "id": person,
            "givenName": "Murat",
            "familyName": "Demir",
            "birthDate": "1970-01-31",
            "citizenships": ["TR"],
            "diet": "no meat",
            "position": {"en": "Rector", "ru": None},
            "partner": ankara,
        },
        "partner": ankara,
        # 14:30 in Baku.
        "arrival": {"number": "TK 334", "at": "2026-06-01T10:30:00Z", "zone": "Asia/Baku"},
        "departure": None,
    }
    (told,) = (await reveal(office, office.officer, person, "Visa"))["revealPerson"]["revealed"]
    assert told["passports"][0]["number"] == "U99887766"
    assert told["medicalNotes"] == "diabetes"
    keys = services.store.collection(KEYS)
    assert await keys.count_documents({"keyAltNames": entered["id"]}) == 0
    assert await keys.count_documents({"keyAltNames": person}) == 1
    # What was moved to the person is left nowhere behind, not even in the history.
    kept = await dump(services.store, "intake_submissions", "history", "outbox")
    assert [word for word in ("no meat", "a lift", "U99887766", "diabetes") if word in str(kept)] == []


async def test_who_plans_the_visit_sees_who_comes(office: Office, page: Page) -> None:
    """A guest belongs to the unit that hosts, whose coordinator reads the name; of a restricted visit, to none."""
    for restricted in (False, True):
        facts = {"officers": [office.ids["officer"]], "hostUnits": [office.ids["physics"]], "restricted": restricted}
        visit = await office.visit("Visit", by=office.head, **facts)
        link = (await office.ask(office.officer, CREATE_LINK, input=link_facts(visit)))["createIntakeLink"]
        await page.post(link["url"])
        entered = next(each for each in await submitted(office) if each["status"] == "SUBMITTED")
        person = (await office.done(office.officer, CHECK, id=entered["id"]))["person"]["id"]
        seen = await office.read(office.coordinator, "query P($id: ID!) { person(id: $id) { familyName } }", id=person)
        assert seen == (None if restricted else {"familyName": "Demir"})


async def confided(office: Office, page: Page) -> tuple[str, str]:
    """A restricted visit with a guest who came by its link: the ids of both."""
    facts = {"officers": [office.ids["officer"]], "hostUnits": [office.ids["physics"]], "restricted": True}
    visit = await office.visit("Visit", by=office.head, **facts)
    link = (await office.ask(office.officer, CREATE_LINK, input=link_facts(visit)))["createIntakeLink"]
    await page.post(link["url"])
    (entered,) = await submitted(office)
    return visit, (await office.done(office.officer, CHECK, id=entered["id"]))["person"]["id"]


async def seeing(office: Office, person: str) -> list[str]:
    """Who of the office sees a person, by id and in the list."""
    found = []
    for name in ("officer", "head", "colleague", "auditor", "coordinator", "member"):
        query = 'query P($id: ID!) { person(id: $id) { id } persons(search: "murat demir") { totalCount } }'
        answer = await office.ask(getattr(office, name), query, id=person)
        assert (answer["person"] is None) == (answer["persons"]["totalCount"] == 0)
        found += [name] if answer["person"] else []
    return found


async def test_a_guest_of_a_restricted_visit_is_no_sign_of_it(office: Office, page: Page, clock: Clock) -> None:
    """Only who has the visit sees the person; what others are told of changes is as if nobody had been made."""
    query = "{ changes(first: 100) { nodes { kind id } } personStats { total } }"
    clock.now += timedelta(hours=1)
    before = (await office.ask(office.colleague, query)).data
    visit, person = await confided(office, page)
    assert await seeing(office, person) == ["officer", "head"]
    clock.now += timedelta(hours=1)
    assert (await office.ask(office.colleague, query)).data == before
    revision = (await office.read(office.head, REVISION, id=visit))["revision"]
    await office.done(office.head, RESTRICT, id=visit, revision=revision, restricted=False)
    assert await seeing(office, person) == ["officer", "head", "colleague", "auditor"]
    clock.now += timedelta(hours=1)
    told = (await office.ask(office.colleague, query)).data["changes"]["nodes"]
    assert {"kind": "Person", "id": person} in told


async def test_a_guest_of_a_restricted_visit_who_comes_to_another_is_known(office: Office, page: Page) -> None:
    """Once the person is a member of a visit that all may see, they are an ordinary person, and stay one."""
    visit, person = await confided(office, page)
    await office.visit("Secret, too", by=office.head, restricted=True, members=[{"person": person}])
    assert await seeing(office, person) == ["officer", "head"]
    await office.visit("Open", by=office.officer, members=[{"person": person}])
    assert await seeing(office, person) == ["officer", "head", "colleague", "auditor"]
    await office.step(office.head, "cancel", visit, reason="Snow")
    assert await seeing(office, person) == ["officer", "head", "colleague", "auditor"]


async def test_checking_can_be_repeated_and_broken_off(
    office: Office, page: Page, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A break before the submission's key is deleted is ended by a second try; there is one person and one member."""
    visit, link = await visited(office)
    await page.post(link["url"])
    (entered,) = await submitted(office)

    async def broken(*_: Any) -> bool:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(services.cipher.__class__, "erase", broken)
        assert (await office.ask(office.officer, CHECK, id=entered["id"])).codes == ["INTERNAL"]
    keys = services.store.collection(KEYS)
    assert await keys.count_documents({"keyAltNames": entered["id"]}) == 1
    first = await office.done(office.officer, CHECK, id=entered["id"])
    again = await office.done(office.officer, CHECK, id=entered["id"], person=first["person"]["id"])
    assert first == again
    assert await keys.count_documents({"keyAltNames": entered["id"]}) == 0
    assert len((await office.read(office.officer, MEMBERS, id=visit))["members"]) == 1
    (problem,) = await office.tells(office.officer, CHECK, id=entered["id"], person=office.ids["aylin"])
    assert problem["code"] == "CONFLICT"


async def test_a_submission_fills_a_person_who_is_named(office: Office, page: Page) -> None:
    """What was entered replaces what was known, what was not entered stays; a member stays one member."""
    visit, link = await visited(office)
    person = await office.guest("M.", "Demir", office.ids["ankara"], by=office.head, birthDate="1970-01-01", rank=3)
    for number, values in enumerate((FILLED, FILLED | {"arrival_number": "TK 338"}), 1):
        await page.post(link["url"], values)
        entered = next(found for found in await submitted(office) if found["status"] == "SUBMITTED")
        assert (await office.done(office.officer, CHECK, id=entered["id"], person=person))["person"]["id"] == person
        (member,) = (await office.read(office.officer, MEMBERS, id=visit))["members"]
        assert member["person"]["birthDate"] == "1970-01-31"
        assert member["arrival"]["number"] == ("TK 334", "TK 338")[number - 1]
    ranked = await office.read(office.officer, "query R($id: ID!) { person(id: $id) { rank } }", id=person)
    assert ranked["rank"] == 3


async def test_a_rejected_submission_keeps_nothing_sensitive(office: Office, page: Page, services: Services) -> None:
    """Its key is gone, its care values are, and no person was made."""
    visit, link = await visited(office)
    await page.post(link["url"])
    (entered,) = await submitted(office)
    done = await office.done(office.officer, REJECT, id=entered["id"])
    assert (done["status"], done["diet"]) == ("REJECTED", None)
    assert await services.store.collection(KEYS).count_documents({"keyAltNames": entered["id"]}) == 0
    assert (await office.read(office.officer, MEMBERS, id=visit))["members"] == []
    (problem,) = await office.tells(office.officer, CHECK, id=entered["id"])
    assert problem["code"] == "CONFLICT"


async def test_only_who_serves_the_visit_reads_a_submission(office: Office, page: Page) -> None:
    """Another visit's officer, hosts, coordinators and partners have none; nobody reads identity data by query."""
    _, link = await visited(office)
    await page.post(link["url"])
    (entered,) = await submitted(office)
    assert len((await office.read(office.head, LIST))["nodes"]) == 1
    assert (await office.read(office.colleague, LIST))["nodes"] == []
    assert (await office.ask(office.colleague, CHECK, id=entered["id"])).codes == ["NOT_FOUND"]
    for who in (office.coordinator, office.host, office.member, office.ankara, office.finance, office.anonymous):
        assert (await office.ask(who, "{ intakeSubmissions { totalCount } }")).codes == ["INVALID"]
    assert (await office.ask(office.head, "{ intakeSubmissions { nodes { passports { number } } } }")).codes[:1] == [
        "INVALID"
    ]


async def test_the_last_place_is_taken_once(office: Office, services: Services, graph: Graph) -> None:
    """Of eight who send at once by a link for three, three are received."""
    _, link = await visited(office, mostSubmissions=3)
    token = link["url"].rpartition("/")[2]
    view = View(services, graph, Authenticator(services.settings, services.store))
    facts = {"given_name": "Murat", "family_name": "Demir"}
    outcomes = await asyncio.gather(*(submit(view.context(GUEST), token, facts) for _ in range(8)))
    assert sum(made is not None for made, _ in outcomes) == 3
    assert len(await submitted(office)) == 3


async def test_only_a_hash_of_the_address_is_stored(office: Office, services: Services) -> None:
    """The secret is long, is shown once, and stands nowhere in the store."""
    _, link = await visited(office)
    token = link["url"].rpartition("/")[2]
    # 36 signs: 5.17 bits each.
    assert len(token) * 5.16 >= 128
    assert token not in str(await dump(services.store))
    shown = await office.ask(office.head, "{ intakeLinks { nodes { id url } } }")
    assert shown.codes == ["INVALID"]


def test_a_guest_writes_what_the_form_asks_and_reads_nothing() -> None:
    """The row of the table, the form and the facts agree; no kind exists for a guest but what is published."""
    narrow = WRITES["IntakeSubmission", Role.GUEST]
    asked = {place[0] for place in PLACES.values()} | {"language"}
    assert narrow.applies == asked == set(IntakeSubmissionFacts.model_fields) - {"tags", "notes"}
    assert narrow.proposes == frozenset()
    anonymous = mask(frozenset({Role.ANONYMOUS}))
    assert mask(GUEST.roles).kinds.keys() == anonymous.kinds.keys()
    assert mask(GUEST.roles).key == anonymous.key


async def test_a_link_is_for_a_visit_that_will_be_and_for_its_partners(office: Office) -> None:
    """A time in the past, another partner, a visit that is off, one out of scope: told with the place."""
    visit, _ = await visited(office)
    for facts, path in (
        ({"expiresAt": "2026-05-04T09:00:00Z"}, "expiresAt"),
        ({"expiresAt": "2027-05-04T09:00:00Z"}, "expiresAt"),
        ({"partner": office.ids["tbilisi"]}, "partner"),
        ({"delegation": "dlg_0"}, "delegation"),
        ({"mostSubmissions": 0}, "mostSubmissions"),
    ):
        made = (await office.ask(office.officer, CREATE_LINK, input=link_facts(visit) | facts))["createIntakeLink"]
        assert [problem["path"] for problem in made["problems"]] == [path]
        assert (made["url"], made["intakeLink"]) == (None, None)
    await office.step(office.officer, "cancel", visit, reason="Snow")
    made = (await office.ask(office.officer, CREATE_LINK, input=link_facts(visit)))["createIntakeLink"]
    assert [problem["path"] for problem in made["problems"]] == ["delegation"]
