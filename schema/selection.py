"""What a field's selection takes to load, and what a mutation gives back."""

from typing import Any

import strawberry
from strawberry import Info

from documents.kinds import kind_of
from resolvers.load import Load, Row, rows
from resolvers.problem import Problem, ProblemCode
from schema.derive import add, describe, new_class
from schema.names import singular, snake
from schema.wording import enumerated

enumerated(ProblemCode, "What kind of problem it is.")
strawberry.type(Problem, description="One thing that is wrong with a mutation's input. Nothing was written.")
describe(
    Problem,
    code="What kind of problem it is.",
    path="Where: the place in the input, such as `members[2].badgeName`; empty for the whole.",
    message="What is wrong, and what to do about it.",
)


def load_at(info: Info, kind: str, *places: tuple[str, ...]) -> Load:
    """What the selections on a kind at these places below a field take to load."""
    load: Load = info.context.executor.plan_at(info._raw_info, kind, *places)  # noqa: SLF001  # there is no public way
    return load


async def by_id(info: Info, kind: str, record_id: str) -> Row | None:
    """The record of a kind and id, loaded for the field's selection; None where there is none for the caller."""
    if not kind or kind_of(record_id) != kind:
        return None
    found = await rows(info.context, load_at(info, kind, ()), {"_id": record_id}, limit=1)
    return found[0] if found else None


def payload_type(kind: str, record: type) -> type:
    """What a mutation of a kind gives: the record as it now is, or problems."""
    cls = new_class(f"{kind}Payload")
    says = f"The {kind} as it now is; null where there are problems, or where it is no longer in your scope."
    add(cls, snake(kind), record | None, description=says)
    add(cls, "problems", list[Problem], description="What is wrong, all at once; nothing is written when there is one.")
    strawberry.type(cls, description=f"What a change of a {kind} came to.")
    return cls


async def payload(info: Info, kind: str, outcome: tuple[str | None, list[Problem]]) -> dict[str, Any]:
    """The payload of a change, loaded for the field's selection."""
    record_id, problems = outcome
    found = None
    if record_id is not None:
        loaded = await rows(info.context, load_at(info, kind, (singular(kind),)), {"_id": record_id}, limit=1)
        found = loaded[0] if loaded else None
    return {snake(kind): found, "problems": problems}
