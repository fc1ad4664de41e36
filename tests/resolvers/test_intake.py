"""Intake links: guests without an account enter their data, officers check it, and nothing is read back (VISIT-1)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from starlette.applications import Starlette

from auth.backend import Authenticator
from auth.caller import Role
from auth.mask import mask
from auth.policy import WRITES
from documents.cipher import KEYS
from documents.intake_submission import IntakeSubmissionFacts
from resolvers.context import Services
from resolvers.intake_submission import submit
from schema.graph import Graph
from schema.intake import GUEST, HEADERS, PLACES, WORDS, intake_routes
from schema.view import View
from tests.conftest import Clock, dump
from tests.resolvers.test_disclosure import reveal
from tests.stories.office import Office

CREATE_LINK = """
mutation MakeALink($input: CreateIntakeLinkInput!) {
  createIntakeLink(input: $input) { intakeLink { id status submissions } url problems { code path message } }
}"""
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
LIST = "{ intakeSubmissions { nodes { id status familyName institution email birthDate diet accessNeeds } } }"
MEMBERS = """
query Members($id: ID!) {
  delegation(id: $id) {
    members { person { id givenName familyName birthDate citizenships diet position { en ru } partner { id } }
      partner { id } arrival { number at zone } departure { number } }
  }
}"""
FILLED = {
    "given_name": "Murat",
    "family_name": "Demir",
    "institution": "Ankara University",
    "position": "Rector",
    "email": "murat@example.org",
    "private_phone": "+905321234567",
    "birth_date": "1970-01-31",
    "citizenship": "TR",
    "arrival_carrier": "THY",
    "arrival_number": "TK 334",
    "arrival_airport": "GYD",
    "arrival_at": "2026-06-01T14:30",
    "diet": "no meat",
    "access_needs": "a lift",
    "needs_step_free": "yes",
    "passport_number": "U99887766",
    "passport_country": "TR",
    "passport_valid_until": "2031-05-01",
    "medical_notes": "diabetes",
}


def link_facts(visit: str, **facts: Any) -> dict[str, Any]:
    """What a link is made of."""
    return {"delegation": visit, "expiresAt": "2026-05-20T00:00:00Z", "label": "Rector's party"} | facts


class Page:
    """A browser without scripts at the intake page of a service."""

    def __init__(self, services: Services) -> None:
        app = Starlette(routes=list(intake_routes(services)))
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000")

    async def get(self, url: str, **headers: str) -> httpx2.Response:
        """Open an address."""
        return await self.client.get(url, headers=headers)

    async def post(self, url: str, values: dict[str, str] | None = None, **more: str) -> httpx2.Response:
        """Send the form."""
        body = urlencode(FILLED if values is None else values | more)
        return await self.client.post(
            url, content=body, headers={"content-type": "application/x-www-form-urlencoded", "accept-language": "en"}
        )


@pytest.fixture
async def page(services: Services) -> AsyncIterator[Page]:
    """Give a browser."""
    found = Page(services)
    yield found
    await found.client.aclose()


async def visited(office: Office, **facts: Any) -> tuple[str, dict[str, Any]]:
    """A visit with an officer assigned, and a link for its guests."""
    visit = await office.visit("Visit", officers=[office.ids["officer"]], partners=[{"partner": office.ids["ankara"]}])
    made = (await office.ask(office.officer, CREATE_LINK, input=link_facts(visit, **facts)))["createIntakeLink"]
    assert made["problems"] == []
    return visit, made


async def submitted(office: Office) -> list[dict[str, Any]]:
    """What was submitted, as the officer assigned reads it."""
    found: list[dict[str, Any]] = (await office.read(office.officer, LIST))["nodes"]
    return found


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


async def test_nothing_is_read_back_by_the_link(office: Office, page: Page) -> None:
    """After posting, the page is the empty form that it was, for whoever opens it."""
    _, link = await visited(office)
    before = (await page.get(link["url"])).text
    answer = await page.post(link["url"])
    assert [value for value in FILLED.values() if len(value) > 3 and value in answer.text] == []
    assert (await page.get(link["url"])).text == before


async def test_links_that_are_not_taken_are_all_alike(office: Office, page: Page, clock: Clock) -> None:
    """Unknown, revoked, expired, used up: the same page, the same status, to read and to send."""
    _, unknown = await visited(office)
    answers = []
    addresses = [unknown["url"][:-4] + "zzzz"]
    _, revoked = await visited(office)
    await office.done(office.officer, REVOKE, id=revoked["intakeLink"]["id"])
    _, full = await visited(office, mostSubmissions=1)
    assert (await page.post(full["url"])).status_code == 200
    _, expired = await visited(office, expiresAt="2026-05-04T10:00:00Z")
    assert (await page.get(expired["url"])).status_code == 200
    clock.now += timedelta(hours=1)
    for url in (*addresses, revoked["url"], full["url"], expired["url"]):
        for found in (await page.get(url), await page.post(url)):
            headers = {name: value for name, value in found.headers.items() if name != "content-length"}
            answers.append((found.status_code, headers, found.text))
    azerbaijani, english = answers[::2], answers[1::2]
    assert all(answer == english[0] for answer in english)
    assert all(answer == azerbaijani[0] for answer in azerbaijani)
    assert english[0][0] == azerbaijani[0][0] == 404
    assert WORDS["en"]["closed"] in english[0][2]


async def test_the_last_place_is_taken_once(office: Office, services: Services, graph: Graph) -> None:
    """Of eight who send at once by a link for three, three are received."""
    _, link = await visited(office, mostSubmissions=3)
    token = link["url"].rpartition("/")[2]
    view = View(services, graph, Authenticator(services.settings, services.store))
    facts = {"given_name": "Murat", "family_name": "Demir"}
    outcomes = await asyncio.gather(*(submit(view.context(GUEST), token, facts) for _ in range(8)))
    assert sum(made is not None for made, _ in outcomes) == 3
    assert len(await submitted(office)) == 3


@pytest.mark.parametrize("overrides", [{"intake_tries_per_link": 3}])
async def test_a_link_is_used_so_often_and_no_more(office: Office, page: Page, clock: Clock) -> None:
    """Beyond the limit of an hour the page says so; an hour later it is open again; another link is not touched."""
    _, link = await visited(office)
    _, other = await visited(office)
    assert [(await page.get(link["url"])).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert (await page.post(link["url"])).status_code == 429
    assert await submitted(office) == []
    assert (await page.get(other["url"])).status_code == 200
    clock.now += timedelta(hours=1)
    assert (await page.get(link["url"])).status_code == 200


@pytest.mark.parametrize("overrides", [{"intake_tries_per_address": 4}])
async def test_who_guesses_links_is_stopped(office: Office, page: Page, services: Services) -> None:
    """One address may try so many links in an hour, also ones that are not there; it is not kept as it is."""
    _, link = await visited(office)
    wrong = [(await page.get(f"/intake/{n}")).status_code for n in range(4)]
    assert wrong == [404] * 4
    assert (await page.get(link["url"])).status_code == 429
    kept = str(await dump(services.store, "intake_tries"))
    assert "127.0.0.1" not in kept
    assert link["url"].rpartition("/")[2] not in kept


async def test_only_a_hash_of_the_address_is_stored(office: Office, services: Services) -> None:
    """The secret is long, is shown once, and stands nowhere in the store."""
    _, link = await visited(office)
    token = link["url"].rpartition("/")[2]
    # 36 signs: 5.17 bits each.
    assert len(token) * 5.16 >= 128
    assert token not in str(await dump(services.store))
    shown = await office.ask(office.head, "{ intakeLinks { nodes { id url } } }")
    assert shown.codes == ["INVALID"]


async def test_what_is_wrong_is_told_at_its_field(office: Office, page: Page) -> None:
    """All of it at once, tied to the inputs, in the language of the page; nothing is stored."""
    _, link = await visited(office)
    values = {
        "given_name": "Murat",
        "email": "no address",
        "birth_date": "31.01.1970",
        "arrival_at": "tomorrow",
        "arrival_airport": "Baku",
        "citizenship_2": "ZZ",
        "passport_number": "U1",
    }
    answer = await page.post(f"{link['url']}?lang=ru", values)
    assert answer.status_code == 422
    for name in ("family_name", "email", "birth_date", "arrival_at", "arrival_airport", "citizenship_2"):
        assert f'id="{name}-error"' in answer.text, name
        assert f'aria-describedby="{name}' in answer.text
    assert WORDS["ru"]["error_passport"] in answer.text
    assert WORDS["ru"]["error_required"] in answer.text
    assert await submitted(office) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"given_name=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe=1&given_name=%ff", "application/x-www-form-urlencoded", 422),
        (b"&".join(b"a=1" for _ in range(500)), "application/x-www-form-urlencoded", 422),
        (b'{"given_name": "x"}', "application/json", 415),
        (b"", "", 415),
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    office: Office, page: Page, body: bytes, kind: str, status: int
) -> None:
    """Too large, no UTF-8, too many fields, another type: refused, and nothing is stored."""
    _, link = await visited(office)
    answer = await page.client.post(link["url"], content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert await submitted(office) == []


async def test_what_is_entered_never_becomes_markup(office: Office, page: Page) -> None:
    """Values that are shown again in an erroneous form are text."""
    _, link = await visited(office)
    nasty = '"><script>alert(1)</script>'
    answer = await page.post(link["url"], {"given_name": nasty, "diet": "</textarea><b>x", "email": "wrong"})
    assert "<script" not in answer.text
    assert "<b>x" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("language", ["az", "en", "ru"])
async def test_the_page_speaks_three_languages_and_keeps_its_headers(office: Office, page: Page, language: str) -> None:
    """By choice or by the browser's; every input has its label; the policy allows no script and no other site."""
    _, link = await visited(office)
    for answer in (
        await page.get(f"{link['url']}?lang={language}"),
        await page.get(link["url"], **{"accept-language": f"{language}-XX,de;q=0.5"}),
    ):
        assert f'<html lang="{language}">' in answer.text
        assert WORDS[language]["intro"] in answer.text
        for name in PLACES:
            assert f'for="{name}"' in answer.text
            assert f'id="{name}"' in answer.text
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "script-src" not in HEADERS["Content-Security-Policy"]
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'none'")
    assert (HEADERS["Referrer-Policy"], HEADERS["Cache-Control"]) == ("no-referrer", "no-store")


def test_all_languages_say_the_same_things() -> None:
    """No word is missing in one of them."""
    assert {code: set(words) for code, words in WORDS.items()} == {code: set(WORDS["en"]) for code in WORDS}


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
