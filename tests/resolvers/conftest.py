"""What tests of the rules begin with."""

import pytest

from tests.conftest import Ask, Clock
from tests.stories.office import Office, open_office


@pytest.fixture
async def office(ask: Ask, clock: Clock) -> Office:
    """Give a small office with its people and partners, all made through the graph."""
    return await open_office(ask, clock)
