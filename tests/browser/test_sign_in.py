"""Signing in with headless Chromium: the demonstration in two clicks, and a real provider on another host name."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from rich.console import Console
from starlette.routing import Route

from demo.provider import with_demo_provider
from demo.serve import demo_routes, fill
from documents.store import Store
from resolvers.context import Services
from schema.graph import Graph
from schema.page import page_routes
from settings import load_settings
from tests.browser.page import chromium, watch, window
from tests.ports import free_port
from tests.provider.fixtures import Site
from tests.provider.serving import serving

pytestmark = pytest.mark.skipif(chromium() is None, reason="absent: Chromium; Debian's package is `chromium`")

WHO = "{ viewer { name roles } }"


@pytest.fixture
async def demonstration(store: Store, store_uri: str, home: Path, graph: Graph) -> AsyncIterator[str]:
    """Serve the demonstration as `korpu demo` does."""
    found = load_settings(mode="demo", home=home, database=store.db.name, mongodb_uri=store_uri, port=free_port())
    settings = with_demo_provider(found)

    async def more(services: Services) -> list[Route]:
        return demo_routes(services, await fill(services, Console(quiet=True)))

    async with serving(settings, settings.port, more=more, graph=graph):
        yield f"http://127.0.0.1:{settings.port}"


def asked(page: Page) -> str:
    """Ask who one is on the query page, and give the answer."""
    page.fill("#query", WHO)
    page.click("#run")
    page.wait_for_selector("#result[data-state=fine], #result[data-state=problem], #result[data-state=broken]")
    return page.inner_text("#answer")


def copied(page: Page) -> str:
    """The session's cookie, checked for its marks."""
    (cookie,) = [one for one in page.context.cookies() if one.get("name") == "korpu"]
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Lax", "/")
    assert page.evaluate("document.cookie") == ""
    stored = page.evaluate("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])")
    assert cookie["value"] not in stored
    return cookie["value"]


def is_over(page: Page, origin: str, value: str) -> bool:
    """Whether a copied cookie is refused."""
    headers = {
        "Cookie": f"korpu={value}",
        "Origin": origin,
        "X-Requested-With": "x",
        "Content-Type": "application/json",
    }
    answer = page.context.request.post(f"{origin}/graphql", headers=headers, data=f'{{"query": "{WHO}"}}')
    return answer.status == 401


def two_clicks(origin: str, folder: Path, size: str, scheme: str) -> list[str]:
    """Open, sign in by two clicks, ask, sign out; gives what went wrong."""
    with window(size, "dark" if scheme == "dark" else "light") as context:
        page = context.new_page()
        found = watch(page, origin)
        page.goto(origin)
        page.wait_for_selector("body[data-ready=yes]")
        page.screenshot(path=folder / f"demo-{size}-1-open.png")
        page.click("#sign-in a")
        page.wait_for_selector("h1:has-text('Who are you?')")
        page.screenshot(path=folder / f"demo-{size}-2-names.png", full_page=True)
        page.click("a:has-text(', host of visits')")
        page.wait_for_selector("body[data-ready=yes]")
        assert page.url == f"{origin}/"
        if size == "phone":
            page.click("#views [data-view=query]")
        assert '"host"' in asked(page)
        page.screenshot(path=folder / f"demo-{size}-3-asked.png")
        value = copied(page)
        assert page.locator("#sign-in a").count() == 0
        page.click("#sign-out")
        page.wait_for_selector("[role=status]")
        page.screenshot(path=folder / f"demo-{size}-4-out.png")
        assert [one for one in context.cookies() if one.get("name") == "korpu"] == []
        assert is_over(page, origin, value)
        return [line for line in found if "status of 4" not in line]


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "light"), ("phone", "dark")])
async def test_two_clicks_sign_in_to_the_demonstration(
    demonstration: str, tmp_path: Path, size: str, scheme: str
) -> None:
    """Open the address, sign in, choose a name: the query page asks as that person; then out again."""
    folder = Path(os.environ.get("KEEP_PICTURES", tmp_path))
    assert await asyncio.to_thread(two_clicks, demonstration, folder, size, scheme) == []


def at_the_university(origin: str, provider: str, folder: Path) -> None:
    """Sign in at a provider on another host name, ask, and sign out here and there."""
    with window("desktop", "light") as context:
        page = context.new_page()
        page.goto(origin)
        page.wait_for_selector("body[data-ready=yes]")
        page.click("#sign-in a")
        page.wait_for_selector("input[name=password]")
        assert page.url.startswith(provider)
        page.fill("input[name=login]", "officer-1")
        page.fill("input[name=password]", "any")
        page.click("button[type=submit]")
        page.wait_for_selector("button[type=submit]:has-text('Continue')")
        page.screenshot(path=folder / "university-1-consent.png")
        page.click("button[type=submit]")
        page.wait_for_selector("body[data-ready=yes]")
        assert page.url == f"{origin}/"
        answer = asked(page)
        assert '"officer"' in answer
        page.screenshot(path=folder / "university-2-asked.png")
        value = copied(page)
        page.click("#sign-out")
        page.wait_for_url(f"{provider}/**")
        assert is_over(page, origin, value)
        page.screenshot(path=folder / "university-3-ask-out.png")
        page.click("button[value=yes]")
        page.wait_for_url(f"{origin}/auth/signed-out*")
        page.screenshot(path=folder / "university-4-out.png")
        assert [one for one in context.cookies() if one.get("name") == "korpu"] == []


async def test_signing_in_at_a_provider_on_another_host(site: Site, tmp_path: Path) -> None:
    """Through the provider's own pages and back with a cookie of this host alone; out again at both."""
    site.app.router.routes.extend(page_routes())
    folder = Path(os.environ.get("KEEP_PICTURES", tmp_path))
    provider = site.sign_in.providers[0].issuer
    await asyncio.to_thread(at_the_university, site.base, provider, folder)
