"""Figures over records outside the caller's scope: fixed tables, a release of the table, without small groups."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from documents.delegation import DelegationStatus, Direction
from documents.kinds import collection_of
from documents.store import translated
from errors import Invalid
from resolvers.context import Context
from resolvers.suppression import Count, hidden, together, with_totals

TOOK_PLACE = tuple(
    DelegationStatus[name] for name in ("IN_PROGRESS", "COMPLETED", "CLOSED", "TRAVELLING", "RETURNED", "REPORTED")
)
DIRECTIONS = tuple(Direction)
FIRST_YEAR = 1990
_WANTED = ("direction", "dates.start", "actual_dates.start", "members.person", "members.partner")


@dataclass(frozen=True, slots=True)
class VisitFigure:
    """How many visits took place in a quarter; null for the year, for both directions, and for what is not told."""

    quarter: int | None
    direction: str | None
    visits: int | None


@dataclass(frozen=True, slots=True)
class GuestFigure:
    """How many guests came from a country; null for all others together."""

    country: str | None
    guests: int


@dataclass(frozen=True, slots=True)
class VisitFigures:
    """The visits of a year. Quarters count once they are over."""

    year: int
    visits: list[VisitFigure]
    guests: list[GuestFigure]


def over(year: int, now: datetime, zone: str) -> int:
    """How many quarters of a year are over, in a zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return sum(today >= (date(year + 1, 1, 1) if n == 4 else date(year, 3 * n + 1, 1)) for n in (1, 2, 3, 4))


def tables(
    visits: list[Mapping[str, Any]], countries: Mapping[str, str], year: int, quarters: int
) -> tuple[list[VisitFigure], list[GuestFigure]]:
    """The tables of a year from its visits, counted by first day; quarters that are not over say nothing."""
    counts = {(n, direction): [0, 0] for n in range(quarters) for direction in DIRECTIONS}
    guests: dict[str, set[str]] = {}
    for visit in visits:
        first = (visit["actual_dates"] or visit["dates"])["start"]
        place = (int(first[5:7]) - 1) // 3, Direction(visit["direction"])
        if int(first[:4]) != year or place not in counts:
            continue
        counts[place][0] += 1
        counts[place][1] += len(visit["members"])
        for member in visit["members"] if place[1] is Direction.INCOMING else ():
            if country := countries.get(member["partner"]):
                guests.setdefault(country, set()).add(member["person"])
    shown: dict[tuple[int, int], int] = {}
    if quarters:
        cells = with_totals([[Count(*counts[n, way]) for way in DIRECTIONS] for n in range(quarters)])
        kept_back = hidden(cells)
        # The last row is that of the year, wherever it stands so far.
        shown = {
            (4 if i == quarters else i, j): count.value for (i, j), count in cells.items() if (i, j) not in kept_back
        }
    figures = [
        VisitFigure(n + 1 if n < 4 else None, way, shown.get((n, j)))
        for n in range(5)
        for j, way in enumerate((*DIRECTIONS, None))
    ]
    people = together({country: len(found) for country, found in guests.items()})
    return figures, [GuestFigure(country, count) for country, count in people.items()]


async def visit_figures(context: Context, year: int) -> VisitFigures:
    """The figures of a year over all visits but restricted ones. Raises Invalid."""
    if not FIRST_YEAR <= year <= context.now.year:
        msg = f"year is {year}: give one from {FIRST_YEAR} to {context.now.year}"
        raise Invalid(msg)
    # A visit begins in the year that was planned, or in one beside it.
    planned = {"$gte": f"{year - 1:04}-01-01", "$lt": f"{year + 2:04}-01-01"}
    query = {"dates.start": planned, "restricted": False, "status": {"$in": [str(status) for status in TOOK_PLACE]}}
    with translated():
        cursor = context.store.collection(collection_of("Delegation")).find(query, dict.fromkeys(_WANTED, 1))
        visits: list[Mapping[str, Any]] = [{"actual_dates": None, **visit} for visit in await cursor.to_list()]
        ids = sorted({member["partner"] for visit in visits for member in visit["members"] if member.get("partner")})
        cursor = context.store.collection(collection_of("Partner")).find({"_id": {"$in": ids}}, {"country": 1})
        countries = {partner["_id"]: partner["country"] for partner in await cursor.to_list()}
    found, guests = tables(visits, countries, year, over(year, context.now, context.settings.zone))
    return VisitFigures(year, found, guests)
