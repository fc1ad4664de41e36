"""Two stores side by side: the same request to both, the same randomness, and the answers compared."""

import random
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
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
from resolvers.slug import ALPHABET, LETTERS
from schema.graph import Graph
from schema.mask import MaskedSchema, Schemas
from schema.operation import Operations, Parsed, Refused
from schema.view import View, formatted
from settings import Settings, load_settings
from tests.interference.drafts import Request
from tests.interference.figures import figures
from tests.interference.oracle import Oracle, changed_path, seen_in
from tests.interference.pair import Before, Pair, views
from tests.interference.values import NOW
from tests.interference.world import World

WRITES = {"insert", "update", "delete", "findAndModify"}
SIDES = ("left", "right")
ASKED_AGAIN = "asked again"
HISTORY = "history"


class Commands(monitoring.CommandListener):
    """What stores are told to do, in the order of their requests."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self.seen: list[tuple[str, str]] = []
        # What was added, by collection; a transaction may have taken it back.
        self.added: dict[str, set[Any]] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Note a command and its collection."""
        name = event.command.get(event.command_name)
        told = name if isinstance(name, str) else ""
        self.seen.append((event.command_name, told))
        if event.command_name == "insert":
            self.added.setdefault(told, set()).update(document["_id"] for document in event.command["documents"])

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


class Texts:
    """Parses and validates what both sides are asked once; each has plans of its own."""

    def __init__(self) -> None:
        self._parse = Operations()._parsed
        self._last: tuple[Any, Any] = (None, None)

    def parsed(self, schema: MaskedSchema, text: str, settings: Settings) -> Parsed:
        """Instead of `Operations._parsed`."""
        key = (schema, text)
        if self._last[0] != key:
            self._last = (key, self._parse(schema, text, settings))
        found: Parsed = self._last[1]
        return Parsed(found.document, found.switches, found.longest)


@dataclass(frozen=True)
class _Hex:
    hex: str


@dataclass
class Answered:
    """What one side answered, and what its store was told to do meanwhile."""

    content: dict[str, Any]
    commands: list[tuple[str, str]]
    added: dict[str, set[Any]]

    @property
    def told(self) -> bytes:
        """The answer as bytes, without what is random by design: the id of the request."""
        return orjson.dumps(self.content, default=_plain, option=orjson.OPT_SORT_KEYS | INSTANTS)

    @property
    def wrote(self) -> set[str]:
        """Collections that were written."""
        return {told for name, told in self.commands if name in WRITES}

    @property
    def rewrote(self) -> set[str]:
        """Collections in which more was done than adding to them."""
        return {told for name, told in self.commands if name in WRITES - {"insert"}}


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


Held = dict[str, dict[Any, dict[str, Any]]]


