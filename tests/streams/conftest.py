"""The service that streams are opened at, on a database of its own, at a time that a test moves."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app import utc_now
from resolvers.context import Services
from schema.graph import Graph
from settings import load_settings
from tests.conftest import Clock
from tests.ports import free_port
from tests.provider.serving import serving
from tests.streams.following import PORTAL, PROVIDERS, Served


@pytest.fixture
def clock() -> Clock:
    """Give the time of the test: today's, since the store forgets sessions by its own."""
    return Clock(utc_now())


@pytest.fixture
def overrides() -> Mapping[str, Any]:
    """Give a provider, a portal, and limits that are soon reached."""
    return {
        "providers": PROVIDERS,
        "portal_origins": PORTAL,
        "session_hours": 100,
        "session_idle_minutes": 1440,
        "stream_init_seconds": 1.5,
        "stream_check_seconds": 0.2,
        "stream_message_bytes": 4096,
        "stream_operations": 3,
        "stream_backlog": 20,
        "streams_per_caller": 4,
    }


@pytest.fixture
async def served(
    services: Services, store_uri: str, home: Path, graph: Graph, clock: Clock, overrides: Mapping[str, Any]
) -> AsyncIterator[Served]:
    """Serve the application; ``services`` and ``ask`` stand for another process on the same store."""
    port = free_port()
    settings = load_settings(
        mode="demo",
        home=home,
        database=services.store.db.name,
        mongodb_uri=store_uri,
        public_url=f"http://localhost:{port}",
        **overrides,
    )
    async with serving(settings, port, clock=clock, graph=graph) as app:
        yield Served(settings, app, port, clock, store_uri)
