"""The whole service on a port of this machine, and a client that behaves as a browser does."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import httpx2
import orjson
from starlette.applications import Starlette

from app import create_app
from cli import server
from settings import Settings

WHO = "{ viewer { name roles } }"


@asynccontextmanager
async def serving(settings: Settings, port: int, **more: Any) -> AsyncIterator[Starlette]:
    """Serve the application as `korpu serve` does."""
    app = create_app(settings, **more)
    running = server(settings.model_copy(update={"port": port}), app, lambda: None)
    task = asyncio.create_task(running.serve())
    while not running.started:
        assert not task.done(), "the service ended at its start"
        await asyncio.sleep(0.02)
    try:
        yield app
    finally:
        running.should_exit = True
        await task


class Browser:
    """Keeps cookies, follows redirects, fills in forms; ``seen`` holds every address that it went to."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.seen: list[str] = []
        self.client = httpx2.AsyncClient(
            follow_redirects=True, timeout=20, event_hooks={"request": [self._note]}, trust_env=False
        )

    async def _note(self, request: httpx2.Request) -> None:
        self.seen.append(str(request.url))

    async def go(self, path: str, **more: Any) -> httpx2.Response:
        """Open an address of the service, and follow where it leads."""
        return await self.client.get(urljoin(self.base, path), **more)

    async def step(self, path: str, **more: Any) -> httpx2.Response:
        """Open an address of the service, and go no further."""
        return await self.client.get(urljoin(self.base, path), follow_redirects=False, **more)

    async def submit(self, page: httpx2.Response, **fields: str) -> httpx2.Response:
        """Send the first form of a page, with these fields and its hidden ones; stop before a callback's answer."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action is not None, page.text[:400]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return await self.client.post(urljoin(str(page.url), action[1]), data=hidden | fields)

    async def through(self, page: httpx2.Response, who: str) -> httpx2.Response:
        """Sign in at the provider's own pages."""
        if "login" in page.text and 'name="password"' in page.text:
            page = await self.submit(page, login=who, password="any")
        while "/interaction/" in str(page.url):
            page = await self.submit(page)
        return page

    async def sign_in(self, who: str = "officer-1", onward: str = "/health/live") -> httpx2.Response:
        """Sign in from the beginning; gives where it ended."""
        page = await self.go(f"/auth/login/university?next={onward}")
        return await self.through(page, who)

    async def ask(self, query: str = WHO, **headers: str) -> httpx2.Response:
        """Post a query as a page of the service does."""
        sent = {"Content-Type": "application/json", "Origin": self.base, "X-Requested-With": "korpu"} | headers
        kept = {name: value for name, value in sent.items() if value}
        body = orjson.dumps({"query": query})
        return await self.client.post(f"{self.base}/graphql", content=body, headers=kept)

    async def session(self) -> dict[str, Any]:
        """What the service says of this browser."""
        found: dict[str, Any] = (await self.go("/auth/session")).json()
        return found

    async def roles(self) -> list[str]:
        """The roles that it has now."""
        found: list[str] = (await self.ask()).json()["data"]["viewer"]["roles"]
        return found

    async def sign_out(self, **headers: str) -> httpx2.Response:
        """Sign out as a page of the service does."""
        sent = {"Origin": self.base, "Accept": "application/json"} | headers
        return await self.client.post(f"{self.base}/auth/logout", headers=sent, follow_redirects=False)

    def cookie(self, name: str = "korpu") -> str | None:
        """The value of a cookie that it keeps for the service."""
        return next((one.value for one in self.client.cookies.jar if one.name == name and one.value), None)

    def keep(self, value: str, name: str = "korpu") -> None:
        """Keep a cookie for the service."""
        self.client.cookies.set(name, value, domain="localhost.local", path="/")

    async def close(self) -> None:
        """Forget everything."""
        await self.client.aclose()


def bearer(token: str) -> Mapping[str, str]:
    """The headers of a request with a token."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
