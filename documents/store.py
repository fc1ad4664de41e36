"""The store: one client, transactions, indexes. The only home of the driver besides `embedded`."""

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pymongo
from beanie import Document, init_beanie
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    AutoReconnect,
    CollectionInvalid,
    ConfigurationError,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from documents.lease import Leases
from errors import SettingsError, StoreBusy, StoreRefused, StoreUnavailable
from settings import Settings, hosts_of

OLDEST_SERVER = (7, 0)
ATTEMPTS = 12
COMMIT_ATTEMPTS = 5
FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.5
PING_SECONDS = 3.0

NOT_AUTHORIZED = {13, 18}
INDEX_DIFFERS = {85, 86}

TRANSIENT = "TransientTransactionError"
UNKNOWN_COMMIT = "UnknownTransactionCommitResult"

# Offered to those who write: a unique index refused.
__all__ = ["DuplicateKeyError", "Store", "Stored", "connect", "register", "translated"]

Stored = dict[str, Any]
_ANSWERS: CodecOptions[Stored] = CodecOptions(tz_aware=False, uuid_representation=UuidRepresentation.STANDARD)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Store:
    """The open store. Made by `connect`."""

    client: AsyncMongoClient[Stored]
    db: AsyncDatabase[Stored]
    leases: Leases = field(default_factory=lambda: Leases(0))

    async def close(self) -> None:
        """Close every connection."""
        await self.client.close()

    async def ping(self) -> None:
        """Ask whether the store answers, briefly. Raises StoreUnavailable."""
        with translated(), pymongo.timeout(PING_SECONDS):
            await self.db.command("ping")

    def collection(self, name: str) -> AsyncCollection[Stored]:
        """Give the collection `name`."""
        return self.db[name]

    def reading(self, name: str) -> AsyncCollection[Stored]:
        """Give the collection `name` for answers: its instants are UTC and do not say so, which halves their cost."""
        return self.db.get_collection(name, codec_options=_ANSWERS)

    async def transaction(self, work: Callable[[AsyncClientSession], Awaitable[Result]]) -> Result:
        """Run `work(session)` in a transaction and give what it gives.

        `work` may run several times and must pass `session` to every operation. Raises what `work` raises, StoreBusy
        when the attempts run out, StoreUnavailable when the store is gone or does not tell whether it committed. Where
        `work` took something away from somebody (`Leases.owe`), it gives its result once that holds everywhere.
        """
        async with self.client.start_session() as session:
            try:
                result = await self._attempts(session, work)
            finally:
                owed = self.leases.owed(session)
        if owed:
            await self.leases.over()
        return result

    async def _attempts(
        self, session: AsyncClientSession, work: Callable[[AsyncClientSession], Awaitable[Result]]
    ) -> Result:
        deadline = time.monotonic() + (self.client.options.timeout or math.inf)
        attempt = 1
        while True:
            try:
                with translated():
                    return await _once(session, work)
            except Exception as error:
                if not _labelled(error, TRANSIENT):
                    raise
                if attempt == ATTEMPTS or time.monotonic() > deadline:
                    if isinstance(error, StoreUnavailable):
                        raise
                    raise StoreBusy(
                        f"Others kept changing the same documents through {attempt} attempts: try again."
                    ) from error
            await asyncio.sleep(_pause(attempt))
            attempt += 1


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors of an absent or late store into StoreUnavailable; leave every other error alone."""
    try:
        yield
    except PyMongoError as error:
        # a conflict in a transaction may travel as a broken connection's class: the label decides, in `transaction`
        if error.timeout or isinstance(error, AutoReconnect | ExecutionTimeout | WaitQueueTimeoutError):
            raise StoreUnavailable("The store did not answer in time: try again, or check that it runs.") from error
        raise


async def connect(settings: Settings, uri: str) -> Store:
    """Open the store at `uri`, waiting up to `store_timeout_seconds` for it to answer.

    Raises SettingsError for an address that cannot be read, StoreUnavailable when nothing answers, StoreRefused for
    wrong credentials, a server older than 7.0, and one that is neither a replica set nor a mongos.
    """
    try:
        client: AsyncMongoClient[Stored] = AsyncMongoClient(
            uri,
            appname="korpu",
            w="majority",
            journal=True,
            readConcernLevel="majority",
            # What was just written is read back: never from a secondary that has not heard of it.
            readPreference="primary",
            retryReads=True,
            retryWrites=True,
            uuidRepresentation="standard",
            tz_aware=True,
            timeoutMS=int(settings.store_timeout_seconds * 1000),
        )
    except (InvalidURI, ConfigurationError, ValueError):
        # not chained: the driver's words quote the address, which holds a password
        raise SettingsError(
            "KORPU_MONGODB_URI cannot be read: set it to mongodb://user:password@host:27017/?replicaSet=name, "
            "with : / ? # [ ] @ percent-encoded in user and password."
        ) from None
    store = Store(client, client[settings.database], Leases(settings.access_lease_ms / 1000))
    try:
        await _accept(client, settings.store_timeout_seconds, ", ".join(hosts_of(uri)))
    except BaseException:
        await client.close()
        raise
    return store


async def register(store: Store, models: list[type[Document]]) -> None:
    """Bind `models` to the store, and create their collections and the indexes in their `Settings.indexes`.

    Nothing is dropped. Raises StoreRefused when a stored index has the name or keys of a declared one but differs.
    """
    with translated():
        await init_beanie(database=store.db, document_models=models, skip_indexes=True)
        present = set(await store.db.list_collection_names())
        for model in models:
            name = model.get_collection_name()
            # ahead of time: a collection that is first written inside a transaction makes concurrent ones conflict
            if name not in present:
                await _create(store, name)
            indexes: list[IndexModel] = list(getattr(getattr(model, "Settings", None), "indexes", []))
            if indexes:
                await _index(store.collection(name), indexes)


async def _create(store: Store, name: str) -> None:
    try:
        await store.db.create_collection(name)
    except CollectionInvalid:
        # another copy of the service, starting too, was first
        return


async def _index(collection: AsyncCollection[Stored], indexes: list[IndexModel]) -> None:
    try:
        await collection.create_indexes(indexes)
    except OperationFailure as error:
        if error.code not in INDEX_DIFFERS:
            raise
        reason = (error.details or {}).get("errmsg")
        raise StoreRefused(
            f"{collection.name} has an index that differs from its declaration ({reason}): "
            "add a migration that drops the old one."
        ) from error


async def _once(session: AsyncClientSession, work: Callable[[AsyncClientSession], Awaitable[Result]]) -> Result:
    await session.start_transaction(
        read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
    )
    try:
        result = await work(session)
    except BaseException:
        if session.in_transaction:
            await session.abort_transaction()
        raise
    attempt = 1
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if not error.has_error_label(UNKNOWN_COMMIT):
                raise
            if attempt == COMMIT_ATTEMPTS:
                raise StoreUnavailable(
                    "The store did not tell whether the change was kept: read it before trying again."
                ) from error
        else:
            return result
        await asyncio.sleep(_pause(attempt))
        attempt += 1


def _labelled(error: BaseException | None, label: str) -> bool:
    while error is not None:
        if isinstance(error, PyMongoError):
            return error.has_error_label(label)
        error = error.__cause__
    return False


def _pause(attempt: int) -> float:
    """Give how many seconds to wait after `attempt`, the first being 1: about twice as long each time."""
    full = min(FIRST_PAUSE_SECONDS * 2.0**attempt, LONGEST_PAUSE_SECONDS)
    return random.uniform(0.5, 1.0) * full  # noqa: S311 - it keeps takers apart and guards nothing


async def _accept(client: AsyncMongoClient[Stored], seconds: float, hosts: str) -> None:
    hello, build = await _greeting(client, seconds, hosts)
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise StoreRefused(
            f"MongoDB at {hosts} is a standalone server, which has no transactions: "
            "start it with --replSet and run rs.initiate(), or set KORPU_MONGODB_URI to another one."
        )
    version = tuple(build["versionArray"][:2])
    if version < OLDEST_SERVER:
        raise StoreRefused(f"MongoDB at {hosts} is {build['version']}: update it to 7.0 or newer.")


async def _greeting(client: AsyncMongoClient[Stored], seconds: float, hosts: str) -> tuple[Stored, Stored]:
    deadline = time.monotonic() + seconds
    attempt = 1
    while True:
        try:
            with pymongo.timeout(min(PING_SECONDS, max(deadline - time.monotonic(), 0.1))):
                return await client.admin.command("hello"), await client.admin.command("buildInfo")
        except OperationFailure as error:
            if error.code in NOT_AUTHORIZED:
                raise StoreRefused(
                    f"MongoDB at {hosts} refuses the user: check user, password and authSource in KORPU_MONGODB_URI."
                ) from None
            raise
        except ConfigurationError:
            raise SettingsError(
                f"KORPU_MONGODB_URI: the name {hosts} has no MongoDB addresses: check it, and the DNS."
            ) from None
        except PyMongoError as error:
            if time.monotonic() >= deadline:
                raise StoreUnavailable(
                    f"MongoDB at {hosts} did not answer for {seconds:g} seconds: check that it runs, that hosts and "
                    "port are right in KORPU_MONGODB_URI, that replicaSet there is its name, and firewall and TLS."
                ) from error
            await asyncio.sleep(min(_pause(attempt), max(deadline - time.monotonic(), 0)))
            attempt += 1
