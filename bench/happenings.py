"""`python -m bench.happenings`: one week of a front page, beside a floor that reads the same without GraphQL.

Anonymous, in Azerbaijani. Both are called in this process, and its processor time is taken.
"""

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from auth.backend import Authenticator
from demo.draw import Draw
from documents.cipher import Cipher
from documents.delegation import Delegation
from documents.embedded import start_embedded
from documents.kinds import collection_of, prepare
from documents.migrations import check_migrations
from documents.stamp import stamp
from documents.store import Store, connect
from resolvers.context import Services
from resolvers.happenings import LONGEST
from schema.graph import Graph
from schema.view import View
from settings import Settings, load_settings

TARGET = 3.0
YEARS = 10
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
FIRST_DAY, LAST_DAY = "2026-05-04", "2026-05-10"
QUERY = """
query FrontPage($from: Date!, $to: Date!) {
  happenings(from: $from, to: $to, first: 20) {
    nodes { kind id slug title { in(language: AZ) } start end summary { in(language: AZ) } }
    endCursor
    hasNextPage
  }
}"""
Call = Callable[[], Awaitable[bytes]]


async def fill(store: Store, count: int) -> None:
    """Public visits, spread evenly over the years around this week."""
    start = NOW.date() - timedelta(days=365 * YEARS // 2)
    collection = store.collection(collection_of("Delegation"))
    facts = {
        "title": {"en": "Visit"},
        "summary": {"az": "Qonaqlar universitetlə tanış olur.", "en": "Guests meet the university."},
        "dates": {"start": start},
    }
    service = {"created_at": NOW, "published_from": NOW - timedelta(days=1)}
    visit = stamp(Draw(1).record(Delegation, "visit", facts, **service)) | {"revision": 1, "counts": {}}
    documents: list[dict[str, Any]] = []
    for n in range(count):
        first: date = start + timedelta(days=n * 365 * YEARS // count)
        days = {"start": first.isoformat(), "end": (first + timedelta(days=n % 4)).isoformat()}
        own = {"_id": f"dlg_{n:020}", "code": f"DLG-{n:08}", "slug": f"visit-{n}", "dates": days}
        documents.append(visit | own | {"title": {"az": f"Səfər {n}", "en": f"Visit {n}", "ru": None}})
        if len(documents) == 1_000 or n == count - 1:
            await collection.insert_many(documents, ordered=False)
            documents = []


def floor(store: Store) -> Starlette:
    """The same answer by hand."""
    wanted = dict.fromkeys(("slug", "title", "summary", "dates"), 1)

    async def front_page(request: Request) -> Response:
        given = orjson.loads(await request.body())
        earliest = (date.fromisoformat(given["from"]) - timedelta(days=LONGEST)).isoformat()
        # Every visit here has a last day. The embedded server looks for an index in the order of the conditions.
        query = {
            "dates.start": {"$gte": earliest, "$lte": given["to"]},
            "dates.end": {"$gte": given["from"]},
            "scope": {"$in": ["public"]},
            "published_from": {"$lte": NOW},
            "archived_at": None,
        }
        cursor = store.collection("delegations").find(query, wanted, sort=[("dates.start", 1), ("_id", 1)], limit=21)
        found = await cursor.to_list()
        nodes = [
            {
                "kind": "Delegation",
                "id": doc["_id"],
                "slug": doc["slug"],
                "title": {"in": doc["title"]["az"] or doc["title"]["en"]},
                "start": doc["dates"]["start"],
                "end": doc["dates"]["end"],
                "summary": {"in": doc["summary"]["az"] or doc["summary"]["en"]} if doc["summary"] else None,
            }
            for doc in found[:20]
        ]
        last = nodes[-1] if nodes else None
        page = {"nodes": nodes, "endCursor": last and last["id"], "hasNextPage": len(found) > 20}
        return Response(orjson.dumps({"data": {"happenings": page}}), media_type="application/json")

    return Starlette(routes=[Route("/floor", front_page, methods=["POST"])])


def calling(app: Any, path: str, body: Any, token: str | None = None) -> Call:
    """A request to an application in this process, without a network."""
    content = orjson.dumps(body)
    headers = [(b"content-type", b"application/json"), (b"host", b"localhost")]
    headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}

    async def call() -> bytes:
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            parts.append(message.get("body", b""))

        await app(dict(scope), receive, send)
        return b"".join(parts)

    return call


async def cpu(call: Call, times: int) -> float:
    """Milliseconds of processor time that a request takes."""
    gc.collect()
    before = time.process_time()
    for _ in range(times):
        await call()
    return (time.process_time() - before) / times * 1e3


async def measured(uri: str, home: Path, count: int, rounds: int) -> tuple[float, float]:
    """Milliseconds of the service and of the floor: the medians over rounds taken in turn."""
    settings = load_settings(mode="demo", home=home, database=f"front_page_{count}")
    store = await connect(Settings(database=settings.database, store_timeout_seconds=600), uri)
    await check_migrations(store)
    await fill(store, count)
    # Afterwards: to make an index of what is there is quicker than to keep it at every insert.
    await prepare(store)
    cipher = await Cipher.open(store, settings)
    view = View(Services(settings, store, cipher, lambda: NOW), Graph(), Authenticator(settings, store))
    service = Starlette(routes=[Route("/graphql", view.respond, methods=["POST"])])
    days = {"from": FIRST_DAY, "to": LAST_DAY}
    mine = calling(service, "/graphql", {"query": QUERY, "variables": days})
    bare = calling(floor(store), "/floor", days)
    one, other = orjson.loads(await mine()), orjson.loads(await bare())
    if one["data"]["happenings"]["nodes"] != other["data"]["happenings"]["nodes"]:
        raise SystemExit("the service and the floor answer differently")
    await cpu(mine, 20)
    await cpu(bare, 20)
    taken = [(await cpu(mine, 40), await cpu(bare, 40)) for _ in range(rounds)]
    await cipher.close()
    await store.close()
    return median(pair[0] for pair in taken), median(pair[1] for pair in taken)


async def run(count: int, rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        embedded = await start_embedded(Path(home), durable=False)
        try:
            mine, bare = await measured(embedded.uri, Path(home), count, rounds)
        finally:
            await embedded.stop()
    kept = "kept" if mine <= TARGET * bare else "missed"
    took = f"service {mine:.2f} ms, floor {bare:.2f} ms, {mine / bare:.2f}×"
    sys.stdout.write(f"{count:,} visits: {took}; at most {TARGET:.0f}×: {kept}\n")


def main() -> None:
    """Read what is wanted, and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.happenings", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="how many visits there are")
    parser.add_argument("--rounds", type=int, default=9, help="how often each has its turn")
    given = parser.parse_args()
    asyncio.run(run(given.count, given.rounds))


if __name__ == "__main__":
    main()
