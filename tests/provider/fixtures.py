"""Fixtures of signing in: the real service, beside a real provider."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from starlette.applications import Starlette

from auth.bearer import Claims, issue_token
from auth.caller import Role
from auth.signing_in import SignIn
from documents.store import Store
from schema.graph import Graph
from settings import load_settings
from tests.ports import free_port
from tests.provider.running import Running, missing, provider
from tests.provider.serving import Browser, bearer, serving

KEY_COOL_DOWN = 1.0
LEASE_MS = 20
FIND = '{ accounts(where: { subject: { eq: "KEY" } }) { nodes { id issuer } } }'
SUSPEND = 'mutation { suspendAccount(id: "ID", input: { reason: "Left" }) { problems { code path message } } }'


@dataclass
class Site:
    """The service that runs, as a test sees it."""

    base: str
    app: Starlette
    browsers: list[Browser]
    # A token of the head of the department.
    head: str

    @property
    def sign_in(self) -> SignIn:
        """What signing in keeps."""
        found: SignIn = self.app.state.sign_in
        return found

    async def suspend(self, issuer: str, subject: str) -> None:
        """Suspend an account, as the head."""
        head = await self.ask(self.head, FIND.replace("KEY", subject))
        (found,) = [one for one in head.json()["data"]["accounts"]["nodes"] if one["issuer"] == issuer]
        done = await self.ask(self.head, SUSPEND.replace("ID", found["id"]))
        assert done.json()["data"]["suspendAccount"]["problems"] == []

    def browser(self) -> Browser:
        """A browser that has been nowhere yet."""
        self.browsers.append(Browser(self.base))
        return self.browsers[-1]

    async def ask(self, token: str, query: str = "{ viewer { roles } }") -> httpx2.Response:
        """Ask with a bearer token."""
        browser = self.browsers[0] if self.browsers else self.browser()
        content = orjson.dumps({"query": query})
        return await browser.client.post(f"{self.base}/graphql", content=content, headers=bearer(token))


@pytest.fixture(scope="module")
def university() -> Iterator[Running]:
    """Give a real provider, for a service on a port of its own."""
    if why := missing():
        pytest.skip(f"absent: npm's oidc-provider ({why})")
    with provider(f"http://localhost:{free_port()}") as found:
        yield found


@pytest.fixture
def configured() -> Mapping[str, Any]:
    """Give what is configured of the provider beyond what it takes; a test may say more."""
    return {}


MakeSite = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture
def make_site(
    university: Running,
    store: Store,
    store_uri: str,
    home: Path,
    graph: Graph,
    overrides: Mapping[str, Any],
    configured: Mapping[str, Any],
) -> MakeSite:
    """Give a function that serves the whole application on a fresh database beside the provider."""

    @asynccontextmanager
    async def made(**more: Any) -> AsyncIterator[Site]:
        university.mend()
        given = {
            "mode": "demo",
            "access_lease_ms": LEASE_MS,
            "home": home,
            "database": store.db.name,
            "mongodb_uri": store_uri,
            "public_url": university.service,
            "providers": orjson.dumps([university.configured(**configured)]).decode(),
        }
        settings = load_settings(**(given | dict(overrides) | more))
        port = int(university.service.rpartition(":")[2])
        async with serving(settings, port, key_cool_down=KEY_COOL_DOWN, graph=graph) as app:
            found = Site(university.service, app, [], issue_token(settings, Claims((Role.HEAD,))))
            yield found
            for browser in found.browsers:
                await browser.close()
        university.mend()

    return made


@pytest.fixture
async def site(make_site: MakeSite) -> AsyncIterator[Site]:
    """Serve the application as most tests take it."""
    async with make_site() as found:
        yield found
