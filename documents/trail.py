"""What changes leave beside the records: history and outbox (append-only, laid out to shard), bookings, merges."""

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
    # The revision that the change made: nobody reads it, it keeps the entries of one instant in order.
    number: int
    by: str | None
    action: str
    keys: list[str]
    changes: list[dict[str, Any]]

    class Settings:
        name = "history"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("record", ASCENDING), ("at", DESCENDING), ("number", DESCENDING)])
        ]


class BookingEntry(Document):
    """One resource taken for one item of an itinerary (ITIN-2)."""

    id: str  # type: ignore[assignment]  # itinerary, item and resource
    resource: str
    start: datetime
    end: datetime
    itinerary: str
    item: str
    firm: bool

    class Settings:
        name = "bookings"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("resource", ASCENDING), ("start", ASCENDING)]),
            IndexModel([("itinerary", ASCENDING)]),
        ]


class ResourceDay(Document):
    """The guard of a resource's day: whoever confirms takes a turn at it in the transaction (ITIN-3)."""

    id: str  # type: ignore[assignment]  # resource and day
    taken: int

    class Settings:
        name = "resource_days"
        indexes: ClassVar[list[IndexModel]] = []


class IntakeTry(Document):
    """How often a link or an address was tried in an hour: forgotten by itself."""

    id: str  # type: ignore[assignment]  # what was tried, and the hour
    tries: int
    until: datetime

    class Settings:
        name = "intake_tries"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("until", ASCENDING)], expireAfterSeconds=0)]


class MergeEntry(Document):
    """What a merge of partners moved, so that it can be taken back (PARTNER-2)."""

    id: str  # type: ignore[assignment]  # random hexadecimal digits
    source: str
    into: str
    status: str
    moved: list[dict[str, Any]]
    gained: dict[str, list[Any]]

    class Settings:
        name = "merges"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("source", ASCENDING)], unique=True)]


class OutboxEvent(Document):
    """One event for those who follow live: no values, only which keys moved and who could see it before and after."""

    id: str  # type: ignore[assignment]  # random hexadecimal digits
    kind: str
    record: str
    at: datetime
    action: str
    keys: list[str]
    # Label chains of the keys, and whether the scope moved: what is told to nobody is passed over by them.
    labels: list[str]
    scope_before: list[str]
    scope_after: list[str]
    published_before: datetime | None
    published_after: datetime | None
    # All tokens of both scopes.
    who: list[str]

    class Settings:
        name = "outbox"
        indexes: ClassVar[list[IndexModel]] = [
            IndexModel([("at", ASCENDING), ("_id", ASCENDING)]),
            IndexModel([("who", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)]),
        ]


class AccessMark(Document):
    """Moves with every change that may change what somebody may do: of their account, their person, or of the units."""

    id: str  # type: ignore[assignment]  # whom it concerns, see auth/marks.py
    number: int

    class Settings:
        name = "access_marks"
        indexes: ClassVar[list[IndexModel]] = []


class ExchangedToken(Document):
    """A token by which a portal acts for a person, for some minutes: what it stands for, under its hash (RFC 8693)."""

    id: str  # type: ignore[assignment]  # the hash of the token
    key: str
    identity: dict[str, Any]
    until: datetime

    class Settings:
        name = "exchanged_tokens"
        indexes: ClassVar[list[IndexModel]] = [IndexModel([("until", ASCENDING)], expireAfterSeconds=0)]


TRAIL = (
    HistoryEntry,
    OutboxEvent,
    BookingEntry,
    ResourceDay,
    MergeEntry,
    IntakeTry,
    AccessMark,
    ExchangedToken,
)
