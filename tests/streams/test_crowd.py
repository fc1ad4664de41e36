"""Many streams cost little, and all end when the service stops."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from resolvers.context import Services
from schema.graph import Graph
from settings import load_settings
from tests.conftest import Clock
from tests.ports import free_port
from tests.provider.serving import serving
from tests.streams.following import Events, Served

CROWD = 200


class Counted:
    """A collection that counts the queries that are made of it."""

    def __init__(self, collection: Any, counts: dict[str, int]) -> None:
        self._collection = collection
        self._counts = counts

    def __getattr__(self, name: str) -> Any:
        self._counts[self._collection.name] = self._counts.get(self._collection.name, 0) + 1
        return getattr(self._collection, name)


async def test_two_hundred_open_sockets_cost_little(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred people follow: a look at all of them takes three queries, and no task of a socket asks the store."""
    async with AsyncExitStack() as stack:
        people = [await served.person(f"s{number}") for number in range(CROWD)]
        sockets = [await stack.enter_async_context(served.following(person)) for person in people]
        served.watch._seconds = 60
        await asyncio.sleep(0.5)
        counts: dict[str, int] = {}
        store = served.sign_in.sessions._store
        collection = store.collection
        monkeypatch.setattr(type(store), "collection", lambda _, name: Counted(collection(name), counts))
        await asyncio.sleep(0.5)
        assert counts == {}, "between two looks nothing is asked"
        began = time.process_time()
        await served.watch.look(served.watch._standings())
        assert time.process_time() - began < 0.5
        assert counts.keys() == {"sessions", "access_marks"}
        assert sum(counts.values()) <= 4
        monkeypatch.undo()
        await served.sign_in.sessions.revoke_all(people[0].account)
        await served.watch.look(served.watch._standings())
        assert (await sockets[0].closed())[0] == 4403
        assert len(served.watch._standings()) == CROWD - 1


async def test_streams_end_when_the_service_stops(
    services: Services, store_uri: str, home: Path, graph: Graph, clock: Clock, overrides: Mapping[str, Any]
) -> None:
    """A socket is closed with 1001, an event stream is complete, and the service does not wait for them."""
    port = free_port()
    database = services.store.db.name
    settings = load_settings(mode="demo", home=home, database=database, mongodb_uri=store_uri, **overrides)
    began = asyncio.get_running_loop().time()
    async with AsyncExitStack() as stack:
        running = serving(settings, port, clock=clock, graph=graph)
        served = Served(settings, await running.__aenter__(), port, clock, store_uri)
        socket = await stack.enter_async_context(served.socket())
        await socket.begin(served.token())
        await socket.follow()
        answer = await stack.enter_async_context(served.stream(Authorization=f"Bearer {served.token()}"))
        events = Events(answer)
        await events.next()
        began = asyncio.get_running_loop().time()
        stopping = asyncio.create_task(running.__aexit__(None, None, None))
        assert (await socket.closed())[0] == 1001
        assert await events.next() == ("complete", None)
        await stopping
    assert asyncio.get_running_loop().time() - began < 8
