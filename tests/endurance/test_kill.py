"""`kill -9` of service and store at any moment loses no acknowledged change and leaves none half done."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from documents.embedded import start_embedded
from documents.store import Store, connect
from settings import load_settings
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
ROUNDS = 20
WRITERS = 4
CREATE = """mutation($name: String!) {
  createPerson(input: { givenName: "Kill", familyName: $name, category: GUEST }) {
    person { id revision } problems { message }
  }
}"""
UPDATE = """mutation($id: ID!, $revision: String!, $name: String!) {
  updatePerson(id: $id, ifRevision: $revision, patch: { givenName: $name, notes: { add: [{ text: $name }] } }) {
    person { id revision } problems { message }
  }
}"""


@dataclass
class Promised:
    """What the service acknowledged: for each person, how many changes beyond its making."""

    changes: dict[str, int] = field(default_factory=dict)
    calls: int = 0


def descendants(pid: int) -> Iterator[int]:
    """Every process below one."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                child = int(entry.parent.name)
                yield child
                yield from descendants(child)


async def ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the service is ready."""
    async with httpx2.AsyncClient() as client:
        for _ in range(600):
            assert process.poll() is None, "the service ended at its start"
            with contextlib.suppress(httpx2.TransportError):
                if (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    pytest.fail("the service was not ready within a minute")


async def writing(port: int, token: str, promised: Promised, number: int) -> None:
    """Make a person and change it again and again, until the service is gone."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:

        async def ask(query: str, **variables: Any) -> Any:
            answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
            assert "errors" not in answer, answer
            return next(iter(answer["data"].values()))

        with contextlib.suppress(httpx2.TransportError, json.JSONDecodeError):
            while True:
                made = await ask(CREATE, name=f"Writer {number}")
                person = made["person"]
                promised.changes[person["id"]] = 0
                for step in range(1, 6):
                    made = await ask(UPDATE, id=person["id"], revision=person["revision"], name=f"Step {step}")
                    assert made["problems"] == []
                    person = made["person"]
                    promised.changes[person["id"]] = step
                    promised.calls += 1


async def check(store: Store, promised: Promised) -> None:
    """Every promise is kept, and every record has exactly the history and events of its revision."""
    names = ["Kill", *(f"Step {step}" for step in range(6))]
    async for person in store.collection("persons").find({"given_name": {"$in": names}}):
        query = {"record": person["_id"]}
        entries = await store.collection("history").count_documents(query)
        events = await store.collection("outbox").count_documents(query)
        assert entries == events == person["revision"], person["_id"]
        assert len(person["notes"]) == person["revision"] - 1, "a change is there whole or not at all"
    for person_id, changes in promised.changes.items():
        kept = await store.collection("persons").find_one({"_id": person_id})
        assert kept is not None, f"{person_id} was acknowledged and is gone"
        assert kept["revision"] - 1 >= changes, f"{person_id} lost an acknowledged change"


@pytest.mark.long
async def test_kill_minus_nine_loses_no_acknowledged_change(tmp_path: Path) -> None:
    """Twenty times, service and store are killed under write load; what was acknowledged is there, and whole."""
    home, port, chance = tmp_path / "home", free_port(), random.Random(9)  # noqa: S311  # it chooses when to kill
    environment = os.environ | {"KORPU_HOME": str(home), "KORPU_PORT": str(port)}
    promised = Promised()
    for round_ in range(ROUNDS):
        process = subprocess.Popen(  # noqa: ASYNC220  # it is watched and killed from outside
            [sys.executable, "-m", "cli", "demo"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await ready(port, process)
            async with httpx2.AsyncClient() as client:
                roles = (await client.get(f"http://127.0.0.1:{port}/demo/roles")).json()
            token = next(person["token"] for person in roles if person["role"] == "officer")
            writers = [asyncio.create_task(writing(port, token, promised, n)) for n in range(WRITERS)]
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            before, patience = promised.calls, 100
            while promised.calls < before + 3 and patience:
                await asyncio.sleep(0.1)
                patience -= 1
        finally:
            for pid in [*descendants(process.pid), process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
        await asyncio.gather(*writers)
        embedded = await start_embedded(home)
        store = await connect(load_settings(mode="demo", home=home), embedded.uri)
        try:
            await check(store, promised)
        finally:
            await store.close()
            await embedded.stop()
        print(f"round {round_ + 1}: {len(promised.changes)} persons, {promised.calls} acknowledged changes kept")  # noqa: T201
    assert promised.calls > ROUNDS, "the load was too light to tell"
