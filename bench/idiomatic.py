"""The same graph as the pages of Strawberry and Beanie teach it: types by hand, `find().to_list()`, resolvers.

It does less than the service: no masks, no limits, no filters, no cursors but the ones measured. Its documents hold
only the paths that are asked for.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry
from beanie import Document, init_beanie
from bson import Decimal128
from pydantic import BaseModel, BeforeValidator, Field
from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from strawberry import Info
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from bench.serve import CPU, Told, serve, told

Amount = Annotated[Decimal, BeforeValidator(lambda v: v.to_decimal() if isinstance(v, Decimal128) else v)]
READABLE = ("PUBLIC", "PARTNER")


class TextModel(BaseModel):
    az: str | None = None
    en: str | None = None
    ru: str | None = None


class PeriodModel(BaseModel):
    start: date
    end: date | None = None


class LegModel(BaseModel):
    carrier: str | None = None
    number: str | None = None
    airport: str | None = None
    at: datetime | None = None
    zone: str | None = None


class InterpretingModel(BaseModel):
    source: str
    target: str
    mode: str


class MemberModel(BaseModel):
    id: str
    precedence: int | None = None
    head: bool = False
    badge_name: str | None = None
    arrival: LegModel | None = None
    departure: LegModel | None = None
    interpreter: InterpretingModel | None = None


class PlaceModel(BaseModel):
    venue: str | None = None
    room: str | None = None
    address: str | None = None


class HostModel(BaseModel):
    id: str
    answer: str


class TransferModel(BaseModel):
    vehicle: str | None = None
    flight: str | None = None
    destination: str | None = None


class AttendeeModel(BaseModel):
    id: str
    seat: str | None = None
    partner: str | None = None


class ItemModel(BaseModel):
    id: str
    kind: str
    title: TextModel
    start: datetime
    end: datetime
    zone: str
    place: PlaceModel | None = None
    hosts: list[HostModel] = []
    attendees: list[AttendeeModel] = []
    transfer: TransferModel | None = None
    dress: str | None = None
    menu: TextModel | None = None
    flags: list[str] = []
    photographer: bool = False
    audience: str
    status: str


class DayModel(BaseModel):
    id: str
    date: date
    title: TextModel | None = None
    items: list[ItemModel] = []


class MoneyModel(BaseModel):
    amount: Amount
    currency: str


class BudgetModel(BaseModel):
    line: str
    amount: MoneyModel


class VisitPartnerModel(BaseModel):
    partner: str
    role: str


class DelegationDocument(Document):
    id: str  # type: ignore[assignment]  # ids are the service's own
    code: str
    status: str
    level: str
    direction: str
    restricted: bool
    title: TextModel
    dates: PeriodModel
    order_number: str | None = None
    confirmed_at: datetime | None = None
    members: list[MemberModel] = []
    partners: list[VisitPartnerModel] = []
    budget: list[BudgetModel] = []
    scope: list[str] = []
    archived_at: datetime | None = None

    class Settings:
        name = "delegations"


class ItineraryDocument(Document):
    id: str  # type: ignore[assignment]  # as above
    delegation: str | None = None
    status: str
    title: TextModel
    days: list[DayModel] = []
    scope: list[str] = []

    class Settings:
        name = "itineraries"


class IssueDocument(Document):
    id: str  # type: ignore[assignment]  # as above
    code: str
    status: str
    number: int
    title: TextModel
    days: list[DayModel] = []
    issued_at: datetime | None = None
    published_from: datetime | None = None
    scope: list[str] = []
    archived_at: datetime | None = None

    class Settings:
        name = "itinerary_issues"


class PartnerDocument(Document):
    id: str  # type: ignore[assignment]  # as above
    code: str
    name: TextModel
    country: str
    city: str | None = None
    website: str | None = None
    published_from: datetime | None = None
    scope: list[str] = []

    class Settings:
        name = "partners"


class Caller(BaseModel):
    """Who asks, with their loaders."""

    tokens: list[str]
    partner: str | None = None
    role: str
    plans: Any = Field(default=None)
    partners: Any = Field(default=None)

    def assigned(self, scope: list[str]) -> bool:
        """Whether the caller is assigned to a record of this scope."""
        return any(token.startswith("assigned:") and token in scope for token in self.tokens)


def _caller(info: Info) -> Caller:
    found: Caller = info.context
    return found


@strawberry.type
class Text:
    az: str | None
    en: str | None
    ru: str | None


@strawberry.type
class Period:
    start: date
    end: date | None


@strawberry.type
class TravelLeg:
    carrier: str | None
    number: str | None
    airport: str | None
    at: datetime | None
    zone: str | None


@strawberry.type
class Interpreting:
    source: str
    target: str
    mode: str


@strawberry.type
class Member:
    id: strawberry.ID
    precedence: int | None
    head: bool
    badge_name: str | None
    arrival: TravelLeg | None
    departure: TravelLeg | None
    interpreter: Interpreting | None


@strawberry.type
class Place:
    venue: str | None
    room: str | None
    address: str | None


@strawberry.type
class Host:
    id: strawberry.ID
    answer: str


@strawberry.type
class Transfer:
    vehicle: str | None
    flight: str | None
    destination: str | None


@strawberry.type
class Attendee:
    id: strawberry.ID
    seat: str | None

    @strawberry.field
    async def partner(self, info: Info) -> "Partner | None":
        """The partner, where it is in scope."""
        found: Any = self
        return await _caller(info).partners.load(found.partner)  # type: ignore[no-any-return]  # a document


@strawberry.type
class Item:
    id: strawberry.ID
    kind: str
    title: Text
    start: datetime
    end: datetime
    zone: str
    place: Place | None
    hosts: list[Host]
    transfer: Transfer | None
    dress: str | None
    menu: Text | None
    flags: list[str]
    photographer: bool
    status: str

    @strawberry.field
    def attendees(self, info: Info) -> list[Attendee]:
        """Those whom the caller may know of."""
        found: Any = self
        partner = _caller(info).partner
        return [attendee for attendee in found.attendees if partner in (None, attendee.partner)]


@strawberry.type
class Day:
    id: strawberry.ID
    date: date
    title: Text | None

    @strawberry.field
    def items(self, info: Info) -> list[Item]:
        """Those that the caller may know of."""
        found: Any = self
        if _caller(info).partner is None:
            return list(found.items)
        return [item for item in found.items if item.audience in READABLE]


@strawberry.type
class Itinerary:
    id: strawberry.ID
    status: str
    title: Text
    days: list[Day]


@strawberry.type
class Partner:
    id: strawberry.ID
    code: str
    name: Text
    country: str
    city: str | None
    website: str | None


@strawberry.type
class DelegationPartner:
    role: str

    @strawberry.field
    async def partner(self, info: Info) -> Partner | None:
        """The partner, where it is in scope."""
        found: Any = self
        return await _caller(info).partners.load(found.partner)  # type: ignore[no-any-return]  # a document


@strawberry.type
class Money:
    amount: Decimal
    currency: str


@strawberry.type
class BudgetLine:
    line: str
    amount: Money


@strawberry.type
class Delegation:
    id: strawberry.ID
    code: str
    status: str
    level: str
    direction: str
    restricted: bool
    order_number: str | None
    confirmed_at: datetime | None
    title: Text
    dates: Period
    partners: list[DelegationPartner]
    members: list[Member]

    @strawberry.field
    def budget(self, info: Info) -> list[BudgetLine] | None:
        """The budget, where the caller is assigned."""
        found: Any = self
        return found.budget if _caller(info).assigned(found.scope) else None

    @strawberry.field
    async def itineraries(self, info: Info) -> list[Itinerary]:
        """The plans."""
        return await _caller(info).plans.load(self.id)  # type: ignore[no-any-return]  # documents


@strawberry.type
class ItineraryIssue:
    id: strawberry.ID
    code: str
    status: str
    number: int
    title: Text
    days: list[Day]
    issued_at: datetime | None
    published_from: datetime | None


# Conditions in one dictionary: those that Beanie joins by itself stand in an `$and`, which the embedded server scans.
def _visits(info: Info) -> dict[str, Any]:
    return {"scope": {"$in": _caller(info).tokens}, "archived_at": None}


def _issues(info: Info) -> dict[str, Any]:
    return {"scope": {"$in": [f"issued:{_caller(info).partner}"]}}


def _page(model: Any, scope: dict[str, Any], window: tuple[int, str | None]) -> Any:
    first, after = window
    return model.find(scope | ({"_id": {"$gt": after}} if after else {})).sort("+_id").limit(first)


@strawberry.type
class DelegationConnection:
    window: strawberry.Private[tuple[int, str | None]]

    @strawberry.field
    async def nodes(self, info: Info) -> list[Delegation]:
        """The page."""
        return await _page(DelegationDocument, _visits(info), self.window).to_list()  # type: ignore[no-any-return]  # documents

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        """How many there are."""
        return await DelegationDocument.find(_visits(info)).count()


@strawberry.type
class IssueConnection:
    window: strawberry.Private[tuple[int, str | None]]

    @strawberry.field
    async def nodes(self, info: Info) -> list[ItineraryIssue]:
        """The page."""
        return await _page(IssueDocument, _issues(info), self.window).to_list()  # type: ignore[no-any-return]  # documents

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        """How many there are."""
        return await IssueDocument.find(_issues(info)).count()


@strawberry.type
class Query:
    @strawberry.field
    def delegations(self, first: int = 20, after: str | None = None) -> DelegationConnection:
        """Visits."""
        return DelegationConnection(window=(first, after))

    @strawberry.field
    async def delegation(self, info: Info, id: strawberry.ID) -> Delegation | None:
        """One visit."""
        return await DelegationDocument.find_one({"_id": str(id), **_visits(info)})

    @strawberry.field
    def itinerary_issues(self, first: int = 20, after: str | None = None) -> IssueConnection:
        """Issues."""
        return IssueConnection(window=(first, after))

    @strawberry.field
    async def itinerary_issue(self, info: Info, id: strawberry.ID) -> ItineraryIssue | None:
        """One issue."""
        return await IssueDocument.find_one({"_id": str(id), **_issues(info)})


def _with_loaders(caller: Caller) -> Caller:
    inside = {"scope": {"$in": caller.tokens}}
    published = {"scope": "public", "published_from": {"$lte": datetime.now(UTC)}}
    opened = inside if caller.partner is None else {"$or": [inside, published]}

    async def plans(keys: list[str]) -> list[list[ItineraryDocument]]:
        found: dict[str, list[ItineraryDocument]] = {key: [] for key in keys}
        query = {"delegation": {"$in": keys}, **opened, "archived_at": None}
        for plan in await ItineraryDocument.find(query).sort("+_id").to_list():
            found[plan.delegation or ""].append(plan)
        return list(found.values())

    async def partners(keys: list[str]) -> list[PartnerDocument | None]:
        query = {"_id": {"$in": keys}, **opened}
        found = {partner.id: partner for partner in await PartnerDocument.find(query).to_list()}
        return [found.get(key) for key in keys]

    caller.plans = DataLoader(load_fn=plans)
    caller.partners = DataLoader(load_fn=partners)
    return caller


class View(GraphQL[Caller, None]):
    """Strawberry's own view, with the caller as context."""

    callers: dict[str, dict[str, Any]]

    async def get_context(self, request: Any, response: Any = None) -> Caller:
        """Who asks."""
        del response
        assert isinstance(request, Request)  # noqa: S101 - there are no sockets here
        return _with_loaders(Caller(**self.callers[request.headers["authorization"]]))


def app(given: Told) -> Starlette:
    """The contender as an application."""
    view = View(strawberry.Schema(Query), graphql_ide=None)
    view.callers = given.callers

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(given.uri, tz_aware=True)
        models = [DelegationDocument, ItineraryDocument, IssueDocument, PartnerDocument]
        await init_beanie(database=client[given.database], document_models=models, skip_indexes=True)
        yield
        await client.close()

    return Starlette(routes=[CPU, Route("/graphql", view)], lifespan=lifespan)


if __name__ == "__main__":
    serve(app(told()))
