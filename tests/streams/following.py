"""The real service on a port, people who are signed in to it, and clients that follow something there."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import orjson
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from auth.bearer import Claims, issue_token
from auth.caller import Role
from auth.identity import Identity
from auth.signing_in import SignIn
from auth.watch import Watch
from settings import Settings
from tests.conftest import Clock
from tests.factories.providers import provider_of

IDP = "https://sso.example.edu"
STAFF = {"eduperson_scoped_affiliation": ["staff@example.edu"]}
# Claims that give no role.
GUEST = {"eduperson_scoped_affiliation": ["guest@example.org"]}
PROVIDERS = provider_of(IDP, {"scopes": ["example.edu"]})
PORTAL = "https://portal.example.edu"
FOLLOW = "subscription { sessionChanged { event roles until session } }"
MEMBER = ["anonymous", "member"]
# What the client says of its own messages is not what the service says.
QUIET = logging.getLogger("client of streams")
QUIET.setLevel(logging.CRITICAL)


class Socket:
    """A client of graphql-transport-ws."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, message: Any) -> None:
        """Send a message: text and bytes as they are, anything else as JSON."""
        raw = message if isinstance(message, str | bytes) else orjson.dumps(message).decode()
        await self.connection.send(raw)

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(15):
            found: dict[str, Any] = orjson.loads(await self.connection.recv())
        return found

    async def begin(self, token: str | None = None, **payload: Any) -> None:
        """Say who it is, and be acknowledged."""
        given = payload | ({"Authorization": f"Bearer {token}"} if token else {})
        await self.say({"type": "connection_init", "payload": given})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str = FOLLOW, name: str = "1", **payload: Any) -> None:
        """Begin an operation."""
        await self.say({"id": name, "type": "subscribe", "payload": {"query": query} | payload})

    async def follow(self, name: str = "1") -> None:
        """Follow one's own access; takes the first event."""
        await self.subscribe(name=name)
        assert (await self.event())["event"] == "CURRENT"

    async def event(self) -> dict[str, Any]:
        """The next event of one's own access."""
        message = await self.hear()
        assert message["type"] == "next", message
        found: dict[str, Any] = message["payload"]["data"]["sessionChanged"]
        return found

    async def errors(self) -> list[str]:
        """The codes of the next message, which is an error."""
        message = await self.hear()
        assert message["type"] == "error", message
        return [error["extensions"]["code"] for error in message["payload"]]

    async def closed(self) -> tuple[int, str]:
        """Code and reason of the close, whatever is said before."""
        async with asyncio.timeout(15):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed:
                pass
        return self.connection.close_code or 0, self.connection.close_reason or ""


@dataclass
class Person:
    """Somebody who signed in with a browser."""

    account: str
    cookie: str


@dataclass
class Served:
    """The service that runs."""

    settings: Settings
    app: Starlette
    port: int
    clock: Clock
    uri: str

    @property
    def base(self) -> str:
        """Its address, and its origin."""
        return f"http://localhost:{self.port}"

    @property
    def sign_in(self) -> SignIn:
        """What signing in keeps."""
        found: SignIn = self.app.state.sign_in
        return found

    @property
    def watch(self) -> Watch:
        """What looks at open streams."""
        found: Watch = self.app.state.watch
        return found

    def token(self, *roles: Role, name: str = "") -> str:
        """A demo token."""
        return issue_token(self.settings, Claims(roles or (Role.MEMBER,), name=name))

    async def person(self, subject: str = "s1", claims: Any = STAFF) -> Person:
        """Sign somebody in, as the callback does once the provider has spoken."""
        identity = Identity(IDP, subject, claims, self.clock() + timedelta(hours=1))
        account = await self.sign_in.accounts.signed_in(identity, provider="university", address="192.0.2.7")
        start = self.sign_in.sessions.start
        cookie = await start(
            identity, account=account, provider="university", sid=subject, address="192.0.2.7", agent="test"
        )
        return Person(account, cookie)

    def by_cookie(self, person: Person) -> dict[str, str]:
        """The headers of a page of the service."""
        return {"Cookie": f"korpu={person.cookie}", "Origin": self.base, "X-Requested-With": "korpu"}

    @asynccontextmanager
    async def socket(
        self, protocol: str = "graphql-transport-ws", path: str = "/graphql", origin: str | None = None, **headers: str
    ) -> AsyncIterator[Socket]:
        """Open a WebSocket."""
        async with connect(
            f"ws://localhost:{self.port}{path}",
            subprotocols=[Subprotocol(protocol)],
            origin=Origin(origin) if origin else None,
            additional_headers=headers,
            proxy=None,
            logger=QUIET,
            ping_interval=None,
        ) as connection:
            yield Socket(connection)

    @asynccontextmanager
    async def following(self, person: Person) -> AsyncIterator[Socket]:
        """Open a WebSocket as a page of the service does, and follow one's own access."""
        async with self.socket(origin=self.base, Cookie=f"korpu={person.cookie}") as socket:
            await socket.begin()
            await socket.follow()
            yield socket

    @asynccontextmanager
    async def stream(self, query: str = FOLLOW, **headers: str) -> AsyncIterator[httpx2.Response]:
        """Open an event stream."""
        sent = {"Accept": "text/event-stream", "Content-Type": "application/json"} | headers
        async with (
            httpx2.AsyncClient(timeout=15, trust_env=False) as client,
            client.stream(
                "POST", f"{self.base}/graphql/stream", content=orjson.dumps({"query": query}), headers=sent
            ) as answer,
        ):
            yield answer


class Events:
    """The events of a stream, one by one."""

    def __init__(self, answer: httpx2.Response) -> None:
        assert answer.status_code == 200, answer.status_code
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """The name and data of the next event."""
        name = ""
        async with asyncio.timeout(15):
            async for line in self._lines:
                field, _, value = line.partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    return name, orjson.loads(value) if value.strip() else None
        return "end", None
