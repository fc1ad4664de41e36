"""What the contenders written in Python share: how they are told what to serve, and how they serve it."""

import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp


@dataclass(frozen=True, slots=True)
class Told:
    """What a contender is told on its command line, as JSON."""

    uri: str
    database: str
    # By account: the role, the scope tokens and the partner.
    callers: dict[str, dict[str, Any]]
    # What only the service takes: its settings.
    home: str = ""
    open: bool = False
    providers: str = ""


def told() -> Told:
    """What the command line says."""
    return Told(**json.loads(sys.argv[1]))


async def _cpu(_: Request) -> Response:
    """Processor time that this process has used so far, in nanoseconds: its own and the kernel's on its behalf."""
    return JSONResponse({"cpu": time.process_time_ns()})


CPU = Route("/cpu", _cpu)


def serve(app: ASGIApp) -> None:
    """Serve an application with one worker on a free port, which is printed."""
    with socket.socket() as listening, suppress(KeyboardInterrupt):
        listening.bind(("127.0.0.1", 0))
        # Who connects before the application is up waits for it.
        listening.listen()
        print(listening.getsockname()[1], flush=True)
        options: dict[str, Any] = {
            "loop": "uvloop",
            "http": "httptools",
            "log_level": "warning",
            "timeout_keep_alive": 600,
        }
        config = uvicorn.Config(app, access_log=False, **options)
        server = uvicorn.Server(config)
        threading.Thread(target=_watch, args=[server], daemon=True).start()
        server.run(sockets=[listening])


def _watch(server: uvicorn.Server) -> None:
    """End with the bench: it holds standard input open for as long as it runs."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    server.should_exit = True
