"""What happens in some days: one list over all kinds, for an intranet's front page."""

from typing import Annotated, Any

import strawberry
from strawberry import ID, Info

from documents.kinds import tree_of
from resolvers.happenings import HAPPENING, Asked, happenings
from resolvers.page import DEFAULT_FIRST
from schema.derive import Node, add, list_of, new_class
from schema.given import day_after
from schema.scalars import Date
from schema.selection import load_at


def add_types(graph: Any) -> None:
    """Nothing beside its field."""
    del graph


def add_fields(graph: Any) -> None:
    """``happenings``."""
    text = graph.outputs.part("Delegation", tree_of("Delegation").path("title"))
    line = new_class("Happening")
    for name, kept, says in (
        ("kind", str, "What it is: the name of the type of its record."),
        ("id", ID, "Global id of its record."),
        ("slug", str | None, "Last part of its public address."),
        ("title", text | None, "What it is called."),
        ("start", Date, "Its first day."),
        ("end", Date | None, "Its last day; null while that is open."),
        ("place", str | None, "Where it is."),
        ("summary", text | None, "What the public may read of it."),
        ("record", Node | None, "The record itself, as far as you may see."),
    ):
        add(line, name, kept, description=says)
    strawberry.type(line, description="Something that happens on some days.")
    page = new_class("Happenings")
    add(page, "nodes", list_of(line), description="What happens, by first day.")
    add(page, "end_cursor", str | None, description="Give it as `after` for the next page.")
    add(page, "has_next_page", bool, description="Whether there is a next page.")
    strawberry.type(page, description="A page of what happens.")

    async def resolve(
        info: Info,
        from_: Annotated[Date, strawberry.argument(name="from")],
        end: Annotated[Date, strawberry.argument(name="to")],
        first: int = DEFAULT_FIRST,
        after: str | None = None,
    ) -> Any:
        known = info.context.mask.kinds
        records = {kind: load_at(info, kind, ("nodes", "record")) for kind in HAPPENING if kind in known}
        return await happenings(info.context, Asked(from_, day_after(end), first, after), records)

    resolve.__annotations__["return"] = page
    says = (
        "What happens from one day to another, both included, in the university's zone, by first day, as far as you "
        "may see. "
        "What lasts for months shows around its beginning."
    )
    add(graph.query, "happenings", None, description=says, resolver=resolve)
