"""The floor: a bare Starlette handler for each work, with PyMongo and orjson, that does the same reads without GraphQL.

It reads with the same filters and projections, decides the same conditions, and answers the same JSON.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.serve import CPU, Told, serve, told

Doc = dict[str, Any]
LEG = ("carrier", "number", "airport", "at", "zone")
TEXTS = ("title.az", "title.en", "title.ru")
ITEM = (
    *("id", "kind", *TEXTS, "start", "end", "zone", "place.venue", "place.room", "place.address"),
    *("hosts.id", "hosts.answer", "transfer.vehicle", "transfer.flight", "transfer.destination", "dress"),
    *("menu.az", "menu.en", "menu.ru", "flags", "photographer", "status"),
)


def _projection(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 1)


DAYS = ("days.id", "days.date", "days.title.az", "days.title.en", "days.title.ru")
PAGE = _projection(
    *("_id", "code", "status", "level", "direction", *TEXTS, "dates.start", "dates.end"),
    *("members.id", "members.precedence", "members.head", "members.badge_name"),
    *(f"members.{leg}.{name}" for leg in ("arrival", "departure") for name in LEG),
    *("members.interpreter.source", "members.interpreter.target", "members.interpreter.mode"),
)
PLANS = _projection("_id", "delegation", "status", *TEXTS, *DAYS, *(f"days.items.{name}" for name in ITEM))
ONE = _projection(
    *("_id", "code", "status", "direction", "level", "restricted", "title.en", "dates.start"),
    *("order_number", "confirmed_at"),
)
BUDGET = ("budget.line", "budget.amount.amount", "budget.amount.currency")
REFERENCES = _projection("_id", "code", "partners.partner", "partners.role", *BUDGET, "scope")
PARTNER = _projection("_id", "code", "name.az", "name.en", "name.ru", "country", "city", "website")
ISSUES = _projection(
    *("_id", "code", "number", "status", *TEXTS, *DAYS),
    *(f"days.items.{name}" for name in ITEM),
    *("days.items.audience", "days.items.attendees.id", "days.items.attendees.seat", "days.items.attendees.partner"),
)
ISSUE = _projection(
    "_id", "code", "status", "number", "title.az", "title.en", "title.ru", "issued_at", "published_from"
)
ISSUE_REFERENCES = _projection(
    *("_id", "code", "number", "days.id", "days.items.id", "days.items.kind", "days.items.audience"),
    *("days.items.attendees.id", "days.items.attendees.seat", "days.items.attendees.partner"),
)


def _text(value: Doc | None) -> Doc | None:
    return None if value is None else {"az": value["az"], "en": value["en"], "ru": value["ru"]}


def _leg(value: Doc | None) -> Doc | None:
    if value is None:
        return None
    return {
        "carrier": value["carrier"],
        "number": value["number"],
        "airport": value["airport"],
        "at": value["at"],
        "zone": value["zone"],
    }


def _interpreter(value: Doc | None) -> Doc | None:
    if value is None:
        return None
    return {"source": value["source"], "target": value["target"], "mode": value["mode"]}


def _member(member: Doc) -> Doc:
    return {
        "id": member["id"],
        "precedence": member["precedence"],
        "head": member["head"],
        "badgeName": member["badge_name"],
        "arrival": _leg(member.get("arrival")),
        "departure": _leg(member.get("departure")),
        "interpreter": _interpreter(member.get("interpreter")),
    }


def _place(value: Doc | None) -> Doc | None:
    return None if value is None else {"venue": value["venue"], "room": value["room"], "address": value["address"]}


def _transfer(value: Doc | None) -> Doc | None:
    if value is None:
        return None
    return {"vehicle": value["vehicle"], "flight": value["flight"], "destination": value["destination"]}


def _item(item: Doc) -> Doc:
    return {
        "id": item["id"],
        "kind": item["kind"],
        "title": _text(item["title"]),
        "start": item["start"],
        "end": item["end"],
        "zone": item["zone"],
        "place": _place(item.get("place")),
        "hosts": [{"id": host["id"], "answer": host["answer"]} for host in item["hosts"]],
        "transfer": _transfer(item.get("transfer")),
        "dress": item["dress"],
        "menu": _text(item.get("menu")),
        "flags": item["flags"],
        "photographer": item["photographer"],
        "status": item["status"],
    }


def _day(day: Doc) -> Doc:
    return {
        "id": day["id"],
        "date": day["date"],
        "title": _text(day.get("title")),
        "items": [_item(item) for item in day["items"]],
    }


def _plan(plan: Doc) -> Doc:
    return {
        "id": plan["_id"],
        "status": plan["status"],
        "title": _text(plan["title"]),
        "days": [_day(day) for day in plan["days"]],
    }


def _visit(visit: Doc, plans: list[Doc]) -> Doc:
    return {
        "id": visit["_id"],
        "code": visit["code"],
        "status": visit["status"],
        "level": visit["level"],
        "direction": visit["direction"],
        "title": _text(visit["title"]),
        "dates": {"start": visit["dates"]["start"], "end": visit["dates"]["end"]},
        "members": [_member(member) for member in visit["members"]],
        "itineraries": [_plan(plan) for plan in plans],
    }


def issued_to(caller: Doc) -> str:
    """The token of what was issued to a partner."""
    return f"issued:{caller['partner']}"


class Floor:
    """One handler a work. Each takes the variables of the work and who asks."""

    def __init__(self, given: Told) -> None:
        self.told = given
        self.client: AsyncMongoClient[Doc] = AsyncMongoClient(given.uri)
        self.db = self.client[given.database]

    def handlers(self) -> dict[str, Callable[[Doc, Doc], Awaitable[Doc]]]:
        """The handlers by name."""
        return {
            "page": self.page,
            "one": self.one,
            "references": self.references,
            "count": self.count,
            "issues": self.issues,
            "issue": self.issue,
            "issue-references": self.issue_references,
            "issue-count": self.issue_count,
        }

    async def visits(self, caller: Doc, variables: Doc, projection: Doc) -> list[Doc]:
        """A page of visits."""
        return await self.found("delegations", caller, caller["tokens"], projection, variables)

    async def issued(self, caller: Doc, variables: Doc, projection: Doc) -> list[Doc]:
        """A page of issues."""
        return await self.found("itinerary_issues", caller, [issued_to(caller)], projection, variables)

    async def found(self, name: str, caller: Doc, tokens: list[str], projection: Doc, variables: Doc) -> list[Doc]:
        """A page by id, read with one more that tells whether there is a next one."""
        query: Doc = {"scope": {"$in": tokens}}
        if caller["partner"] is None:
            # To partners nothing is archived: they may not know of it.
            query["archived_at"] = None
        if after := variables.get("after"):
            query["_id"] = {"$gt": after}
        first = variables["first"]
        cursor = self.db[name].find(query, projection, sort=[("_id", 1)], limit=first + 1, batch_size=first + 1)
        return (await cursor.to_list())[:first]

    async def partners(self, wanted: set[str], scope: Doc) -> dict[str, Doc]:
        """Partners by id, as far as they are in scope."""
        found = await self.db["partners"].find({"_id": {"$in": list(wanted)}, **scope}, PARTNER).to_list()
        return {
            partner["_id"]: {
                "id": partner["_id"],
                "code": partner["code"],
                "name": _text(partner["name"]),
                "country": partner["country"],
                "city": partner["city"],
                "website": partner["website"],
            }
            for partner in found
        }

    async def page(self, caller: Doc, variables: Doc) -> Doc:
        """Visits with members and plans."""
        visits = await self.visits(caller, variables, PAGE)
        plans: dict[str, list[Doc]] = {visit["_id"]: [] for visit in visits}
        query = {"delegation": {"$in": list(plans)}, "scope": {"$in": caller["tokens"]}, "archived_at": None}
        for plan in await self.db["itineraries"].find(query, PLANS, sort=[("_id", 1)]).to_list():
            plans[plan["delegation"]].append(plan)
        return {"delegations": {"nodes": [_visit(visit, plans[visit["_id"]]) for visit in visits]}}

    async def one(self, caller: Doc, variables: Doc) -> Doc:
        """One visit."""
        query = {"_id": variables["id"], "scope": {"$in": caller["tokens"]}}
        visit = await self.db["delegations"].find_one(query, ONE)
        if visit is None:
            return {"delegation": None}
        return {
            "delegation": {
                "id": visit["_id"],
                "code": visit["code"],
                "status": visit["status"],
                "direction": visit["direction"],
                "level": visit["level"],
                "restricted": visit["restricted"],
                "title": {"en": visit["title"]["en"]},
                "dates": {"start": visit["dates"]["start"]},
                "orderNumber": visit["order_number"],
                "confirmedAt": visit["confirmed_at"],
            }
        }

    async def references(self, caller: Doc, variables: Doc) -> Doc:
        """Visits with their partners, and what they cost where the caller is assigned."""
        visits = await self.visits(caller, variables, REFERENCES)
        wanted = {entry["partner"] for visit in visits for entry in visit["partners"]}
        known = await self.partners(wanted, {"scope": {"$in": caller["tokens"]}})
        assigned = next(token for token in caller["tokens"] if token.startswith("assigned:"))
        return {
            "delegations": {
                "nodes": [
                    {
                        "id": visit["_id"],
                        "code": visit["code"],
                        "partners": [
                            {"role": entry["role"], "partner": known.get(entry["partner"])}
                            for entry in visit["partners"]
                        ],
                        "budget": [
                            {
                                "line": line["line"],
                                "amount": {
                                    "amount": str(line["amount"]["amount"]),
                                    "currency": line["amount"]["currency"],
                                },
                            }
                            for line in visit["budget"]
                        ]
                        if assigned in visit["scope"]
                        else None,
                    }
                    for visit in visits
                ]
            }
        }

    async def count(self, caller: Doc, _: Doc) -> Doc:
        """How many visits there are."""
        query = {"scope": {"$in": caller["tokens"]}, "archived_at": None}
        return {"delegations": {"totalCount": await self.db["delegations"].count_documents(query)}}

    async def issues(self, caller: Doc, variables: Doc) -> Doc:
        """Issues, with what the partner may read of them."""
        issues = await self.issued(caller, variables, ISSUES)
        nodes = []
        for issue in issues:
            days = []
            for day in issue["days"]:
                items = []
                for item in day["items"]:
                    if item["audience"] in ("PUBLIC", "PARTNER"):
                        made = _item(item)
                        made["attendees"] = [
                            {"id": found["id"], "seat": found["seat"]}
                            for found in item["attendees"]
                            if found["partner"] == caller["partner"]
                        ]
                        items.append(made)
                days.append({"id": day["id"], "date": day["date"], "title": _text(day.get("title")), "items": items})
            node = {"id": issue["_id"], "code": issue["code"], "number": issue["number"], "status": issue["status"]}
            nodes.append(node | {"title": _text(issue["title"]), "days": days})
        return {"itineraryIssues": {"nodes": nodes}}

    async def issue(self, caller: Doc, variables: Doc) -> Doc:
        """One issue."""
        query = {"_id": variables["id"], "scope": {"$in": [issued_to(caller)]}}
        issue = await self.db["itinerary_issues"].find_one(query, ISSUE)
        if issue is None:
            return {"itineraryIssue": None}
        return {
            "itineraryIssue": {
                "__typename": "ItineraryIssue",
                "id": issue["_id"],
                "code": issue["code"],
                "status": issue["status"],
                "number": issue["number"],
                "title": _text(issue["title"]),
                "issuedAt": issue["issued_at"],
                "publishedFrom": issue["published_from"],
            }
        }

    async def issue_references(self, caller: Doc, variables: Doc) -> Doc:
        """Issues with the partners of those who attend, as far as the caller may know of them."""
        nodes: list[Doc] = []
        wanted: set[str] = set()
        for issue in await self.issued(caller, variables, ISSUE_REFERENCES):
            days = []
            for day in issue["days"]:
                items = []
                for item in day["items"]:
                    if item["audience"] in ("PUBLIC", "PARTNER"):
                        kept = [found for found in item["attendees"] if found["partner"] == caller["partner"]]
                        wanted.update(found["partner"] for found in kept)
                        items.append({"id": item["id"], "kind": item["kind"], "attendees": kept})
                days.append({"id": day["id"], "items": items})
            nodes.append({"id": issue["_id"], "code": issue["code"], "number": issue["number"], "days": days})
        published = {"scope": {"$in": ["public"]}, "published_from": {"$lte": datetime.now(UTC)}}
        known = (
            await self.partners(wanted, {"$or": [{"scope": {"$in": caller["tokens"]}}, published]}) if wanted else {}
        )
        for node in nodes:
            for day in node["days"]:
                for item in day["items"]:
                    item["attendees"] = [
                        {"id": found["id"], "seat": found["seat"], "partner": known.get(found["partner"])}
                        for found in item["attendees"]
                    ]
        return {"itineraryIssues": {"nodes": nodes}}

    async def issue_count(self, caller: Doc, _: Doc) -> Doc:
        """How many issues there are."""
        query = {"scope": {"$in": [issued_to(caller)]}}
        return {"itineraryIssues": {"totalCount": await self.db["itinerary_issues"].count_documents(query)}}


def app(given: Told) -> Starlette:
    """The floor as an application: POST /<work> with the variables as JSON."""
    floor = Floor(given)

    def handled(handler: Callable[[Doc, Doc], Awaitable[Doc]]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            caller = given.callers[request.headers["authorization"]]
            found = await handler(caller, orjson.loads(await request.body()))
            body = orjson.dumps({"data": found}, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z)
            return Response(body, media_type="application/json")

        return answer

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await floor.client.aconnect()
        yield
        await floor.client.close()

    routes = [Route(f"/{name}", handled(found), methods=["POST"]) for name, found in floor.handlers().items()]
    return Starlette(routes=[*routes, CPU], lifespan=lifespan)


if __name__ == "__main__":
    serve(app(told()))
