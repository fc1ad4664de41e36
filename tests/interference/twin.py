"""Two stores side by side: the same request to both, the same randomness, and the answers compared."""

import random
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from bson import Decimal128
from pymongo import monitoring
from structlog.testing import capture_logs

from auth.backend import Authenticator
from auth.caller import Caller
from auth.caller import caller as nobody
from documents.cipher import Cipher
from documents.kinds import KINDS, collection_of, kind_of, prepare
from documents.store import Store, connect
from errors import Answer, StoreError
from resolvers.change import revision
from resolvers.context import Services
from resolvers.history import INSTANTS, Change, trail
from schema.graph import Graph
from schema.mask import Schemas
from schema.operation import Refused
from schema.view import View, _formatted
from settings import load_settings
from tests.interference.drafts import Request
from tests.interference.figures import figures
from tests.interference.oracle import Oracle, changed_path
from tests.interference.pair import Pair, views
from tests.interference.values import NOW
from tests.interference.world import World

WRITES = {"insert", "update", "delete", "findAndModify"}
SIDES = ("left", "right")
ASKED_AGAIN = "asked again"


class Commands(monitoring.CommandListener):
    """What stores are told to do, in the order of their requests."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Note a command and its collection."""
        told = event.command.get(event.command_name)
        self.seen.append((event.command_name, told if isinstance(told, str) else ""))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing more to note."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing more to note."""


COMMANDS = Commands()
monitoring.register(COMMANDS)


class Chance:
    """The service's own randomness, the same on both sides: ids and codes made anew would differ otherwise."""

    def __init__(self) -> None:
        self.streams: dict[str, random.Random] = {}
        self.seed = 0
        self.of = ""
        self.oracle = Oracle(nobody(), NOW)

    def start(self, seed: int, oracle: Oracle) -> None:
        """Begin a request of whom the oracle speaks for."""
        self.streams, self.seed, self.oracle = {}, seed, oracle

    def token(self, alphabet: str, length: int) -> str:
        """Instead of `documents.record._token`; each length is drawn apart."""
        return self._drawn(f"{self.seed} {length}", alphabet, length)

    def _drawn(self, name: str, alphabet: str, length: int) -> str:
        stream = self.streams.setdefault(name, random.Random(name))  # noqa: S311  # what is drawn guards nothing
        return "".join(stream.choice(alphabet) for _ in range(length))

    def uuid4(self) -> Any:
        """Instead of `uuid.uuid4`, where ids of entries are made: what differs in what the caller sees is drawn apart.

        Entries of records and of changes that the caller does not see must not move the ids of those that they do.
        """
        return _Hex(self._drawn(f"{self.seed} {self.of}", "0123456789abcdef", 32))

    def trail(self, change: Change, now: datetime, by: str | None) -> Any:
        """Instead of `resolvers.history.trail`: notes whose entry is made."""
        document = change.document
        keys = {touched.key for touched in change.touched}
        readable = self.oracle.read_keys(change.kind, keys, document)
        # A reference that is not seen is as good as none: whether it was cleared does not show.
        seen = sorted(
            touched.path
            for touched in change.touched
            if touched.key in readable and changed_path(change.kind, touched.path).reference is None
        )
        self.of = f"{document['_id']} {change.action} {seen or 'nothing'}"
        return trail(change, now, by)


@dataclass(frozen=True)
class _Hex:
    hex: str


@dataclass
class Answered:
    """What one side answered, and what its store was told to do meanwhile."""

    content: dict[str, Any]
    commands: list[tuple[str, str]]

    @property
    def told(self) -> bytes:
        """The answer as bytes, without what is random by design: the id of the request."""
        return orjson.dumps(self.content, default=_plain, option=orjson.OPT_SORT_KEYS | INSTANTS)

    @property
    def wrote(self) -> set[str]:
        """Collections that were written."""
        return {told for name, told in self.commands if name in WRITES}


def _plain(value: Any) -> Any:
    return str(value.to_decimal()) if isinstance(value, Decimal128) else str(value)


