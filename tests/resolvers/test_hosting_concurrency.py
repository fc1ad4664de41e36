"""Many hosts propose the same substitute at once, each in a process of their own: nobody is taken twice (ITIN-2)."""

import asyncio
import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from auth.backend import Authenticator
from auth.caller import Caller, Role, caller
from resolvers.context import Services
from schema.graph import Graph
from schema.view import View
from settings import load_settings
from tests.conftest import Clock, asking, opened
from tests.resolvers.test_bookings_concurrency import PATIENCE_SECONDS, twice
from tests.resolvers.test_hosting import ANSWER
from tests.stories.office import CONFIRM_DAYS, Office, item

PROPOSERS = 8
HOSTED = """
query Hosted {
  itineraries(where: { status: { eq: CONFIRMED } }, first: 100) {
    nodes { id days { items { start end hosts { person { id } answer substitute { id } } place { venue room siteRoom }
      resources { id person { id } } } } }
  }
}"""


def propose(
    uri: str, home: str, database: str, who: Caller, plan: tuple[str, str], substitute: str, start: Barrier
) -> list[str]:
    """Propose a substitute together with everyone else: the codes of problems and errors."""

    async def proposed() -> list[str]:
        settings = load_settings(mode="demo", home=Path(home), database=database)
        async with opened(settings, uri, Clock()) as services:
            ask = asking(View(services, Graph(), Authenticator(services.settings, services.store)))
            await ask(who, "{ viewer { name } }")
            await asyncio.to_thread(start.wait, PATIENCE_SECONDS)
            given = {"id": plan[0], "item": plan[1], "answer": "SUBSTITUTE", "substitute": substitute}
            answered = await ask(who, ANSWER, **given)
            return answered.codes or [problem["code"] for problem in answered["answerHosting"]["problems"]]

    return asyncio.run(proposed())


@pytest.mark.long
async def test_itin_2_one_of_many_hosts_gets_the_substitute(
    office: Office, services: Services, store_uri: str, home: Path
) -> None:
    """ITIN-2: of eight confirmed plans that want the same dean in overlapping hours, one gets them."""
    hosts, plans = [], []
    for number in range(PROPOSERS):
        host = await office.person(f"Host {number}", "Abbasov")
        times = (f"2026-06-01T06:{number:02}:00Z", f"2026-06-01T07:{number:02}:00Z")
        made = await office.days(f"Plan {number}", item("Talk", *times, hosts=[{"person": host}]))
        await office.done(office.officer, CONFIRM_DAYS, id=made["id"], overrides=[])
        hosts.append(caller(Role.HOST, person=host))
        plans.append((made["id"], made["days"][0]["items"][0]["id"]))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.conftest", "schema.graph"])
    with context.Manager() as manager, context.Pool(PROPOSERS) as pool:
        start = manager.Barrier(PROPOSERS)
        known = (store_uri, str(home), services.store.db.name)
        arguments = [(*known, who, plan, office.ids["dean"], start) for who, plan in zip(hosts, plans, strict=True)]
        found = await asyncio.to_thread(pool.starmap, propose, arguments, 1)
    assert sorted(found) == [[], *[["CONFLICT"]] * (PROPOSERS - 1)]
    held = (await office.read(office.officer, HOSTED))["nodes"]
    for host in (host for plan in held for day in plan["days"] for entry in day["items"] for host in entry["hosts"]):
        if host["answer"] == "SUBSTITUTE":
            host["person"] = host["substitute"]
    dean = {"id": office.ids["dean"]}
    assert len([plan for plan in held if plan["days"][0]["items"][0]["hosts"][0]["person"] == dean]) == 1
    assert twice(held) == []
