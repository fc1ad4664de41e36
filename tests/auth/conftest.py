"""What several tests of access share: a stored record for every situation, and who asks of it."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path as Folder

import pytest

from auth.backend import Authenticator
from resolvers.context import Services
from schema.graph import Graph
from schema.view import View
from settings import load_settings
from tests.auth.situations import Situations, put
from tests.conftest import Ask, Clock, asking, opened


@pytest.fixture(scope="session")
def found(store_uri: str, home: Folder) -> Situations:
    """Give a stored record for every situation."""

    async def made() -> Situations:
        settings = load_settings(mode="demo", home=home, database=f"situations_{secrets.token_hex(6)}")
        async with opened(settings, store_uri, Clock()) as services:
            return await put(services.store)

    return asyncio.run(made())


@pytest.fixture
async def service(store_uri: str, home: Folder, found: Situations) -> AsyncIterator[Services]:
    """Give the services on those records."""
    settings = load_settings(mode="demo", home=home, database=found.database)
    async with opened(settings, store_uri, Clock()) as services:
        yield services


@pytest.fixture
def put_to(service: Services, graph: Graph) -> Ask:
    """Give a function that asks of those records."""
    return asking(View(service, graph, Authenticator(service.settings, service.store)))
