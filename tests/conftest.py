"""One embedded server for the run, one database for each test."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest

from documents.embedded import start_embedded
from documents.store import Store, connect
from settings import Settings


@pytest.fixture(scope="session")
def store_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a server that is there for the whole run."""
    embedded = asyncio.run(start_embedded(tmp_path_factory.mktemp("home"), durable=False))
    yield embedded.uri
    asyncio.run(embedded.stop())


@pytest.fixture
async def store(store_uri: str) -> AsyncIterator[Store]:
    """Give a store with a database of its own, dropped afterwards."""
    opened = await connect(Settings(database=f"test_{secrets.token_hex(6)}"), store_uri)
    yield opened
    await opened.client.drop_database(opened.db)
    await opened.close()
