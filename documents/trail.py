"""What every change leaves behind: an entry of the history and an event of the outbox. Append-only, laid out to shard."""

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel


class HistoryEntry(Document):
    """One change of a record: who did what, and which paths moved, each under its key."""

    id: str  # type: ignore[assignment]  # random hexadecimal digits
    kind: str
    record: str
    at: datetime
    by: str | None
    action: str
    keys: list[str]
    changes: list[dict[str, Any]]

    class Settings:
        name = "history"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("record", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)])
        ]


class OutboxEvent(Document):
    """One event for those who follow live: no values, only which keys moved and who could see it before and after."""

    id: str  # type: ignore[assignment]  # random hexadecimal digits
    kind: str
    record: str
    at: datetime
    action: str
    keys: list[str]
    scope_before: list[str]
    scope_after: list[str]

    class Settings:
        name = "outbox"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("at", ASCENDING), ("_id", ASCENDING)])]
