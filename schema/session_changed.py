"""`sessionChanged`: what becomes of one's own access, while it stays open."""

from typing import Any

import strawberry
from strawberry import ID, Info

from auth.watch import SessionEvent
from errors import Invalid
from schema.derive import Mark, add, enum_type, new_class, stream_of
from schema.scalars import DateTime


def add_types(graph: Any) -> None:
    """Nothing beside its field."""
    del graph


def add_fields(graph: Any) -> None:
    """Following one's own access."""
    cls = new_class("SessionChange")
    for name, kept, says in (
        ("event", enum_type(SessionEvent), "What happened."),
        ("at", DateTime, "When it was noticed."),
        ("roles", list[str], "The roles that you hold since."),
        ("until", DateTime | None, "When this session or token ends as things stand; null where that is not told."),
        ("session", ID | None, "The session that began or ended, as in `viewer { access { sessions } }`."),
    ):
        add(cls, name, kept, description=says)
    strawberry.type(cls, description="That something became of your own access.")

    async def session_changed(info: Info) -> Any:
        standing = info.context.standing
        if standing is None:
            msg = "This is followed by a stream alone: see docs/streams.md"
            raise Invalid(msg)
        async for change in standing.follow():
            yield change

    session_changed.__annotations__["return"] = stream_of(cls)
    says = "Your own sign-ins, roles and revocations, beginning with how things stand; it ends with your access."
    mark = Mark("", "extra")
    add(graph.subscription, "session_changed", None, description=says, mark=mark, resolver=session_changed)
