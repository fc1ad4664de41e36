"""What partners publish beside what all kinds have."""

from typing import Any

from strawberry import ID, Info

from resolvers import partner
from resolvers.page import Window, page
from schema.derive import Mark, add
from schema.selection import load_at, payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Merging, taking a merge back, and partners with whom nothing happens."""

    async def merge(info: Info, id: ID, into: ID) -> Any:
        return await payload(info, "Partner", await partner.merge(info.context, id, into))

    async def unmerge(info: Info, id: ID) -> Any:
        return await payload(info, "Partner", await partner.unmerge(info.context, id))

    async def dormant(info: Info, months: int = 24, first: int | None = None, after: str | None = None) -> Any:
        awake = await partner.awake(info.context, months)
        window = Window(where={"status": {"in": ["ACTIVE", "DORMANT"]}}, first=first, after=after)
        load = load_at(info, "Partner", ("nodes",), ("edges", "node"))
        return await page(info.context, "Partner", load, window, only={"_id": {"$nin": awake}})

    says = "Re-point every reference from this partner to another one, in one change; `unmergePartner` takes it back."
    graph.action("Partner", "merge", merge, says)
    graph.action("Partner", "unmerge", unmerge, "Take a merge back: what it moved points to the partner again.")
    dormant.__annotations__["return"] = graph.connections["Partner"]
    says = "Partners we work with that no visit in your scope concerned within so many months (PARTNER-3)."
    mark = Mark("Partner", "action", action="rest")
    add(graph.query, "dormant_partners", None, description=says, mark=mark, resolver=dormant)
