"""What protocol does with a delegation, beside what all kinds have."""

from typing import Any

from strawberry import ID, Info

from resolvers import protocol
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


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
