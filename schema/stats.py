"""Figures: ``…Stats`` of every kind over the caller's scope, and the fixed tables over all records."""

from enum import StrEnum
from typing import Any

import strawberry
from strawberry import UNSET, Info

from documents.delegation import Direction
from documents.kinds import KINDS
from documents.record import graphql_name
from resolvers.figures import GuestFigure, VisitFigure, VisitFigures, visit_figures
from resolvers.page import Window
from resolvers.stats import Grouped, groupable, stats
from schema.derive import Mark, add, describe, enum_type, list_of, new_class, scalar_type
from schema.given import plain
from schema.names import snake
from schema.selection import load_at
from schema.wording import enumerated


class Interval(StrEnum):
    """Which days count together."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"


enumerated(Interval, "Which days count together, in the university's zone.")


VisitFigure.__annotations__["direction"] = enum_type(Direction) | None
strawberry.type(VisitFigure, description="How many visits took place.")
describe(
    VisitFigure,
    quarter="The quarter, 1 to 4; null for the year.",
    direction="Which visits; null for both.",
    visits="How many; null where that would speak of few people, or where the quarter is not over.",
)
strawberry.type(GuestFigure, description="How many guests came from a country.")
describe(
    GuestFigure,
    country="ISO 3166-1 alpha-2 code of the partner's country; null for all others together.",
    guests="How many people.",
)
strawberry.type(VisitFigures, description="The visits of a year, restricted ones left out.")
describe(
    VisitFigures,
    year="The year, in the university's zone.",
    visits="Visits that took place, by quarter and direction, with totals of what is over.",
    guests="Guests by country. Those of whom there are few count together.",
)


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def _kept(graph: Any, grouped: Grouped) -> Any:
    """The type of what a group shares."""
    if grouped.path.reference:
        return graph.outputs.records[grouped.path.reference]
    return str if grouped.interval else scalar_type(grouped.path)


def _types(graph: Any, kind: str) -> tuple[type, type]:
    """The types of a kind: by what to group, and the figures."""
    by, key = new_class(f"{kind}By"), new_class(f"{kind}Key")
    for grouped in groupable(kind):
        mark = Mark(kind, "order", grouped.path)
        says = grouped.path.description
        wanted = Interval if grouped.interval else bool
        add(by, grouped.name, wanted | None, description=says, mark=mark, default=UNSET)
        shared = f"{says}\n\nNull where there is none, or where you do not see it."
        add(key, grouped.name, _kept(graph, grouped) | None, description=shared, mark=mark)
    strawberry.input(by, description=f"By what to group {kind} records: each by itself, or by an interval of days.")
    strawberry.type(key, description=f"What the {kind} records of a group share; null for what was not asked.")
    group = new_class(f"{kind}Group")
    add(group, "key", key, description="What they share.")
    add(group, "count", int, description="How many there are.")
    strawberry.type(group, description=f"{kind} records that are alike.")
    found = new_class(f"{kind}Stats")
    add(found, "groups", list_of(group), description="The groups, in the order of what they share.")
    add(found, "total", int, description="How many there are in all.")
    strawberry.type(found, description=f"Figures over the {kind} records that you have in scope.")
    return by, found


def _add_stats(graph: Any, kind: str) -> None:
    by_type, found = _types(graph, kind)
    references = {grouped.name: grouped.path.reference for grouped in groupable(kind) if grouped.path.reference}

    async def resolve(
        info: Info, where: Any = None, search: str | None = None, archived: bool = False, by: Any = None
    ) -> Any:
        chosen = plain(by) or {}
        loads = {
            name: load_at(info, to, ("groups", "key", graphql_name(name)))
            for name, to in references.items()
            if chosen.get(name)
        }
        window = Window(where=plain(where), search=search, archived=archived)
        return await stats(info.context, kind, window, chosen, loads)

    resolve.__annotations__["return"] = found
    resolve.__annotations__["where"] = graph.filters.records[kind] | None
    resolve.__annotations__["by"] = by_type | None
    says = f"How many {kind} records you have in scope, by conditions and search, in groups."
    mark = Mark(kind, "kind")
    add(graph.query, f"{snake(kind)}_stats", None, description=says, mark=mark, resolver=resolve)


def add_fields(graph: Any) -> None:
    """``…Stats`` of every kind, and ``visitFigures``."""
    for kind in KINDS:
        _add_stats(graph, kind)

    async def figures(info: Info, year: int) -> VisitFigures:
        return await visit_figures(info.context, year)

    says = "Visits that took place in a year, over all but restricted ones: a fixed table without small groups."
    add(graph.query, "visit_figures", None, description=says, mark=Mark("Delegation", "kind"), resolver=figures)
