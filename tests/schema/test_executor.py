"""The compiled executor: faster than the stock one, and never different."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from auth.backend import Authenticator
from auth.caller import Caller
from auth.mask import deciding, mask
from documents.kinds import KINDS, collection_of, tree_of
from documents.store import DuplicateKeyError, Store
from resolvers.context import Services
from resolvers.history import INSTANTS
from resolvers.load import Load
from schema.graph import Graph
from schema.names import singular
from schema.view import View, formatted
from settings import load_settings
from tests.conftest import Clock, opened
from tests.schema.random_query import Asked, QueryDraw
from tests.world import World, cast, fill

WIDE = {"max_depth": 60, "max_cost": 10**9, "max_aliases": 10_000, "max_tokens": 100_000}
ROLES = ("head", "officer", "auditor", "partner", "coordinator and host", "member", "anonymous")


@pytest.fixture(scope="module")
def overrides() -> Mapping[str, Any]:
    """Take limits out of the way."""
    return WIDE


@pytest.fixture
async def damaged(store_uri: str, store: Store, home: Path) -> AsyncIterator[tuple[Services, World]]:
    """Give the services on a world in which stored values are missing, null where none may be, or unknown."""
    settings = load_settings(mode="demo", home=home, database=store.db.name, **WIDE)
    async with opened(settings, store_uri, Clock()) as services:
        world = await fill(services.store, services.cipher, seed=2, each=8)
        draw = random.Random(2)  # noqa: S311  # as in tests/world.py
        for kind, documents in world.records.items():
            for document in documents.values():
                hurt = _hurt(draw, kind, document)
                # Some damage a unique index does not let in.
                with suppress(DuplicateKeyError):
                    await services.store.collection(collection_of(kind)).replace_one({"_id": document["_id"]}, hurt)
        yield services, world


def _hurt(draw: random.Random, kind: str, document: dict[str, Any]) -> dict[str, Any]:
    """A document with a few stored values taken away, null, or unknown."""
    paths = [path for path in tree_of(kind).walk() if not path.hidden and path.name not in {"id", *deciding(kind)}]
    for path in draw.sample(paths, 5):
        places: list[Any] = [document]
        for name in path.path.split(".")[:-1]:
            below = [place.get(name) for place in places if isinstance(place, dict)]
            places = [item for value in below for item in (value if isinstance(value, list) else [value])]
        for place in places:
            if isinstance(place, dict) and path.name in place:
                how = draw.choice(("gone", "null", "null", "unknown", "holes"))
                if how == "gone":
                    del place[path.name]
                elif how == "unknown" and path.leaf is str:
                    place[path.name] = ["UNKNOWN"] if path.many else "UNKNOWN"
                elif how == "holes" and path.many and place[path.name]:
                    place[path.name] = [*place[path.name], None]
                elif not path.reference:
                    place[path.name] = None
    return document


def _view(services: Services, graph: Graph) -> View:
    return View(services, graph, Authenticator(services.settings, services.store))


async def _answer(view: View, who: Caller, asked: Asked, *, compiled: bool) -> bytes:
    context = view.context(who)
    context.compiled = compiled
    with capture_logs():
        result = await view.run(context, asked.text, asked.variables)
        errors = [orjson.dumps(formatted(error, "r")) for error in result.errors or []]
    # Fields that ask the store fail in the order in which it answers.
    content = {"data": result.data, "errors": [orjson.Fragment(error) for error in sorted(errors)]}
    return orjson.dumps(content, option=INSTANTS | orjson.OPT_INDENT_2, default=str)


def _queries(graph: Graph, who: Caller, world: World, seed: str, count: int, *, alone: bool = False) -> list[Asked]:
    """Random queries that are valid for the caller.

    ``alone``: nothing in a query waits for the store beside something else. Of two that take everything with them,
    whichever comes first hides the other's errors, and that would differ from run to run.
    """
    schema = graph.masked(mask(who.roles))._schema
    ids = {singular(kind): world.ids(kind) for kind in KINDS}
    ids["node"] = [found for kind in KINDS for found in world.ids(kind)]
    draws = [random.Random(f"{seed} {n}") for n in range(count)]  # noqa: S311
    return [QueryDraw(schema, ids, draw, 0 if alone else 0.3).query(1 if alone else 3) for draw in draws]


async def _compare(
    services: Services, world: World, graph: Graph, seed: str, count: int, *, alone: bool = False
) -> None:
    view = _view(services, graph)
    for role in ROLES:
        who = cast(world)[role]
        for asked in _queries(graph, who, world, f"{seed} {role}", count, alone=alone):
            stock = (await _answer(view, who, asked, compiled=False)).decode().split("\n")
            compiled = (await _answer(view, who, asked, compiled=True)).decode().split("\n")
            differs = list(unified_diff(stock, compiled, "stock", "compiled", n=9))
            assert differs == [], f"{role}: {asked.text} {asked.variables}"


async def test_shapes_answer_what_the_stock_executor_answers(library: Services, world: World, graph: Graph) -> None:
    """Generated queries over all kinds get the same bytes, whether records are shaped or executed field by field."""
    await _compare(library, world, graph, "sound", 14)


async def test_shapes_step_aside_for_what_is_wrong(damaged: tuple[Services, World], graph: Graph) -> None:
    """Missing values, nulls in non-null places and unknown enum values give the stock executor's errors and paths."""
    await _compare(*damaged, graph, "damaged", 14, alone=True)


async def test_what_is_loaded_suffices(
    library: Services, world: World, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer is the same when every record is loaded whole: no plan forgets a path that its selection takes."""
    view = _view(library, graph)
    for role in ROLES:
        who = cast(world)[role]
        for asked in _queries(graph, who, world, f"whole {role}", 9):
            planned = await _answer(view, who, asked, compiled=True)
            with monkeypatch.context() as whole:
                whole.setattr(Load, "projection", lambda *_: None)
                loaded = await _answer(view, who, asked, compiled=False)
            assert planned.decode() == loaded.decode(), f"{role}: {asked.text} {asked.variables}"


@pytest.mark.long
async def test_shapes_answer_what_the_stock_executor_answers_at_length(
    damaged: tuple[Services, World], library: Services, world: World, graph: Graph
) -> None:
    """As above, over a few thousand queries."""
    await _compare(library, world, graph, "long", 400)
    await _compare(*damaged, graph, "long", 400, alone=True)
