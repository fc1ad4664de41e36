"""The page of an intake link: three languages, plain and strict, and nothing to read back (VISIT-1)."""

from datetime import timedelta

import pytest

from resolvers.context import Services
from schema.intake import HEADERS, PLACES, WORDS
from tests.conftest import Clock, dump
from tests.stories.intake import FILLED, Page, submitted, visited
from tests.stories.office import Office

REVOKE = "mutation R($id: ID!) { revokeIntakeLink(id: $id) { intakeLink { status } problems { code path message } } }"


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
    off, cancelled = await visited(office)
    await office.step(office.officer, "cancel", off, reason="Snow")
    clock.now += timedelta(hours=1)
    for url in (*addresses, revoked["url"], full["url"], expired["url"], cancelled["url"]):
        for found in (await page.get(url), await page.post(url)):
            headers = {name: value for name, value in found.headers.items() if name != "content-length"}
            answers.append((found.status_code, headers, found.text))
    azerbaijani, english = answers[::2], answers[1::2]
    assert all(answer == english[0] for answer in english)
    assert all(answer == azerbaijani[0] for answer in azerbaijani)
    assert english[0][0] == azerbaijani[0][0] == 404
    assert WORDS["en"]["closed"] in english[0][2]


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
