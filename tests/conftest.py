"""One embedded server for the run, one database for each test; one made-up world for the tests that only read."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
import structlog
from beanie import init_beanie
from pymongo.errors import PyMongoError
from starlette.applications import Starlette
from starlette.routing import Route

from auth.backend import Authenticator
from auth.bearer import Claims, issue_token
from auth.caller import Caller, Role, caller
from auth.mask import Mask
from documents.cipher import FIRST_KEY, KEYS, Cipher
from documents.embedded import start_embedded
from documents.kinds import KINDS, prepare
from documents.migrations import COLLECTION as MIGRATIONS
from documents.migrations import check_migrations
from documents.store import Store, connect
from documents.trail import TRAIL
from errors import Answer
from resolvers.context import Services
from schema.graph import Graph
from schema.mask import MaskedSchema
from schema.operation import Refused
from schema.view import View, formatted
from settings import Settings, load_settings
from tests.parts import pytest_runtest_logreport, pytest_sessionfinish, pytest_unconfigure
from tests.provider.fixtures import configured, make_site, site, university
from tests.world import NOW, World, fill

__all__ = [
    "configured",
    "make_site",
    "pytest_runtest_logreport",
    "pytest_sessionfinish",
    "pytest_unconfigure",
    "site",
    "university",
]

Ask = Callable[..., Awaitable["Answered"]]
# Short, since each change of what somebody may do waits it out; not nothing, so that what is kept is kept here, too.
LEASE_MS = 20


@dataclass
class Clock:
    """The time of a test: it stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Answered:
    """What a client reads of an answer."""

    data: Any
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def codes(self) -> list[str]:
        """The codes of the errors, in their order."""
        return [error["extensions"]["code"] for error in self.errors]

    def __getitem__(self, name: str) -> Any:
        assert self.errors == [], self.errors
        return self.data[name]


class Printed(Graph):
    """The graph, whose masked schemas are kept for the whole run: nothing of a test changes them."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[str, MaskedSchema] = {}

    def masked(self, mask: Mask) -> MaskedSchema:
        if mask.key not in self._kept:
            self._kept[mask.key] = super().masked(mask)
        return self._kept[mask.key]


class Http:
    """A client of the service over HTTP, in this process."""

    def __init__(self, services: Services, view: View) -> None:
        self.settings = services.settings
        self.app = Starlette(routes=[Route("/graphql", view.respond, methods=["POST"])])
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://localhost")

    def headers(self, who: Caller) -> dict[str, str]:
        """The headers that make a request this caller's."""
        if not who.signed_in:
            return {}
        claims = Claims(tuple(who.roles - {Role.ANONYMOUS}), who.person, tuple(who.units), who.partner, who.name)
        if who.home_unit and not who.units:
            claims = replace(claims, units=(who.home_unit,))
        return {"Authorization": f"Bearer {issue_token(self.settings, claims)}"}

    async def post(self, body: Any, who: Caller | None = None, **headers: str) -> httpx2.Response:
        """Send a body: bytes as they are, anything else as JSON."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        sent = {"Content-Type": "application/json"} | self.headers(who or caller()) | headers
        return await self.client.post("/graphql", content=content, headers=sent)


def _in_utc(value: Any) -> Any:
    """An answer whose instants say that they are in UTC, as they do once they are written."""
    if isinstance(value, dict):
        return {name: _in_utc(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_in_utc(item) for item in value]
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def asking(view: View) -> Ask:
    """A function that asks in this process: ``ask(caller, query, **variables)``."""

    async def ask(who: Caller, query: str, **variables: Any) -> Answered:
        try:
            result = await view.run(view.context(who), query, variables)
        except Refused as refused:
            return Answered(None, [formatted(error, "test") for error in refused.errors])
        except Answer as error:
            return Answered(None, [{"message": str(error.args[0]), "extensions": {"code": error.code}}])
        return Answered(_in_utc(result.data), [formatted(error, "test") for error in result.errors or []])

    return ask


@dataclass
class Spare:
    """A database that one test after another is given, emptied in between: to make its indexes takes long.

    ``office`` is what a story begins with, as the store holds it, once the first one has made it.
    """

    name: str | None = None
    office: tuple[dict[str, list[Any]], Any] | None = None

    async def empty(self, store: Store) -> None:
        """Take out what a test has put in; a database where that fails is given up."""
        try:
            for name in await store.db.list_collection_names():
                if name != MIGRATIONS:
                    query = {"keyAltNames": {"$ne": FIRST_KEY}} if name == KEYS else {}
                    await store.collection(name).delete_many(query)
        except PyMongoError:
            self.name = None
            await store.client.drop_database(store.db)


@asynccontextmanager
async def opened(settings: Settings, uri: str, clock: Callable[[], datetime]) -> AsyncIterator[Services]:
    """The services on a database of a server that runs already."""
    async with AsyncExitStack() as stack:
        store = await connect(settings, uri)
        stack.push_async_callback(store.close)
        await check_migrations(store)
        await prepare(store)
        yield await _ready(store, settings, clock, stack)


async def _ready(store: Store, settings: Settings, clock: Callable[[], datetime], stack: AsyncExitStack) -> Services:
    cipher = await Cipher.open(store, settings)
    stack.push_async_callback(cipher.close)
    return Services(settings, store, cipher, clock)


async def dump(store: Store, *names: str) -> dict[str, list[Any]]:
    """Everything that is stored, or the named collections of it, in a stable order."""
    found = sorted(names or await store.db.list_collection_names())
    return {name: [document async for document in store.collection(name).find({}, sort=[("_id", 1)])] for name in found}


@pytest.fixture(scope="session", autouse=True)
def _plain_log() -> None:
    """Log errors without the values at hand: those take seconds to print."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])


