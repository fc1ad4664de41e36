"""Everything with a date that waits for somebody."""

from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from documents.kinds import tree_of
from resolvers.due import DUES, Span, due
from schema.derive import Node, add, list_of, new_class
from schema.given import day_after
from schema.scalars import Date
from schema.selection import load_at


def add_types(graph: Any) -> None:
    """Nothing beside its field."""
    del graph


def add_fields(graph: Any) -> None:
    """``due``."""
    text = graph.outputs.part("Delegation", tree_of("Delegation").path("title"))
    line = new_class("Due")
    for name, kept, says in (
        ("kind", str, "The name of the type of its record."),
        ("name", str, "What waits, such as `clearance`."),
        ("due", Date, "Until when."),
        ("overdue", bool, "Whether that day is over, in the university's zone."),
        ("what", str | None, "What is to be done, where that is one line."),
        ("text", text | None, "What is to be done, where that is a text in several languages."),
        ("whose", graph.outputs.records["Person"] | None, "By whom; null where nobody is named, or not for you."),
        ("record", Node, "Where it stands."),
    ):
        add(line, name, kept, description=says)
    strawberry.type(line, description="Something that waits for somebody until a day.")

    async def resolve(
        info: Info,
        end: Annotated[Date, strawberry.argument(name="to")],
        from_: Annotated[Date | None, strawberry.argument(name="from")] = None,
        unit: ID | None = None,
        first: int = 100,
    ) -> Any:
        known = info.context.mask.kinds
        records = {kind: load_at(info, kind, ("record",)) for kind in DUES if kind in known}
        person = load_at(info, "Person", ("whose",)) if "Person" in known else None
        return await due(info.context, Span(from_, day_after(end), unit), first, records, person)

    resolve.__annotations__["return"] = list_of(line)
    says = "What waits until the end of a day, the earliest first: also what is overdue, unless `from` is given."
    add(graph.query, "due", None, description=says, resolver=resolve)
