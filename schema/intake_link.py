"""What intake links publish beside what all kinds have: the address of a new one, this once."""

from typing import Any

import strawberry
from strawberry import Info

from resolvers.intake_link import make_link
from resolvers.problem import Problem
from schema.derive import Mark, add, new_class
from schema.given import plain
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Making a link."""
    cls = new_class("CreateIntakeLinkPayload")
    record = graph.outputs.records["IntakeLink"]
    add(cls, "intake_link", record | None, description="The link; null where there are problems.")
    add(cls, "url", str | None, description="Its address, shown this once: send it to the guests.")
    add(cls, "problems", list[Problem], description="What is wrong, all at once; nothing is written when there is one.")
    strawberry.type(cls, description="A new intake link.")

    async def create(info: Info, input: Any) -> Any:
        made, address, problems = await make_link(info.context, plain(input))
        return {**await payload(info, "IntakeLink", (made, problems)), "url": address}

    create.__annotations__.update({"input": graph.inputs.create("IntakeLink"), "return": cls})
    says = "Make a link by which guests of a visit enter their data without an account; its address is shown this once."
    mark = Mark("IntakeLink", "action", action="create")
    add(graph.mutation, "create_intake_link", None, description=says, mark=mark, resolver=create)