@dataclass
class Finding:
    """A request that the two stores answered differently."""

    profile: str
    request: Request
    where: str
    left: str
    right: str

    def __str__(self) -> str:
        return (
            f"INTERFERENCE for {self.profile} at {self.where}\n  left:  {self.left}\n  right: {self.right}\n"
            f"  {self.request.text}\n  {self.request.variables}"
        )


@dataclass
class Twin:
    """Two stores that hold the two worlds of a pair."""

    views: dict[str, View]
    stores: dict[str, Store]
    chance: Chance
    pair: Pair | None = None
    requests: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    full: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)

    async def load(self, pair: Pair) -> None:
        """Put the worlds of a pair into the stores, instead of what was there."""
        self.pair = pair
        for side, world in zip(SIDES, (pair.left, pair.right), strict=True):
            await self._put(side, world, set(world.collections()) | {"outbox", "resource_days", "merges"})

    async def restore(self, side: str, names: set[str]) -> None:
        """Put what the world of a side holds into collections that were written."""
        await self._put(side, self.world(side), names)

    async def _put(self, side: str, world: World, names: set[str]) -> None:
        held = world.collections()
        for name in names:
            collection = self.stores[side].collection(name)
            await collection.delete_many({})
            if held.get(name):
                await collection.insert_many(held[name])

    def world(self, side: str) -> World:
        """The world of a side."""
        assert self.pair is not None
        return self.pair.left if side == "left" else self.pair.right

    async def ask(self, side: str, caller: Caller, request: Request) -> Answered:
        """Ask one side."""
        view = self.views[side]
        commands: list[tuple[str, str]] = []
        COMMANDS.seen = commands
        self.chance.start(self.requests, Oracle(caller, NOW))
        content: dict[str, Any]
        with capture_logs() as logs:
            try:
                context = view.context(caller)
                result = await view.run(context, request.text, self._given(side, view, caller, request.variables))
                content = {"data": result.data}
                if result.errors:
                    content["errors"] = [_formatted(error, "") for error in result.errors]
            except Refused as refused:
                content = {"errors": [_formatted(error, "") for error in refused.errors]}
            except Answer as answer:
                content = {"errors": [{"message": str(answer.args[0]), "extensions": {"code": answer.code}}]}
            except StoreError as error:
                content = {"errors": [{"message": str(error), "extensions": {"code": type(error).__name__}}]}
        for line in logs:
            if (failed := line.get("exc_info")) is not None:
                told = "".join(traceback.format_exception(failed)[-3:])
                self.crashes.append(f"{told}{request.text}\n{request.variables}")
        return Answered(content, commands)

    def _given(self, side: str, view: View, caller: Caller, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables, with the caller's revision of a record where one is asked for."""
        given = {}
        for name, value in variables.items():
            if isinstance(value, dict) and value.keys() == {"revision of"}:
                record_id = value["revision of"]
                kind = kind_of(record_id) or ""
                document = self.world(side).docs.get(kind, {}).get(record_id)
                seen = document is not None and Oracle(caller, NOW).in_scope(kind, document)
                given[name] = revision(view.context(caller), kind, document) if document and seen else "0" * 24
            else:
                given[name] = value
        return given

    async def compare(self, profile: str, caller: Caller, request: Request) -> tuple[Finding | None, Any]:
        """Ask both sides. Gives what differs, if anything, and the data of the answer."""
        self.requests += 1
        left, right = [await self.ask(side, caller, request) for side in SIDES]
        self.full["answers with data" if left.content.get("data") else "refused documents"] += 1
        for error in left.content.get("errors", ()):
            self.messages[error["message"][:90]] += 1
        found = self._released(profile, request, left, right)
        if found is None and left.told != right.told and not (left.wrote or right.wrote):
            # A leak is there each time; what the store once answered otherwise, under load, is not.
            self.full[ASKED_AGAIN] += 1
            left, right = [await self.ask(side, caller, request) for side in SIDES]
            found = self._released(profile, request, left, right)
        if found is None and left.told != right.told:
            where, one, other = difference(orjson.loads(left.told), orjson.loads(right.told))
            found = Finding(profile, request, where, str(one), str(other))
        if left.wrote or right.wrote:
            self.full["changes made"] += 1
            found = found or await self._read_back(profile, caller, request)
            for side in SIDES:
                await self.restore(side, left.wrote | right.wrote)
        return found, left.content.get("data")

    def _released(self, profile: str, request: Request, *answers: Answered) -> Finding | None:
        """Take the fixed tables out of both answers, once they tell what the release allows."""
        for alias, year in request.figures.items():
            for side, answered in zip(SIDES, answers, strict=True):
                data = answered.content.get("data")
                told = data.pop(alias, None) if data else None
                allowed = figures(self.world(side), year)
                if told is not None and {name: told[name] for name in told.keys() & allowed.keys()} != allowed:
                    return Finding(profile, request, f"{side}, the tables of {year}", str(told), str(allowed))
        return None

    async def _read_back(self, profile: str, caller: Caller, request: Request) -> Finding | None:
        """What shows of both stores after a change."""
        shown = []
        for side in SIDES:
            store = self.stores[side]
            docs = {
                kind: {found["_id"]: found for found in await store.collection(collection_of(kind)).find({}).to_list()}
                for kind in KINDS
            }
            history: dict[str, list[Any]] = {}
            for entry in await store.collection("history").find({}).to_list():
                history.setdefault(entry["record"], []).append(entry)
            shown.append(views(Oracle(caller, NOW), World(docs, history)))
        if shown[0] == shown[1]:
            return None
        where, one, other = difference(shown[0], shown[1])
        return Finding(profile, request, f"after the change, {where}", str(one), str(other))

    async def refusal(
        self, profile: str, caller: Caller, unseen: Request, absent: Request, ids: tuple[str, str]
    ) -> Finding | None:
        """Compare a request for what is not seen with one for what is not there: the answer, and the work it took."""
        for side in SIDES:
            self.requests += 1
            one = await self.ask(side, caller, unseen)
            other = await self.ask(side, caller, absent)
            if one.told.replace(ids[0].encode(), ids[1].encode()) != other.told:
                return Finding(profile, unseen, f"{side}, unseen and absent", one.told.decode(), other.told.decode())
            if Counter(one.commands) != Counter(other.commands):
                return Finding(
                    profile, unseen, f"{side}, work for unseen and absent", str(one.commands), str(other.commands)
                )
        return None


def difference(one: Any, other: Any, at: str = "") -> tuple[str, Any, Any]:
    """The first place where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys(), key=str):
            if one.get(name) != other.get(name):
                return difference(one.get(name), other.get(name), f"{at}.{name}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            if a != b:
                return difference(a, b, f"{at}[{index}]")
    return at, one, other


@asynccontextmanager
async def twins(uri: str, home: Path, name: str, graph: Graph, patch: pytest.MonkeyPatch) -> AsyncIterator[Twin]:
    """Two stores on one server, and a view of each; the schemas are shared, decisions and plans are not."""
    chance = Chance()
    patch.setattr("documents.record._token", chance.token)
    patch.setattr("resolvers.history.uuid4", chance.uuid4)
    patch.setattr("resolvers.history.trail", chance.trail)
    schemas = Schemas(graph.masked)
    async with AsyncExitStack() as stack:
        found: dict[str, View] = {}
        stores: dict[str, Store] = {}
        for side in SIDES:
            settings = load_settings(mode="demo", home=home, database=f"{name}_{side}")
            store = stores[side] = await connect(settings, uri)
            stack.push_async_callback(store.close)
            await prepare(store)
            cipher = await Cipher.open(store, settings)
            stack.push_async_callback(cipher.close)
            services = Services(settings, store, cipher, lambda: NOW)
            found[side] = View(services, graph, Authenticator(settings, store))
            found[side].schemas = schemas
        yield Twin(found, stores, chance)
        for store in stores.values():
            await store.client.drop_database(store.db)
