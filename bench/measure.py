"""Measuring: contenders in turn, round after round, by the processor time that each server says it has used."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import orjson

from bench.works import Work

START_SECONDS = 60.0
# What a round of one contender should last, by the floor's time, and how many requests it has at least and at most.
ROUND_SECONDS = 0.25
FEWEST, MOST = 4, 60
# Rounds differ by no more than this, or the machine was busy with something else.
STEADY = 0.10


class Contender:
    """A server under measure, reached over one connection that stays open."""

    def __init__(self, name: str, port: int, tokens: Mapping[str, str], cursors: Mapping[str, str] | None) -> None:
        self.name = name
        self.tokens = tokens
        # Of the service: cursors by kind, which only it can make. None for a contender that takes open ones.
        self.cursors = cursors
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def cpu(self) -> int:
        """Nanoseconds of processor time that the server has used."""
        self._connection.request("GET", "/cpu")
        return int(json.loads(self._connection.getresponse().read())["cpu"])

    def request(self, work: Work, places: Mapping[str, str]) -> tuple[str, bytes, dict[str, str]]:
        """Path, body and headers that ask for a work."""
        variables = dict(work.variables)
        if work.deep:
            variables["after"] = self.after(work.deep, places[work.deep])
        body = orjson.dumps({"query": work.query, "variables": variables})
        return "/graphql", body, self.headers(work)

    def headers(self, work: Work) -> dict[str, str]:
        """The headers of a request as the work's account."""
        return {"Authorization": self.tokens[work.account], "Content-Type": "application/json"}

    def after(self, kind: str, place: str) -> str:
        """The cursor of the record with this id."""
        return place if self.cursors is None else self.cursors[kind]

    def ask(self, request: tuple[str, bytes, dict[str, str]]) -> bytes:
        """The body of the answer. Raises RuntimeError for anything but 200."""
        path, body, headers = request
        self._connection.request("POST", path, body, headers)
        response = self._connection.getresponse()
        found = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self.name} answered {response.status} to {path}: {found[:500].decode()}")
        return found


class Bare(Contender):
    """The floor: a path a work, and only the variables in the body."""

    def request(self, work: Work, places: Mapping[str, str]) -> tuple[str, bytes, dict[str, str]]:
        """Path, body and headers that ask for a work."""
        variables = dict(work.variables)
        if work.deep:
            variables["after"] = places[work.deep]
        return f"/{work.floor}", orjson.dumps(variables), self.headers(work)


@dataclass(slots=True)
class Figure:
    """What one contender took for one work, request by request in milliseconds, a value a round."""

    contender: str
    work: str
    account: str
    size: int
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def cpu_ms(self) -> float:
        """The least of the rounds: whatever else a machine does only ever adds."""
        return min(self.cpu)

    @property
    def wall_ms(self) -> float:
        """The least of the rounds."""
        return min(self.wall)

    @property
    def spread(self) -> float:
        """How far the median of the rounds lies above the least of them, as a part of it."""
        return median(self.cpu) / self.cpu_ms - 1

    @property
    def steady(self) -> bool:
        """Whether the rounds agree."""
        return self.spread <= STEADY


def ratio(mine: Figure, other: Figure) -> float:
    """How many times the other's processor time."""
    return mine.cpu_ms / other.cpu_ms


def measure(taking: Sequence[tuple[Contender, Work]], places: Mapping[str, str], rounds: int) -> dict[str, Figure]:
    """The figures of every contender for its work, by the contender's name; taken in turn, round after round.

    The works are one and the same, but for ids where the contenders' stores differ.
    """
    requests = {each.name: each.request(work, places) for each, work in taking}
    contenders = [each for each, _ in taking]
    figures = {}
    for each, work in taking:
        size = len(each.ask(requests[each.name]))
        figures[each.name] = Figure(each.name, work.name, work.account, size)
    times = _times(contenders[0], requests[contenders[0].name])
    for each in contenders:
        for _ in range(times):
            each.ask(requests[each.name])
    for number in range(rounds):
        # The order turns round, so that nobody always comes after the same other one.
        for each in contenders if number % 2 else reversed(contenders):
            before, began = each.cpu(), time.perf_counter()
            for _ in range(times):
                each.ask(requests[each.name])
            wall = time.perf_counter() - began
            figures[each.name].cpu.append((each.cpu() - before) / times / 1e6)
            figures[each.name].wall.append(wall / times * 1e3)
    return figures


def _times(first: Contender, request: tuple[str, bytes, dict[str, str]]) -> int:
    began = time.perf_counter()
    for _ in range(3):
        first.ask(request)
    return max(FEWEST, min(MOST, int(3 * ROUND_SECONDS / (time.perf_counter() - began))))


def answer(contender: Contender, work: Work, places: Mapping[str, str]) -> Any:
    """The data of an answer, instants written alike. Raises RuntimeError where there are errors."""
    body = orjson.loads(contender.ask(contender.request(work, places)))
    if body.get("errors"):
        raise RuntimeError(f"{contender.name} could not answer “{work.name}”: {body['errors'][:2]}")
    return _alike(body["data"])


def _alike(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _alike(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_alike(below) for below in value]
    if isinstance(value, str) and value.endswith("+00:00"):
        return value.removesuffix("+00:00") + "Z"
    return value


def difference(one: Any, other: Any, at: str = "data") -> str | None:
    """The first place where two answers differ; None where they do not."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        below = ((one[name], other[name], f"{at}.{name}") for name in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        below = ((a, b, f"{at}[{index}]") for index, (a, b) in enumerate(zip(one, other, strict=True)))
    else:
        return None if one == other else f"{at}: {str(one)[:80]} and {str(other)[:80]}"
    return next((found for three in below if (found := difference(*three))), None)


@contextmanager
def started(command: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Start a server that prints its port, give the port, and stop the server afterwards. Raises RuntimeError."""
    process = subprocess.Popen(  # noqa: S603 - a command of the bench
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, **environment}, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.strip().isdigit():
            raise RuntimeError(f"{' '.join(command[:3])} did not start: see its words above.")
        yield int(line)
    finally:
        if process.stdin:
            # What the server takes as the end; so it ends, too, when the bench is killed.
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def python(module: str, given: Mapping[str, Any]) -> list[str]:
    """The command that starts a contender written in Python."""
    return [sys.executable, "-m", f"bench.{module}", json.dumps(given)]