@pytest.fixture(scope="session")
def store_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a server that is there for the whole run."""
    embedded = asyncio.run(start_embedded(tmp_path_factory.mktemp("home"), durable=False))
    yield embedded.uri
    asyncio.run(embedded.stop())


@pytest.fixture(scope="session")
def spare() -> Spare:
    """Give the database that tests of the services take turns at."""
    return Spare()


@pytest.fixture
async def store(store_uri: str, spare: Spare, request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """Give a store with a database of its own: the spare one to who asks the services, else one without anything."""
    served = "services" in request.fixturenames
    name = (served and spare.name) or f"test_{secrets.token_hex(6)}"
    opened = await connect(Settings(database=name, access_lease_ms=LEASE_MS), store_uri)
    yield opened
    if served and spare.name == name:
        await spare.empty(opened)
    else:
        await opened.client.drop_database(opened.db)
    await opened.close()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that keeps the secrets of this run."""
    return tmp_path_factory.mktemp("secrets")


@pytest.fixture
def clock() -> Clock:
    """Give the time of the test."""
    return Clock()


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """Give settings that differ from the defaults; a test file may say others."""
    return {}


@pytest.fixture
async def services(
    store: Store, spare: Spare, home: Path, clock: Clock, overrides: Mapping[str, Any]
) -> AsyncIterator[Services]:
    """Give the services on a database without records, at a fixed time."""
    settings = load_settings(
        mode="demo", home=home, database=store.db.name, **({"access_lease_ms": LEASE_MS} | dict(overrides))
    )
    async with AsyncExitStack() as stack:
        if spare.name == store.db.name:
            await init_beanie(database=store.db, document_models=[*KINDS.values(), *TRAIL], skip_indexes=True)
        else:
            await check_migrations(store)
            await prepare(store)
            spare.name = store.db.name
        yield await _ready(store, settings, clock, stack)


@pytest.fixture(scope="session")
def graph() -> Graph:
    """Give the graph, generated once."""
    return Printed()


@pytest.fixture
def view(services: Services, graph: Graph) -> View:
    """Give the endpoint."""
    return View(services, graph, Authenticator(services.settings, services.store))


@pytest.fixture
def ask(view: View) -> Ask:
    """Give a function that asks in this process."""
    return asking(view)


@pytest.fixture
async def http(services: Services, view: View) -> AsyncIterator[Http]:
    """Give a client of the service over HTTP."""
    found = Http(services, view)
    yield found
    await found.client.aclose()


@pytest.fixture(scope="session")
def world(store_uri: str, home: Path) -> World:
    """Give a made-up world that tests only read."""

    async def made() -> World:
        settings = load_settings(
            mode="demo", home=home, database=f"world_{secrets.token_hex(6)}", access_lease_ms=LEASE_MS
        )
        async with opened(settings, store_uri, Clock()) as found:
            return await fill(found.store, found.cipher, seed=1, each=14)

    return asyncio.run(made())


@pytest.fixture
async def library(store_uri: str, home: Path, world: World, overrides: Mapping[str, Any]) -> AsyncIterator[Services]:
    """Give the services on the made-up world."""
    settings = load_settings(mode="demo", home=home, database=world.database, **overrides)
    async with opened(settings, store_uri, Clock()) as found:
        yield found


@pytest.fixture
def look(library: Services, graph: Graph) -> Ask:
    """Give a function that asks of the made-up world."""
    return asking(View(library, graph, Authenticator(library.settings, library.store)))
