"""The intake page in headless Chromium: filled in three languages, by keyboard, without scripts; pictures are kept."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page
from starlette.applications import Starlette

from resolvers.context import Services
from schema.intake import PLACES, WORDS, intake_routes
from tests.browser.page import chromium, watch, window
from tests.conftest import Ask, Clock
from tests.stories.intake import FILLED, submitted, visited
from tests.stories.office import open_office

pytestmark = pytest.mark.skipif(chromium() is None, reason="absent: Chromium; Debian's package is `chromium`")

NAMES = {"az": ("Gülnarə", "Əzizli"), "en": ("Mary", "O'Neil"), "ru": ("Ольга", "Ёлкина")}
TICKED = {"needs_step_free"}
CHOSEN = {"citizenship", "citizenship_2", "passport_country"}


@pytest.fixture
async def origin(services: Services) -> AsyncIterator[str]:
    """Serve the page on a port of this machine."""
    app = Starlette(routes=list(intake_routes(services)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # it tells nobody
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


def fill(page: Page, language: str) -> None:
    """Fill every field as a guest does."""
    values = FILLED | dict(zip(("given_name", "family_name"), NAMES[language], strict=True))
    for name, value in values.items():
        if name in TICKED:
            page.check(f"#{name}")
        elif name in CHOSEN:
            page.select_option(f"#{name}", value)
        else:
            page.fill(f"#{name}", value)


def go_through(url: str, folder: Path, size: str, scheme: str) -> list[str]:
    """Open, send with a mistake, send, and open again, in each language; gives what went wrong."""
    found: list[str] = []
    with window(size, "dark" if scheme == "dark" else "light") as context:
        for language, words in WORDS.items():
            page = context.new_page()
            wrong = watch(page, url)
            page.goto(f"{url}?lang=en")
            page.click(f"nav a[hreflang={language}]")
            assert page.get_attribute("html", "lang") == language
            page.screenshot(path=folder / f"{size}-{scheme}-{language}-form.png", full_page=True)
            found += [f"{name} has no label" for name in PLACES if not page.locator(f"label[for={name}]").count()]
            page.fill("#email", "no address")
            page.click("button")
            page.wait_for_selector("[role=alert]")
            # The list of mistakes leads to the fields.
            page.click("[role=alert] a[href='#family_name']")
            assert page.evaluate("document.activeElement.id") == "family_name"
            assert page.get_attribute("#family_name", "aria-invalid") == "true"
            described = page.get_attribute("#email", "aria-describedby") or ""
            assert page.inner_text(f"#{described.split()[-1]}") == words["error_invalid"]
            page.screenshot(path=folder / f"{size}-{scheme}-{language}-wrong.png", full_page=True)
            fill(page, language)
            page.focus("#medical_notes")
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.tagName") == "BUTTON"
            page.keyboard.press("Enter")
            page.wait_for_selector("[role=status]")
            assert page.inner_text("[role=status]") == words["received"]
            page.screenshot(path=folder / f"{size}-{scheme}-{language}-received.png")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{language} is {wide} px wider than the window"] if wide > 0 else []
            page.goto(f"{url}?lang={language}")
            assert page.input_value("#family_name") == ""
            page.goto(f"{url}x?lang={language}")
            assert page.inner_text("[role=status]") == words["closed"]
            page.screenshot(path=folder / f"{size}-{scheme}-{language}-closed.png")
            # The browser notes answers of 404 and 422 as errors of its own.
            found += [line for line in wrong if "status of 4" not in line]
            page.close()
    return found


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
async def test_a_guest_fills_the_page_in_each_language(
    ask: Ask, clock: Clock, origin: str, tmp_path: Path, size: str, scheme: str
) -> None:
    """What was entered is there for the officer, letter by letter; no script runs and no other site is asked."""
    office = await open_office(ask, clock)
    _, link = await visited(office)
    folder = Path(os.environ.get("KEEP_PICTURES", tmp_path))
    url = f"{origin}/intake/{link['url'].rpartition('/')[2]}"
    assert await asyncio.to_thread(go_through, url, folder, size, scheme) == []
    entered = await submitted(office)
    assert {found["familyName"] for found in entered} == {family for _, family in NAMES.values()}
    assert {found["birthDate"] for found in entered} == {FILLED["birth_date"]}
