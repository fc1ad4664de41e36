"""Many: conditions, search, order and window to one query, for every kind. By seek, never by skip."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from auth.access import NOTHING, Sight, all_of
from documents.kinds import KINDS, collection_of
from documents.stamp import Order, orders
from documents.store import translated
from errors import Invalid
from resolvers.context import Context
from resolvers.load import Load, Row, Rows, not_archived, rows
from resolvers.search import search as search_filter
from resolvers.where import Where, any_of

DEFAULT_FIRST = 20


@dataclass(frozen=True, slots=True)
class Window:
    """The arguments of a connection, as the client gave them."""

    where: Mapping[str, Any] | None = None
    search: str | None = None
    order_by: Mapping[str, Any] | None = None
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A record and its place."""

    node: Row
    cursor: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(slots=True)
class Page:
    """One page of a kind."""

    nodes: Rows
    query: dict[str, Any]
    context: Context
    kind: str
    _order: "_Order"
    more: bool
    backward: bool
    given_start: bool

    @property
    def edges(self) -> list[Edge]:
        """The records, each with its cursor."""
        return [Edge(row, self._order.cursor(row, self.context)) for row in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Where the page stands."""
        first, last = (self.nodes[0], self.nodes[-1]) if self.nodes else (None, None)
        return PageInfo(
            has_next_page=self.given_start if self.backward else self.more,
            has_previous_page=self.more if self.backward else self.given_start,
            start_cursor=self._order.cursor(first, self.context) if first else None,
            end_cursor=self._order.cursor(last, self.context) if last else None,
        )

    async def total_count(self) -> int:
        """How many records there are on all pages; asked of the store only when the client asks."""
        with translated():
            found: int = await self.context.store.collection(collection_of(self.kind)).count_documents(self.query)
        return found


@dataclass(frozen=True, slots=True)
class _Order:
    """One order of a kind, ascending or not. Ties go by id."""

    kind: str
    order: Order | None
    direction: int

    @property
    def stored(self) -> str:
        return self.order.stored if self.order else "_id"

    @property
    def name(self) -> str:
        return f"{self.order.name if self.order else 'id'}:{self.direction}"

    def sort(self, *, backward: bool) -> list[tuple[str, int]]:
        way = -self.direction if backward else self.direction
        return [("_id", way)] if self.order is None else [(self.stored, way), ("_id", way)]

    def value(self, row: Row) -> Any:
        found: Any = row.doc
        for name in self.stored.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def cursor(self, row: Row, context: Context) -> str:
        """An opaque, signed place in this order."""
        body = orjson.dumps([self.kind, self.name, self.value(row), row.doc["_id"]], option=orjson.OPT_NAIVE_UTC)
        return base64.urlsafe_b64encode(_seal(body, context) + body).rstrip(b"=").decode()

    def seek(self, cursor: str, place: str, context: Context, *, beyond: bool) -> dict[str, Any]:
        """The filter of what comes after a cursor (``beyond``) or before it. Raises Invalid for a foreign cursor."""
        value, record_id = self._open(cursor, place, context)
        way = self.direction if beyond else -self.direction
        op = "$gt" if way > 0 else "$lt"
        if self.order is None:
            return {"_id": {op: record_id}}
        same = {self.stored: value, "_id": {op: record_id}}
        if value is None:
            # Null comes first: after it, everything that has a value; before it, nothing else.
            return any_of([same, {self.stored: {"$ne": None}}]) if way > 0 else same
        strictly = {self.stored: {op: value}}
        return any_of([same, strictly] if way > 0 else [same, strictly, {self.stored: None}])

    def _open(self, cursor: str, place: str, context: Context) -> tuple[Any, str]:
        wrong = f"{place} is no cursor of this list in this order: take one from pageInfo or edges of the same query"
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            sealed, body = raw[:16], raw[16:]
            if not hmac.compare_digest(sealed, _seal(body, context)):
                raise Invalid(wrong)
            kind, name, value, record_id = orjson.loads(body)
        except (ValueError, TypeError) as error:
            raise Invalid(wrong) from error
        if (kind, name) != (self.kind, self.name):
            raise Invalid(wrong)
        return self._typed(value), record_id

    def _typed(self, value: Any) -> Any:
        if self.order is not None and self.order.path.leaf is datetime and isinstance(value, str):
            return datetime.fromisoformat(value)
        return value


def _seal(body: bytes, context: Context) -> bytes:
    return hmac.new(context.settings.signing_secret.encode(), b"cursor" + body, hashlib.sha256).digest()[:16]


def _ordered(sight: Sight, order_by: Mapping[str, Any] | None) -> _Order:
    kind = sight.kind.kind
    if order_by is None:
        return _Order(kind, None, 1)
    if len(order_by) != 1 or None in order_by.values():
        msg = "orderBy takes exactly one order, with ASC or DESC: ties go by id"
        raise Invalid(msg)
    ((name, direction),) = order_by.items()
    order = next(found for found in orders(KINDS[kind]) if found.name == name)
    return _Order(kind, order, 1 if direction == "ASC" else -1)


def _size(window: Window, most: int) -> tuple[int, bool]:
    """How many, and whether from the end."""
    if window.first is not None and window.last is not None:
        msg = "give first or last, not both"
        raise Invalid(msg)
    backward = window.last is not None
    size = window.last if window.last is not None else window.first if window.first is not None else DEFAULT_FIRST
    name = "last" if backward else "first"
    if not 0 <= size <= most:
        msg = f"{name} is {size}: give a number from 0 to {most}"
        raise Invalid(msg)
    return size, backward


async def narrowed(
    context: Context, sight: Sight, window: Window, *, only: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The filter of the records in scope that a window's conditions and search leave. Raises Invalid, LimitReached."""
    conditions = [sight.filter(), dict(only or {})]
    if not window.archived:
        conditions.append(not_archived(sight))
    if window.where:
        conditions.append(await Where(context).compile(sight.kind.kind, window.where))
    if window.search is not None:
        conditions.append(search_filter(sight, window.search))
    return all_of(conditions)


async def page(
    context: Context, kind: str, load: Load, window: Window, *, only: Mapping[str, Any] | None = None
) -> Page:
    """One page of the records in scope, of ``only`` these. Raises Invalid and LimitReached naming the argument."""
    sight = context.sight(kind)
    if sight is None:
        return Page(
            Rows(), NOTHING, context, kind, _Order(kind, None, 1), more=False, backward=False, given_start=False
        )
    size, backward = _size(window, context.settings.max_page)
    order = _ordered(sight, window.order_by)
    query = await narrowed(context, sight, window, only=only)
    seeks = [
        order.seek(cursor, place, context, beyond=place == "after")
        for place, cursor in (("after", window.after), ("before", window.before))
        if cursor is not None
    ]
    if load.counted:
        return Page(Rows(), query, context, kind, order, more=False, backward=backward, given_start=False)
    found = await rows(
        context,
        load.ordered_by(order.stored),
        all_of([query, *seeks]),
        sort=order.sort(backward=backward),
        limit=size,
        scoped=False,
        peek=True,
    )
    more = len(found) > size
    kept = Rows(found[:size])
    if backward:
        kept.reverse()
    given = window.before if backward else window.after
    return Page(kept, query, context, kind, order, more=more, backward=backward, given_start=given is not None)
