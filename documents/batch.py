"""Many documents at once: the forms of the driver that write in bulk."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from bson import Binary
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

DUPLICATE_KEY = 11000

Stored = dict[str, Any]


async def insert(
    collection: AsyncCollection[Stored], documents: Sequence[Stored], session: AsyncClientSession | None = None
) -> None:
    """Insert new documents. Raises DuplicateKeyError where a unique index refuses one."""
    try:
        await collection.insert_many(documents, session=session)
    except BulkWriteError as error:
        raise _told(error) from error


async def update(
    collection: AsyncCollection[Stored],
    changes: Sequence[tuple[Stored, Stored]],
    session: AsyncClientSession | None = None,
) -> int:
    """Set paths of documents, each found by its guard: (guard, paths). Gives how many guards held.

    Raises DuplicateKeyError where a unique index refuses one.
    """
    operations = [UpdateOne(guard, {"$set": paths}) for guard, paths in changes]
    try:
        result = await collection.bulk_write(operations, session=session)
    except BulkWriteError as error:
        raise _told(error) from error
    return result.matched_count


async def end_session(database: AsyncDatabase[Stored], session: UUID) -> None:
    """Abort what a session of a client that is gone has left open: a server would keep its locks for a minute.

    ``session`` is the id that the driver gives it. Where the server refuses, the minute has to pass.
    """
    with suppress(OperationFailure):
        await database.command("killSessions", [{"id": Binary.from_uuid(session)}])


def _told(error: BulkWriteError) -> Exception:
    """The error as that of a single write, which is how the rest of the house knows it."""
    first: Stored = next(iter((error.details or {}).get("writeErrors", ())), {})
    if first.get("code") != DUPLICATE_KEY:
        return error
    return DuplicateKeyError(str(first.get("errmsg", "")), DUPLICATE_KEY, first)
