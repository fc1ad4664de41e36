"""What stories begin with."""

from collections.abc import AsyncIterator

import pytest

from resolvers.context import Services
from tests.conftest import Ask, Clock
from tests.stories.intake import Page
from tests.stories.office import Office, open_office


@pytest.fixture
async def office(ask: Ask, clock: Clock) -> Office:
    """Give a small office with its people and partners, all made through the graph."""
    return await open_office(ask, clock)


@pytest.fixture
async def page(services: Services) -> AsyncIterator[Page]:
    """Give a guest's browser."""
    found = Page(services)
    yield found
    await found.client.aclose()