@dataclass
class Twin:
    """Two stores that hold the two worlds of a pair."""

    views: dict[str, View]
    stores: dict[str, Store]
    chance: Chance
    pair: Pair | None = None
    # What each side holds before anything is asked: by collection and id.
    held: dict[str, Held] = field(default_factory=dict)
    requests: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    full: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)

    async def load(self, pair: Pair) -> None:
        """Put the worlds of a pair into the stores, instead of what was there."""
        self.pair = pair
        for side, world in zip(SIDES, (pair.left, pair.right), strict=True):
            held = world.collections()
            for name in held.keys() | {"outbox", "resource_days", "merges"}:
                collection = self.stores[side].collection(name)
                await collection.delete_many({})
                if held.get(name):
                    await collection.insert_many(held[name])
            self.held[side] = await self._now(side, held)

    async def _now(self, side: str, names: Iterable[str]) -> Held:
        """What collections of a side hold now."""
        return {name: await self._found(side, name, {}) for name in names}

    async def _after(self, side: str, answered: Answered) -> Held:
        """What the collections that a request wrote hold now; of those that were only added to, no more is read."""
        found = await self._now(side, answered.rewrote)
        for name in answered.wrote - answered.rewrote:
            added = await self._found(side, name, {"_id": {"$in": list(answered.added[name])}})
            found[name] = self.held[side].get(name, {}) | added
        return found

    async def _found(self, side: str, name: str, query: dict[str, Any]) -> dict[Any, dict[str, Any]]:
        documents = await self.stores[side].collection(name).find(query).to_list()
        return {document["_id"]: document for document in documents}

    async def _put_back(self, side: str, now: Held) -> None:
        """Undo what a request did to these collections."""
        for name, documents in now.items():
            before, collection = self.held[side].get(name, {}), self.stores[side].collection(name)
            keys = before.keys() | documents.keys()
            changed = [key for key in keys if before.get(key) != documents.get(key)]
            # All go before any comes: two may have exchanged what only one has at a time.
            if changed:
                await collection.delete_many({"_id": {"$in": changed}})
            if kept := [before[key] for key in changed if key in before]:
                await collection.insert_many(kept)

    async def restore(self, side: str, names: set[str]) -> None:
        """Put what a side held back into collections that were written."""
        await self._put_back(side, await self._now(side, names))

    def world(self, side: str) -> World:
        """The world of a side."""
        assert self.pair is not None
        return self.pair.left if side == "left" else self.pair.right

    async def ask(self, side: str, caller: Caller, request: Request) -> Answered:
        """Ask one side."""
        view = self.views[side]
        COMMANDS.start()
        self.chance.start(self.requests, Oracle(caller, NOW))
        content: dict[str, Any]
        with capture_logs() as logs:
            try:
                context = view.context(caller)
                result = await view.run(context, request.text, self._given(side, view, caller, request.variables))
                content = {"data": result.data}
                if result.errors:
                    # Fields are answered at once: which of them fails first is chance.
                    errors = [formatted(error, "") for error in result.errors]
                    content["errors"] = sorted(errors, key=lambda error: str(error.get("path")))
            except Refused as refused:
                content = {"errors": [formatted(error, "") for error in refused.errors]}
            except Answer as answer:
                content = {"errors": [{"message": str(answer.args[0]), "extensions": {"code": answer.code}}]}
            except StoreError as error:
                content = {"errors": [{"message": str(error), "extensions": {"code": type(error).__name__}}]}
        for line in logs:
            if (failed := line.get("exc_info")) is not None:
                told = "".join(traceback.format_exception(failed)[-3:])
                self.crashes.append(f"{told}{request.text}\n{request.variables}")
        return Answered(content, COMMANDS.seen, COMMANDS.added)

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
        found, left = await self._compared(profile, caller, request)
        if found is not None:
            # A leak is there each time; what the store once answered otherwise, under load, is not.
            self.full[ASKED_AGAIN] += 1
            # Ids made anew: the store may still know those of before.
            self.requests += 1
            found, left = await self._compared(profile, caller, request)
        self.full["answers with data" if left.content.get("data") else "refused documents"] += 1
        for error in left.content.get("errors", ()):
            self.messages[error["message"][:90]] += 1
        return found, left.content.get("data")

    async def _compared(self, profile: str, caller: Caller, request: Request) -> tuple[Finding | None, Answered]:
        """Ask both sides once, and undo what it changed."""
        left, right = [await self.ask(side, caller, request) for side in SIDES]
        found = self._released(profile, request, left, right)
        self._broken_off(left, right)
        if found is None and left.told != right.told:
            where, one, other = difference(orjson.loads(left.told), orjson.loads(right.told))
            found = Finding(profile, request, where, str(one), str(other))
        if left.wrote or right.wrote:
            self.full["changes made"] += 1
            now = {side: await self._after(side, one) for side, one in zip(SIDES, (left, right), strict=True)}
            if found is not None and "problems" not in found.where and self._gave(caller, now):
                # The answer shows what the change itself lets them read; what was read before is compared next.
                self.full["rights given"] += 1
                found = None
            found = found or self._read_back(profile, caller, request, now)
            for side in SIDES:
                await self._put_back(side, now[side])
        return found, left

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

    def _gave(self, caller: Caller, now: Mapping[str, Held]) -> bool:
        """Whether a change lets the caller read more of a record that there was before."""
        oracle = Oracle(caller, NOW)
        return any(
            oracle.in_scope(kind, after)
            and not (oracle.in_scope(kind, before) and oracle.labels(kind, after) <= oracle.labels(kind, before))
            for side in SIDES
            for kind in KINDS
            for key, after in now[side].get(collection_of(kind), {}).items()
            if (before := self.held[side][collection_of(kind)].get(key)) is not None
        )

    def _read_back(self, profile: str, caller: Caller, request: Request, now: Mapping[str, Held]) -> Finding | None:
        """What shows of both stores after a change: of all records that it touched on either side."""
        oracle, worlds, touched = Oracle(caller, NOW), [], set()
        for side in SIDES:
            before, after = self.held[side], self.held[side] | now[side]
            for name in now[side]:
                was, documents = before.get(name, {}), after[name]
                changed = {key for key in was.keys() | documents.keys() if was.get(key) != documents.get(key)}
                found = [documents[key] if key in documents else was[key] for key in changed]
                touched |= {entry["record"] for entry in found} if name == HISTORY else changed
            history: dict[str, list[Any]] = {}
            for entry in after[HISTORY].values():
                history.setdefault(entry["record"], []).append(entry)
            worlds.append(World({kind: after[collection_of(kind)] for kind in KINDS}, history))
        shown = []
        for side, world in zip(SIDES, worlds, strict=True):
            docs = {kind: self.held[side][collection_of(kind)] for kind in KINDS}
            shown.append(views(oracle, world, touched, Before(oracle, docs, seen_in(oracle, docs))))
        if shown[0] == shown[1]:
            return None
        where, one, other = difference(shown[0], shown[1])
        return Finding(profile, request, f"after the change, {where}", str(one), str(other))

    @staticmethod
    def _broken_off(*answers: Answered) -> None:
        """Compare what both tell: where a root that must not be null fails, it is chance which others failed before."""
        if any(answered.content.get("data") or not answered.content.get("errors") for answered in answers):
            return
        told = [{str(error.get("path")) for error in answered.content["errors"]} for answered in answers]
        both = set.intersection(*told)
        # Where each side tells of another root, nothing is left to compare: other requests ask for these roots, too.
        for answered in answers if both or not any("None" in paths for paths in told) else ():
            answered.content["errors"] = [
                error for error in answered.content["errors"] if str(error.get("path")) in both
            ]

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
    """Two stores on one server, and a view of each; schemas and texts are shared, decisions and plans are not."""
    chance = Chance()
    patch.setattr("documents.record._token", chance.token)
    patch.setattr("resolvers.slug.letters", lambda: chance.token(ALPHABET, LETTERS))
    patch.setattr("resolvers.history.uuid4", chance.uuid4)
    patch.setattr("resolvers.history.trail", chance.trail)
    schemas, texts = Schemas(graph.masked), Texts()
    async with AsyncExitStack() as stack:
        found: dict[str, View] = {}
        stores: dict[str, Store] = {}
        for side in SIDES:
            settings = load_settings(mode="demo", home=home, database=f"{name}_{side}", access_lease_ms=0)
            store = stores[side] = await connect(settings, uri)
            stack.push_async_callback(store.close)
            await prepare(store)
            cipher = await Cipher.open(store, settings)
            stack.push_async_callback(cipher.close)
            services = Services(settings, store, cipher, lambda: NOW)
            found[side] = View(services, graph, Authenticator(settings, store))
            found[side].schemas = schemas
            patch.setattr(found[side].operations, "_parsed", texts.parsed)
        yield Twin(found, stores, chance)
        for store in stores.values():
            await store.client.drop_database(store.db)
