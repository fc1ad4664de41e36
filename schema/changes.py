"""What changed since one last asked."""

from typing import Any

import strawberry
from strawberry import Info

from resolvers.changes import Changes, RecordChange, changes
from schema.derive import add, describe
from schema.scalars import DateTime

RecordChange.__annotations__ |= {"id": strawberry.ID, "at": DateTime}
strawberry.type(RecordChange, description="A record that changed, or is gone for you.")
describe(
    RecordChange,
    kind="The name of its type.",
    id="Its global id.",
    at="When it changed.",
    gone="Whether it has left your scope, or was archived: it is in no list any more.",
)
strawberry.type(Changes, description="Changes, the oldest first.")
describe(
    Changes,
    nodes="The changes of this page.",
    end_cursor="Give it as `after`, also later: it leads on from here for as long as your rights stay.",
    has_next_page="Whether there is a next page.",
)


def add_types(graph: Any) -> None:
    """Nothing beside its field."""
    del graph


def add_fields(graph: Any) -> None:
    """``changes``."""

    async def resolve(
        info: Info, after: str | None = None, kinds: list[str] | None = None, first: int = 100
    ) -> Changes:
        return await changes(info.context, after, kinds, first)

    says = (
        "What changed for you, the oldest first, a minute or two after it happened. A page looks at a year at most. "
        "Without `after`, from the beginning on; with `first: 0`, only a cursor from which to go on."
    )
    add(graph.query, "changes", None, description=says, resolver=resolve)
