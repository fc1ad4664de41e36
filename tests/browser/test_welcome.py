"""An invitation's address in headless Chromium: sign in at a real provider, come back, and accept by a click."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from schema.welcome import SAID, WORDS
from tests.browser.page import chromium, watch, window
from tests.provider.fixtures import Site
from tests.provider.running import Running

pytestmark = pytest.mark.skipif(chromium() is None, reason="absent: Chromium; Debian's package is `chromium`")


async def invited(site: Site) -> str:
    """The address of a new invitation."""

    async def change(kind: str, **given: Any) -> Any:
        name = f"{kind[0].lower()}{kind[1:]}"
        more = "url" if kind == "Invitation" else ""
        selected = f"{more} {name} {{ id }} problems {{ message }}"
        query = f"mutation($i: Create{kind}Input!) {{ create{kind}(input: $i) {{ {selected} }} }}"
        content = orjson.dumps({"query": query, "variables": {"i": given}})
        headers = {"Authorization": f"Bearer {site.head}", "Content-Type": "application/json"}
        client = (site.browsers or [site.browser()])[0].client
        body = (await client.post(f"{site.base}/graphql", content=content, headers=headers)).json()
        found = body["data"][f"create{kind}"]
        assert found["problems"] == []
        return found["url"] if more else found[name]["id"]

    partner = await change("Partner", name={"en": "University of Graz"}, type="UNIVERSITY", country="AT")
    person = await change("Person", givenName="Anna", familyName="Gruber", category="GUEST", partner=partner)
    contact = await change("Contact", familyName="Gruber", partner=partner, person=person)
    expires = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    return str(await change("Invitation", contact=contact, expiresAt=expires))


def accepted(origin: str, url: str, folder: Path, size: str, language: str) -> list[str]:
    """Open the address, sign in, accept, and open it again; gives what went wrong."""
    words, secret = WORDS[language], url.partition("#")[2]
    with window(size, "dark" if size == "phone" else "light") as context:
        context.set_extra_http_headers({"Accept-Language": language})
        page = context.new_page()
        found = watch(page, origin)
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url.partition("#")[0]))
        page.goto(url)
        page.wait_for_selector("#out a")
        page.screenshot(path=folder / f"welcome-{size}-1-open.png")
        page.click("#out a")
        page.wait_for_selector("input[name=password]")
        page.fill("input[name=login]", "guest-1")
        page.fill("input[name=password]", "any")
        page.click("button[type=submit]")
        page.wait_for_selector("button[type=submit]:has-text('Continue')")
        page.click("button[type=submit]")
        page.wait_for_selector("#take:visible")
        assert page.url == url
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
        page.screenshot(path=folder / f"welcome-{size}-2-signed-in.png")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"text={words['taken']}")
        assert page.url == f"{origin}/invitation"
        page.screenshot(path=folder / f"welcome-{size}-3-taken.png")
        page.goto("about:blank")
        page.goto(url)
        page.click("#take")
        page.wait_for_selector(f"text={words['gone']}")
        page.screenshot(path=folder / f"welcome-{size}-4-gone.png")
        page.goto("about:blank")
        page.goto(f"{origin}/invitation")
        page.wait_for_selector(f"text={words['missing']}")
        assert [address for address in addresses if secret in address] == []
        return [line for line in found if origin in line or "raised" in line]


@pytest.mark.parametrize(("size", "language"), [("desktop", "en"), ("phone", "az")])
async def test_an_invitation_is_accepted_by_a_click(
    site: Site, university: Running, tmp_path: Path, size: str, language: str
) -> None:
    """The secret stays behind the #, also while its owner signs in elsewhere; then they act for their partner."""
    url = await invited(site)
    folder = Path(os.environ.get("KEEP_PICTURES", tmp_path))
    assert await asyncio.to_thread(accepted, site.base, url, folder, size, language) == []
    browser = site.browser()
    await browser.sign_in("guest-1")
    assert "partner" in await browser.roles()
    del university


def test_the_page_says_the_same_in_every_language() -> None:
    """No word is missing in any."""
    assert {frozenset(words) for words in WORDS.values()} == {frozenset(WORDS["en"])}
    assert set(SAID) < set(WORDS["en"])
    assert all("{title}" in words["again"] for words in WORDS.values())
