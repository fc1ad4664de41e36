"""What service accounts publish beside what all kinds have: a new key, this once."""

from typing import Any

import strawberry
from strawberry import ID, Info

from resolvers.problem import Problem
from resolvers.service_account import make_service_account, rotate
from schema.derive import Mark, add, new_class
from schema.given import plain
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Making an account, and exchanging its key."""
    cls = new_class("CreateServiceAccountPayload")
    record = graph.outputs.records["ServiceAccount"]
    add(cls, "service_account", record | None, description="The account; null where there are problems.")
    add(cls, "key", str | None, description="The new key, shown this once: it is sent as a bearer token.")
    add(cls, "problems", list[Problem], description="What is wrong, all at once; nothing is written when there is one.")
    strawberry.type(cls, description="A service account with a new key.")

    async def create(info: Info, input: Any) -> Any:
        made, key, problems = await make_service_account(info.context, plain(input))
        return {**await payload(info, "ServiceAccount", (made, problems)), "key": key}

    async def rotate_key(info: Info, id: ID) -> Any:
        made, key, problems = await rotate(info.context, id)
        return {**await payload(info, "ServiceAccount", (made, problems)), "key": key}

    create.__annotations__.update({"input": graph.inputs.create("ServiceAccount"), "return": cls})
    says = "Make an account for a partner's portal, or for one of what is published; its key is shown this once."
    mark = Mark("ServiceAccount", "action", action="create")
    add(graph.mutation, "create_service_account", None, description=says, mark=mark, resolver=create)
    rotate_key.__annotations__["return"] = cls
    says = "Make another key for a service account; the former one is taken for some more days."
    mark = Mark("ServiceAccount", "action", action="rotate")
    add(graph.mutation, "rotate_service_account", None, description=says, mark=mark, resolver=rotate_key)
