"""What a caller may not read, they cannot infer: two stores that differ only in what is hidden answer alike.

A run makes two worlds for a caller that show them the same (pair.py, judged by oracle.py), asks both what the schema of
the caller's mask lets be asked (asking.py), and compares answers, problems, and what shows after a change (twin.py).
"""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from schema.graph import Graph
from tests.interference.conftest import ASKED, REQUESTED
from tests.interference.coverage import LEAST
from tests.interference.profiles import BY_NAME, PROFILES, Profile
from tests.interference.run import Run
from tests.interference.twin import ASKED_AGAIN, twins

# Whose requests, how many each, and from which seed the worlds are made: with them a found leak is looked at again.
CALLERS = os.environ.get("INTERFERE_CALLERS")
REQUESTS = int(os.environ.get("INTERFERE_REQUESTS", "0"))
SEED = int(os.environ.get("INTERFERE_SEED", "1"))

# Who is asked for in the short run; everybody is in the long one.
USUAL = ("member", "coordinator", "host", "officer", "partner", "nobody", "officer+finance")
SHORT = 5
EACH = 10_000 // len(PROFILES) + 1
A_WORLD = 100
MOST_WORLDS = 45
MOST_ASKED_AGAIN = 10


@asynccontextmanager
async def _begun(uri: str, home: Path, graph: Graph, patch: pytest.MonkeyPatch) -> AsyncIterator[Run]:
    async with twins(uri, home, f"twin_{os.getpid()}", graph, patch) as twin:
        yield Run(twin)


def _judge(run: Run) -> None:
    """Raise where something was found, failed, or was no test at all."""
    assert run.findings == [], f"{run.findings[0]}"
    assert run.twin.crashes == [], f"{len(run.twin.crashes)} requests failed inside the service:\n{run.twin.crashes[0]}"
    assert run.twin.full[ASKED_AGAIN] <= MOST_ASKED_AGAIN, "the store answers otherwise each time: mend that first"
    assert run.twin.full["answers with data"] > run.twin.full["refused documents"], run.twin.messages.most_common(5)


def _enough(profile: Profile, run: Run) -> bool:
    return run.twin.requests >= EACH and (profile.mixed or run.coverage.below(LEAST) == {})


async def test_what_is_hidden_shows_to_nobody(
    store_uri: str, home: Path, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks gets identical answers from two stores that differ only in what they may not read."""
    names = CALLERS.split(",") if CALLERS else USUAL
    async with _begun(store_uri, home, graph, monkeypatch) as run:
        for n, name in enumerate(names):
            await run.worlds(BY_NAME[name], SEED + n, REQUESTS or SHORT)
        _judge(run)


@pytest.mark.long
@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
async def test_ten_thousand_requests_find_nothing_hidden(
    profile: Profile,
    store_uri: str,
    home: Path,
    graph: Graph,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """Ten thousand requests in many worlds find nothing; every path is asked for by every door, by every role.

    Each caller makes their part of them. The table of what was asked for is printed once all have.
    """
    async with _begun(store_uri, home, graph, monkeypatch) as run:
        for world in range(MOST_WORLDS):
            if run.findings or _enough(profile, run):
                break
            await run.worlds(profile, SEED + world * len(PROFILES) + PROFILES.index(profile), A_WORLD)
    record_property(ASKED, run.coverage.stored())
    record_property(REQUESTED, run.twin.requests)
    _judge(run)
    assert run.twin.requests >= EACH
    assert profile.mixed or run.coverage.below(LEAST) == {}
