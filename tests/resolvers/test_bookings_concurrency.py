"""Many planners confirm at once, each in a process of their own: nobody and nothing is ever taken twice (ITIN-3)."""

import asyncio
import multiprocessing
import time
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from auth.backend import Authenticator
from auth.caller import Caller
from resolvers.context import Services
from schema.graph import Graph
from schema.view import View
from settings import load_settings
from tests.conftest import Clock, asking, opened
from tests.resolvers.test_resources import house, resource
from tests.stories.office import CONFIRM_DAYS, Office, item

PLANNERS = 8
ROUNDS = 3
PATIENCE_SECONDS = 60.0

HELD = """
query Held {
  itineraries(where: { status: { eq: CONFIRMED } }, first: 100) {
    nodes {
      id
      days { items { start end hosts { person { id } } place { venue room siteRoom } resources { id person { id } } } }
    }
  }
}"""

Outcome = tuple[str, float, list[str], list[str]]


def confirm_all(uri: str, home: str, database: str, who: Caller, plans: list[str], start: Barrier) -> list[Outcome]:
    """Confirm one plan a round together with everyone else: (plan, seconds, codes of problems, codes of errors)."""

    async def confirmed() -> list[Outcome]:
        settings = load_settings(mode="demo", home=Path(home), database=database)
        async with opened(settings, uri, Clock()) as services:
            ask = asking(View(services, Graph(), Authenticator(services.settings, services.store)))
            # The schema is built before the race.
            await ask(who, "{ viewer { name } }")
            found = []
            for plan in plans:
                await asyncio.to_thread(start.wait, PATIENCE_SECONDS)
                began = time.monotonic()
                answered = await ask(who, CONFIRM_DAYS, id=plan)
                problems = answered.data["confirmItinerary"]["problems"] if not answered.errors else []
                codes = [problem["code"] for problem in problems]
                found.append((plan, time.monotonic() - began, codes, answered.codes))
            return found

    return asyncio.run(confirmed())


def taken(plan: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a plan holds: resource, start, end."""
    found = []
    for entry in (entry for day in plan["days"] for entry in day["items"]):
        held = [host["person"]["id"] for host in entry["hosts"]]
        held += [entry["place"]["siteRoom"] or entry["place"]["room"]] if entry["place"] else []
        # A driver is taken as the person that they are.
        held += [(resource["person"] or resource)["id"] for resource in entry["resources"]]
        found += [(resource, entry["start"], entry["end"]) for resource in held]
    return found


def twice(plans: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of plans that hold the same at the same time."""
    return [
        (one["id"], other["id"])
        for index, one in enumerate(plans)
        for other in plans[:index]
        for resource, start, end in taken(one)
        for also, begins, ends in taken(other)
        if resource == also and start < ends and begins < end
    ]


async def race(
    office: Office, services: Services, uri: str, home: Path, plans: list[list[str]]
) -> tuple[list[Outcome], list[dict[str, Any]]]:
    """Let planners confirm their plans, one a round all at once: what came of each, and what is held afterwards."""
    # One clean process reads the source, and the planners are made from it: nothing of this one is theirs.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.conftest", "schema.graph"])
    with context.Manager() as manager, context.Pool(PLANNERS) as pool:
        start = manager.Barrier(PLANNERS)
        database = services.store.db.name
        arguments = [(uri, str(home), database, office.officer, mine, start) for mine in plans]
        found = await asyncio.to_thread(pool.starmap, confirm_all, arguments, 1)
    outcomes = [outcome for planner in found for outcome in planner]
    assert len(outcomes) == PLANNERS * ROUNDS
    # Nobody waits for ever, and whoever loses is told why: never a broken or an empty answer.
    assert max(seconds for _, seconds, _, _ in outcomes) < PATIENCE_SECONDS
    assert {code for *_, errors in outcomes for code in errors} == set()
    assert {code for *_, problems, _ in outcomes for code in problems} == {"CONFLICT"}
    return outcomes, (await office.read(office.officer, HELD))["nodes"]


async def judge(office: Office, plans: list[list[str]], outcomes: list[Outcome], held: list[dict[str, Any]]) -> None:
    """No double booking, in each round somebody won, and whoever lost is still blocked by somebody who won."""
    won = {plan for plan, _, problems, _ in outcomes if not problems}
    assert {plan["id"] for plan in held} == won
    assert twice(held) == []
    for round_ in range(ROUNDS):
        assert won & {mine[round_] for mine in plans}
    for plan in {plan for plan, *_ in outcomes} - won:
        told = await office.tells(office.officer, CONFIRM_DAYS, id=plan)
        assert {problem["code"] for problem in told} == {"CONFLICT"}


@pytest.mark.long
async def test_itin_3_no_two_of_many_planners_at_once_take_the_same(
    office: Office, services: Services, store_uri: str, home: Path
) -> None:
    """ITIN-3: eight processes confirm over the same hosts and rooms; one wins each, the others are told of a clash."""
    ids = office.ids
    hosts = [ids[key] for key in ("host", "dean", "neighbour", "member")]
    plans: list[list[str]] = [[] for _ in range(PLANNERS)]
    for round_ in range(ROUNDS):
        for planner in range(PLANNERS):
            # Neighbours in the ring share a host, a room or both, from different ends and across midnight in UTC.
            date = f"2026-06-{10 + round_ * 3:02}"
            shared = {"hosts": [{"person": hosts[planner % 4]}, {"person": hosts[(planner + 1) % 4]}]}
            place = {"place": {"venue": "Main building", "room": f"Hall {planner % 2}"}}
            facts = {**shared, **place} if planner % 3 else shared
            made = await office.days(
                f"Plan {round_}.{planner}",
                item("Long", f"{date}T18:00:00Z", f"{date[:-2]}{int(date[-2:]) + 1:02}T02:00:00Z", **facts, zone="UTC"),
            )
            plans[planner].append(made["id"])
    outcomes, held = await race(office, services, store_uri, home, plans)
    await judge(office, plans, outcomes, held)


@pytest.mark.long
async def test_itin_3_venue_rooms_vehicles_and_drivers_are_taken_once(
    office: Office, services: Services, store_uri: str, home: Path
) -> None:
    """ITIN-3: eight processes want the same rooms of a venue, vehicles, and drivers who are asked to host as well."""
    ids = office.ids
    venue = await house(office, "Hall", "Foyer")
    rooms = [venue[name] for name in ("Hall", "Foyer")]
    buses = [await resource(office, f"Bus {number}") for number in range(2)]
    people = [ids[key] for key in ("host", "dean", "interpreter")]
    drivers = [await resource(office, f"Driver {person}", "DRIVER", person=person) for person in people]
    plans: list[list[str]] = [[] for _ in range(PLANNERS)]
    for round_ in range(ROUNDS):
        for planner in range(PLANNERS):
            start, end = f"2026-07-{10 + round_:02}T08:00:00Z", f"2026-07-{10 + round_:02}T10:00:00Z"
            # The same people are named as drivers by some and as hosts by others, in orders that cross.
            facts: dict[str, Any] = {"resources": [buses[planner % 2], drivers[planner % 3]]}
            if planner % 2:
                facts = {"hosts": [{"person": people[(planner + 1) % 3]}], "resources": [buses[planner // 2 % 2]]}
            if planner % 4 > 1:
                facts["place"] = rooms[planner // 4]
            made = await office.days(f"Plan {round_}.{planner}", item("Drive", start, end, **facts))
            plans[planner].append(made["id"])
    outcomes, held = await race(office, services, store_uri, home, plans)
    await judge(office, plans, outcomes, held)
