"""`python -m bench.kinds`: a page of 50 records of every kind, all that an officer may read of them.

Made from the models: a new kind is measured without being told of. Beside it stands what no answer can do without: the
same page read with the same filter and projection, and written as JSON as it is stored.
"""

import argparse
import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from bson import Binary, Decimal128
from graphql import GraphQLSchema, get_named_type, is_leaf_type
from pydantic import SecretStr
from pymongo import ASCENDING
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth.access import scope
from auth.backend import Authenticator
from auth.bearer import Claims, issue_token
from auth.caller import Caller, Role
from bench.happenings import calling, cpu
from demo.load import load
from demo.office import Office, office
from documents.cipher import Cipher
from documents.embedded import start_embedded
from documents.kinds import KINDS, collection_of, tree_of
from documents.migrations import check_migrations
from documents.store import Store, connect
from documents.tree import Path as StoredPath
from resolvers.context import Services
from schema.graph import Graph
from schema.names import plural
from schema.view import View
from settings import Settings, load_settings

FIRST = 50
TODAY = date(2026, 5, 4)
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page took: records, bytes, and milliseconds of processor time."""

    kind: str
    records: int
    size: int
    service: float
    floor: float


def selection(type_: Any, paths: tuple[StoredPath, ...], taken: list[str]) -> str:
    """Every stored path that a type shows, but for references; what it takes to load is added to ``taken``."""
    by_name = {path.graphql: path for path in paths if not path.hidden and not path.reference}
    parts = []
    for name, shown in type_.fields.items():
        path, inner = by_name.get(name), get_named_type(shown.type)
        if path is None:
            continue
        if is_leaf_type(inner):
            parts.append(name)
            taken.append(path.stored)
        elif below := selection(inner, path.children, taken):
            parts.append(f"{name} {{ {below} }}")
    return " ".join(parts)


def query(schema: GraphQLSchema, kind: str) -> tuple[str, list[str]]:
    """A page of a kind, and the stored paths that it shows."""
    taken: list[str] = []
    below = selection(schema.type_map[kind], tree_of(kind).paths, taken)
    return f"query Page($first: Int!) {{ {plural(kind)}(first: $first) {{ nodes {{ {below} }} }} }}", taken


def copies(documents: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """As many records as there are in a page and one more, made of those of the office."""
    for number, document in enumerate(islice(cycle(documents), FIRST + 1)):
        yield document | {"_id": f"{document['_id'][:4]}{number:020}"}


async def fill(store: Store, made: Office) -> None:
    """Put the office's records into the store, as many of each kind as a page has, and one.

    Of the indexes there is only the one that serves the page: copies are told apart by nothing but their ids.
    """
    await load(store, [made.records], progress=lambda _, __: None)
    for kind in KINDS:
        collection = store.collection(collection_of(kind))
        documents = await collection.find().to_list()
        if not documents:
            raise SystemExit(f"The made-up office has no {kind}: add some to demo/, or there is nothing to measure")
        await collection.delete_many({})
        await collection.insert_many(list(copies(documents)))
        await collection.create_index([("scope", ASCENDING), ("_id", ASCENDING)])


def _plain(value: Any) -> Any:
    """What JSON has no form for."""
    if isinstance(value, Decimal128):
        return str(value)
    if isinstance(value, Binary):
        return None
    raise TypeError


def floor(store: Store, kind: str, caller: Caller, paths: list[str]) -> Starlette:
    """A page as it is stored."""
    wanted, query = dict.fromkeys(paths, 1), scope(kind, caller, NOW) | {"archived_at": None}

    async def page(request: Request) -> Response:
        first = orjson.loads(await request.body())["first"]
        cursor = store.collection(collection_of(kind)).find(query, wanted, sort=[("_id", 1)], limit=first + 1)
        found = (await cursor.to_list())[:first]
        body = orjson.dumps({"data": {"nodes": found}}, default=_plain, option=orjson.OPT_NAIVE_UTC)
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/floor", page, methods=["POST"])])


async def measured(uri: str, home: Path, rounds: int) -> AsyncIterator[Taken]:
    """Kind by kind, what the service and the floor take: medians over rounds taken in turn."""
    settings = load_settings(mode="demo", home=home, database="kinds", mongodb_uri=SecretStr(uri))
    store = await connect(Settings(database=settings.database, store_timeout_seconds=600), uri)
    await check_migrations(store)
    made = office(TODAY)
    await fill(store, made)
    cipher = await Cipher.open(store, settings)
    view = View(Services(settings, store, cipher, lambda: NOW), Graph(), Authenticator(settings, store))
    service = Starlette(routes=[Route("/graphql", view.respond, methods=["POST"])])
    officer = next(person for person in made.people if person.role is Role.OFFICER)
    token = issue_token(settings, Claims((Role.OFFICER,), officer.person))
    context = view.context(officer.caller())
    schema = (await view.schemas.of(context.mask))._schema  # noqa: SLF001 - its types, not what it executes
    for kind in (kind for kind in KINDS if kind in schema.type_map):
        text, paths = query(schema, kind)
        mine = calling(service, "/graphql", {"query": text, "variables": {"first": FIRST}}, token)
        bare = calling(floor(store, kind, context.caller, paths), "/floor", {"first": FIRST})
        answer = orjson.loads(await mine())
        if answer.get("errors"):
            raise SystemExit(f"{kind}: {answer['errors'][0]['message']}")
        shown, stored = len(answer["data"][plural(kind)]["nodes"]), len(orjson.loads(await bare())["data"]["nodes"])
        if shown != stored:
            raise SystemExit(f"{kind}: the service shows {shown} records, the floor {stored}")
        await cpu(mine, 5)
        await cpu(bare, 5)
        pairs = [(await cpu(mine, 10), await cpu(bare, 10)) for _ in range(rounds)]
        yield Taken(kind, shown, len(await mine()), *(median(found) for found in zip(*pairs, strict=True)))
    await cipher.close()
    await store.close()


async def run(rounds: int) -> None:
    """Measure and print."""
    found = Table(title=f"A page of {FIRST} of every kind, officer", title_justify="left")
    for column in ("kind", "records", "kB", "service ms", "floor ms", "×"):
        found.add_column(column, justify="left" if column == "kind" else "right")
    with tempfile.TemporaryDirectory() as home:
        embedded = await start_embedded(Path(home), durable=False)
        try:
            async for taken in measured(embedded.uri, Path(home), rounds):
                found.add_row(
                    *(taken.kind, f"{taken.records}", f"{taken.size / 1000:.1f}"),
                    *(f"{taken.service:.2f}", f"{taken.floor:.2f}", f"{taken.service / taken.floor:.2f}"),
                )
        finally:
            await embedded.stop()
    Console(width=100).print(found)


def main() -> None:
    """Read what is wanted, and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.kinds", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each has its turn")
    asyncio.run(run(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
