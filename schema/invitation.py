"""What invitations publish beside what all kinds have: the address of a new one, this once, and taking one."""

from typing import Any

import strawberry
from strawberry import Info

from resolvers.invitation import accept, invite
from resolvers.problem import Problem
from schema.derive import Mark, add, new_class
from schema.given import plain
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Inviting, and taking an invitation."""
    cls = new_class("CreateInvitationPayload")
    record = graph.outputs.records["Invitation"]
    add(cls, "invitation", record | None, description="The invitation; null where there are problems.")
    add(cls, "url", str | None, description="Its address, shown this once: send it to the contact's work address.")
    add(cls, "problems", list[Problem], description="What is wrong, all at once; nothing is written when there is one.")
    strawberry.type(cls, description="A new invitation.")
    taken = new_class("AcceptInvitationPayload")
    add(taken, "accepted", bool, description="Whether your account is that contact's from now on.")
    add(taken, "problems", list[Problem], description="What is wrong; nothing is written when there is something.")
    strawberry.type(taken, description="What taking an invitation came to.")

    async def create(info: Info, input: Any) -> Any:
        made, address, problems = await invite(info.context, plain(input))
        return {**await payload(info, "Invitation", (made, problems)), "url": address}

    async def accept_invitation(info: Info, token: str) -> Any:
        problems = await accept(info.context, token)
        return {"accepted": not problems, "problems": problems}

    create.__annotations__.update({"input": graph.inputs.create("Invitation"), "return": cls})
    says = "Invite a partner's contact to say which account is theirs, by a link that is shown this once."
    mark = Mark("Invitation", "action", action="create")
    add(graph.mutation, "create_invitation", None, description=says, mark=mark, resolver=create)
    accept_invitation.__annotations__["return"] = taken
    says = "Take an invitation by the secret part of its address: the account that you are signed in by is then yours."
    # For everyone: whoever takes one may hold no role yet.
    add(graph.mutation, "accept_invitation", None, description=says, mark=Mark("", "extra"), resolver=accept_invitation)
