"""Many accounts take one invitation at once, each in a process of its own: one is bound."""

import asyncio
import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from auth.backend import Authenticator
from auth.caller import Caller
from resolvers.context import Services
from schema.graph import Graph
from schema.view import View
from settings import load_settings
from tests.conftest import Ask, Clock, asking, opened
from tests.resolvers.test_bookings_concurrency import PATIENCE_SECONDS
from tests.resolvers.test_invitation import ACCEPT, Guests, _contact, _invited

TAKERS = 8


def take(uri: str, home: str, database: str, who: Caller, token: str, start: Barrier) -> list[str]:
    """Take the invitation together with everyone else: the codes of problems and errors."""

    async def taken() -> list[str]:
        settings = load_settings(mode="demo", home=Path(home), database=database)
        async with opened(settings, uri, Clock()) as services:
            ask = asking(View(services, Graph(), Authenticator(services.settings, services.store)))
            await ask(who, "{ viewer { name } }")
            await asyncio.to_thread(start.wait, PATIENCE_SECONDS)
            answered = await ask(who, ACCEPT, token=token)
            return answered.codes or [found["code"] for found in answered["acceptInvitation"]["problems"]]

    return asyncio.run(taken())


@pytest.mark.long
async def test_one_of_many_processes_binds_an_invitation(
    ask: Ask, services: Services, store_uri: str, home: Path
) -> None:
    """Of eight that take it in the same moment one binds its account; for the others there is no such invitation."""
    guests = Guests(services)
    contact, person, _ = await _contact(ask)
    _, token = await _invited(ask, contact)
    who = [await guests.caller(f"g{number}") for number in range(TAKERS)]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.conftest", "schema.graph"])
    with context.Manager() as manager, context.Pool(TAKERS) as pool:
        start = manager.Barrier(TAKERS)
        known = (store_uri, str(home), services.store.db.name)
        arguments = [(*known, each, token, start) for each in who]
        found = await asyncio.to_thread(pool.starmap, take, arguments, 1)
    assert sorted(found) == [[], *[["NOT_FOUND"]] * (TAKERS - 1)]
    bound = [(await guests.caller(f"g{number}")).person for number in range(TAKERS)]
    assert bound.count(person) == 1
