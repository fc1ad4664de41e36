"""What is special about covers: an officer hands over their own duties, the head anyone's."""

from auth.caller import Role
from documents.cover import Cover
from resolvers.draft import RULES, Draft, Rules
from resolvers.problem import ProblemCode


async def check(draft: Draft) -> None:
    """Nobody stands in for themself, and nobody but the head hands over what is not theirs."""
    cover: Cover = draft.model()
    if cover.by == cover.officer:
        draft.problem(ProblemCode.INVALID, "by", "Nobody stands in for themself: name a colleague")
    caller = draft.context.caller
    if Role.HEAD not in caller.roles and cover.officer not in caller.persons:
        message = "You hand over your own duties alone: name yourself as the officer, or ask the head"
        draft.problem(ProblemCode.FORBIDDEN, "officer", message)


RULES["Cover"] = Rules(check=check)
