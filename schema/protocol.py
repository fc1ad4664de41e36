"""What protocol does with a delegation, beside what all kinds have."""

from typing import Any

import strawberry
from strawberry import ID, Info

from resolvers import protocol
from resolvers.menus import MenuCount, menu_counts
from schema.derive import Mark, add, describe
from schema.extras import extra
from schema.selection import payload

MENU_COUNTS = extra("menu_counts", "members")

strawberry.type(MenuCount, description="Members who do not eat the same; it never says who.")
describe(
    MenuCount,
    diet="What they do not eat; null for those who said nothing, and for those whose needs you do not read.",
    count="How many they are.",
)


def add_types(graph: Any) -> None:
    """How many members eat what, for those who plan."""

    async def counts(self: Any, info: Info) -> list[MenuCount]:
        return await menu_counts(info.context, self.doc["members"] or ())

    says = "How many members do not eat what, those of most members first: for the kitchen, without names."
    mark = Mark("Delegation", "extra", action="menu_counts", right="plan")
    add(graph.outputs.records["Delegation"], "menu_counts", None, description=says, mark=mark, resolver=counts)


def add_fields(graph: Any) -> None:
    """Another head, and badges."""

    async def replace_head(info: Info, id: ID, member: ID, if_revision: str) -> Any:
        return await payload(info, "Delegation", await protocol.replace_head(info.context, id, member, if_revision))

    async def write_badges(info: Info, id: ID, if_revision: str) -> Any:
        return await payload(info, "Delegation", await protocol.write_badges(info.context, id, if_revision))

    says = "Let another member lead the delegation: first in protocol order, and in the seat of the one before."
    graph.action("Delegation", "update", replace_head, says, name="replace_head")
    says = "Fill the empty badge names of all members from their titles and names, as far as you see them."
    graph.action("Delegation", "update", write_badges, says, name="write_badges")
