"""What stories begin with."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from documents.cipher import KEYS
from documents.migrations import COLLECTION
from resolvers.context import Services
from tests.conftest import Ask, Clock, Spare, dump
from tests.stories.intake import Page
from tests.stories.office import Office, open_office

# What a database holds of itself, whatever stands in it.
LEFT = (KEYS, COLLECTION)


@pytest.fixture
async def office(ask: Ask, clock: Clock, services: Services, spare: Spare) -> Office:
    """Give a small office with its people and partners, all made through the graph, once for the whole run."""
    if spare.office is None:
        made = await open_office(ask, clock)
        held = {name: found for name, found in (await dump(services.store)).items() if name not in LEFT and found}
        spare.office = held, made
        return replace(made, ids=dict(made.ids))
    held, known = spare.office
    assert isinstance(known, Office)
    for name, documents in held.items():
        await services.store.collection(name).insert_many(documents)
    return replace(known, ask=ask, clock=clock, ids=dict(known.ids))


@pytest.fixture
async def page(services: Services) -> AsyncIterator[Page]:
    """Give a guest's browser."""
    found = Page(services)
    yield found
    await found.client.aclose()
