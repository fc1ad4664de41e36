"""Starts and stops the embedded server: a `mongod` where there is one, else the optional extra's `secantusd-py`."""

import asyncio
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from errors import EmbeddedFailed

START_SECONDS = 30.0
BUSY_SECONDS = 8.0
STOP_SECONDS = 25.0
STEP_SECONDS = 0.05
OLDEST_MONGOD = 7
REPLICA_SET = "korpu"

NOT_INITIALIZED = 94
CONFIG_NAMES_ANOTHER = 93

# Becomes the server, leaving a guard that waits for the end of standard input, which the parent holds open: it ends
# when the parent does, even by kill -9, on every system and whichever thread started it. The server gets a session of
# its own, so that Ctrl-C reaches the service first and the service stops it in order.
GUARD = """
import os, signal, sys, time
server = os.getpid()
if os.fork() == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    os.read(0, 1)
    for number, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        if os.getppid() == server:
            os.kill(server, number)
        for _ in range(seconds * 20):
            if os.getppid() != server:
                os._exit(0)
            time.sleep(0.05)
    os._exit(0)
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@dataclass
class Embedded:
    """A running embedded server at `uri`."""

    uri: str
    process: subprocess.Popen[bytes]

    async def stop(self) -> None:
        """Stop the server and wait until it is gone. Safe to call twice."""
        if self.process.stdin is not None:
            # the guard alone sends the signal: a second one would break off the server's orderly end
            self.process.stdin.close()
            self.process.stdin = None
        deadline = time.monotonic() + STOP_SECONDS
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                self.process.kill()
            await asyncio.sleep(STEP_SECONDS)


async def start_embedded(home: Path, *, durable: bool = True) -> Embedded:
    """Start the embedded server on the data below `home` and give it when it answers.

    `durable=False` gives up surviving a power cut for speed: for tests and bulk generation. Raises EmbeddedFailed
    when no server is installed, `home` cannot be written to, or another process holds it.
    """
    _writable(home)
    mongod = None if (home / "store").exists() else await asyncio.to_thread(_mongod)
    if mongod:
        return await _start_mongod(mongod, home)
    return await _start_secantus(home, durable=durable)


async def _start_secantus(home: Path, *, durable: bool) -> Embedded:
    options = ["--host", "127.0.0.1", "--port", "0", "--cache-size", "256M", "--storage-path", str(home / "store")]
    if durable:
        options.append("--sync-on-commit")
    # named, though empty, so that no other configuration is looked for in the working directory or the user's home
    config = home / "store.toml"
    config.touch()
    command = [_secantusd(), "--config", str(config), *options]
    process, port = await _started(command, home / "store.log", re.compile(r"listening on 127\.0\.0\.1:(\d+)"), home)
    return Embedded(f"mongodb://127.0.0.1:{port}/?replicaSet=secantus", process)


def _secantusd() -> str:
    name = "secantusd-py"
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if not found:
        raise EmbeddedFailed(
            "No embedded server is installed: run `make demo`, or `pip install 'korpu[embedded]'`, "
            "or put mongod 7 or newer on the PATH, or set KORPU_MONGODB_URI."
        )
    return found


def _mongod() -> str | None:
    """Give the path of a `mongod` that is new enough, if there is one on the PATH."""
    found = shutil.which("mongod")
    if not found:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - a program found on the PATH, with fixed words
            [found, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"db version v(\d+)", answer)
    return found if version and int(version.group(1)) >= OLDEST_MONGOD else None


async def _start_mongod(mongod: str, home: Path) -> Embedded:
    data = home / "mongod"
    data.mkdir(exist_ok=True)
    port = _port_kept(home / "mongod.port")
    command = [mongod, "--replSet", REPLICA_SET, "--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(port)]
    command += ["--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"]
    # no copy of the data waits to be told about the end
    command += ["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"]
    process, _ = await _started(command, home / "mongod.log", re.compile(r"[Ww]aiting for connections"), home)
    embedded = Embedded(f"mongodb://127.0.0.1:{port}/?replicaSet={REPLICA_SET}", process)
    try:
        await _become_primary(port)
    except BaseException:
        await embedded.stop()
        raise
    return embedded


def _port_kept(path: Path) -> int:
    """Give the port used before if it is free, else another one, kept: the replica set remembers its address."""
    for wanted in (int(path.read_text()) if path.exists() else 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            port = int(probe.getsockname()[1])
            path.write_text(str(port))
            return port
    raise EmbeddedFailed("No port on 127.0.0.1 is free for the embedded server: close other programs.")


async def _become_primary(port: int) -> None:
    """Make the server on `port` the only member of its replica set, and wait until it takes writes."""
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        "127.0.0.1", port, directConnection=True, timeoutMS=5000
    )
    try:
        try:
            await client.admin.command("replSetGetStatus")
        except OperationFailure as error:
            if error.code == NOT_INITIALIZED:
                await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
            elif error.code == CONFIG_NAMES_ANOTHER:
                config = (await client.admin.command("replSetGetConfig"))["config"]
                config |= {"members": [config["members"][0] | member], "version": config["version"] + 1}
                await client.admin.command("replSetReconfig", config, force=True)
            else:
                raise
        deadline = time.monotonic() + START_SECONDS
        while not (await client.admin.command("hello")).get("isWritablePrimary"):
            if time.monotonic() > deadline:
                raise EmbeddedFailed("mongod did not become primary: see mongod.log in KORPU_HOME.")
            await asyncio.sleep(STEP_SECONDS)
    except PyMongoError as error:
        raise EmbeddedFailed(f"mongod did not become a replica set ({error}): see mongod.log in KORPU_HOME.") from error
    finally:
        await client.close()


async def _started(
    command: list[str], log: Path, ready: re.Pattern[str], home: Path
) -> tuple[subprocess.Popen[bytes], str]:
    """Start `command` and give its process and what `ready` found in its log, trying again while the data is held."""
    busy_until = time.monotonic() + BUSY_SECONDS
    # each try has a log of its own until it succeeds, so that two starters never read each other's
    fresh = log.with_name(f"{log.stem}.{secrets.token_hex(4)}.log")
    while True:
        process = _spawn(command, fresh)
        try:
            found = await _told(process, fresh, ready)
        except BaseException:
            await Embedded("", process).stop()
            fresh.replace(log)
            raise
        if found is not None:
            fresh.replace(log)
            return process, found
        await Embedded("", process).stop()
        text = _text(fresh)
        if not _held(text):
            fresh.replace(log)
            last = text.strip().splitlines()[-1:] or ["it said nothing"]
            raise EmbeddedFailed(f"The embedded server stopped at once ({last[0]}): see {log}.")
        fresh.unlink()
        if time.monotonic() > busy_until:
            raise EmbeddedFailed(
                f"Another process holds the store in {home}: stop it, or set KORPU_HOME to another folder."
            )
        await asyncio.sleep(10 * STEP_SECONDS)


def _spawn(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as sink:
        return subprocess.Popen(  # noqa: S603 - built here from this interpreter, GUARD and paths
            [sys.executable, "-I", "-S", "-c", GUARD, *command],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )


async def _told(process: subprocess.Popen[bytes], log: Path, ready: re.Pattern[str]) -> str | None:
    """Give what `ready` finds in the log; None when the process ends first. Raises EmbeddedFailed."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        if found := ready.search(_text(log)):
            return found.group(found.lastindex or 0)
        if ended:
            return None
        await asyncio.sleep(STEP_SECONDS)
    raise EmbeddedFailed(f"The embedded server did not answer within {START_SECONDS:.0f} seconds: see {log}.")


def _text(log: Path) -> str:
    return log.read_text(errors="replace")


def _held(log: str) -> bool:
    return "resource busy" in log.lower() or "DBPathInUse" in log


def _writable(home: Path) -> None:
    probe = home / ".probe"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise EmbeddedFailed(
            f"{home} cannot be written to ({error.strerror}): set KORPU_HOME to a folder that can."
        ) from error
