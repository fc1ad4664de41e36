"""`kill -9` between the disclosure log and the answer leaves the log, and nothing was told before it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from documents.embedded import start_embedded
from documents.store import Store, connect
from settings import load_settings
from tests.endurance.test_kill import ROOT, descendants, ready
from tests.ports import free_port

HEADER = 16
REVEAL = """mutation($id: ID!) {
  revealPerson(id: $id, reason: "Registration", fields: [PASSPORTS]) { revealed { id passports { number } } }
}"""
# What a message of the service asks the store when it fetches the key that decrypts: `find` in `keys`.
KEYS = b"\x02find\x00\x05\x00\x00\x00keys\x00"


@dataclass
class Held:
    """A way from the service to the store on which, once it is armed, the question for a key stays."""

    store: int
    armed: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry a connection's messages both ways, one by one towards the store."""
        store_reader, store_writer = await asyncio.open_connection("127.0.0.1", self.store)
        back = asyncio.create_task(self._back(store_reader, writer))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(HEADER)
                message = head + await reader.readexactly(int.from_bytes(head[:4], "little") - HEADER)
                if self.armed and KEYS in message:
                    self.reached.set()
                    continue
                store_writer.write(message)
                await store_writer.drain()
        back.cancel()
        for each in (store_writer, writer):
            each.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()


async def logged(store: Store, person: str) -> int:
    """How many entries of the log are about a person, each with its history and its event."""
    entries = await store.collection("disclosures").find({"person": person}).to_list()
    for entry in entries:
        for name in ("history", "outbox"):
            assert await store.collection(name).count_documents({"record": entry["_id"]}) == 1
    return len(entries)


@pytest.mark.long
async def test_kill_minus_nine_between_log_and_answer_leaves_the_log(tmp_path: Path) -> None:
    """The service is killed while it waits for the key, and the store after it: the log was there, and is."""
    home, port = tmp_path / "home", free_port()
    embedded = await start_embedded(home)
    held = Held(urlsplit(embedded.uri).port or 0)
    proxy = await asyncio.start_server(held.pass_on, "127.0.0.1", 0)
    through = f"mongodb://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/?directConnection=true"
    environment = os.environ | {"KORPU_HOME": str(home), "KORPU_PORT": str(port), "KORPU_MONGODB_URI": through}
    process = subprocess.Popen(  # noqa: ASYNC220  # it is watched and killed from outside
        [sys.executable, "-m", "cli", "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = await connect(load_settings(mode="demo", home=home), embedded.uri)
    try:
        await ready(port, process)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            roles = (await client.get("/demo/roles")).json()
            token = next(person["token"] for person in roles if person["role"] == "head")
            client.headers["Authorization"] = f"Bearer {token}"
            found = await store.collection("persons").find({"passports": {"$nin": [[], None]}}, limit=2).to_list()
            told, other = (person["_id"] for person in found)

            async def reveal(person: str) -> httpx2.Response:
                return await client.post("/graphql", json={"query": REVEAL, "variables": {"id": person}})

            (answer,) = (await reveal(told)).json()["data"]["revealPerson"]["revealed"]
            assert answer["passports"][0]["number"], "without the pause the person is told of"
            held.armed = True
            asked = asyncio.create_task(reveal(other))
            await asyncio.wait_for(held.reached.wait(), 30)
            assert await logged(store, other) == 1, "the log is committed before the key is asked for"
            assert not asked.done(), "nothing is answered before"
            for pid in [*descendants(process.pid), process.pid]:
                os.kill(pid, signal.SIGKILL)
            with pytest.raises(httpx2.TransportError):
                await asked
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        proxy.close()
        await store.close()
        embedded.process.kill()
        await embedded.stop()
    embedded = await start_embedded(home)
    store = await connect(load_settings(mode="demo", home=home), embedded.uri)
    try:
        assert await logged(store, other) == 1
    finally:
        await store.close()
        await embedded.stop()
