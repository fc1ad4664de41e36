"""What is special about assigned roles: who may give which, and never to themself."""

from auth.caller import Role
from auth.policy import ASSIGNS
from documents.role_assignment import AssignedRole, RoleAssignment
from resolvers.draft import RULES, Draft, Rules
from resolvers.problem import ProblemCode


async def check(draft: Draft) -> None:
    """Nobody gives or changes a role of their own; a role is given by those who may; a coordinator has a unit."""
    assignment: RoleAssignment = draft.model()
    caller = draft.context.caller
    if draft.new:
        assignment.by = caller.person
    persons = {assignment.person, draft.before.get("person", assignment.person)}
    if caller.person in persons:
        message = "Nobody gives or takes a role of their own: ask somebody else who may"
        draft.problem(ProblemCode.FORBIDDEN, "person", message)
    allowed = frozenset[Role]().union(*(ASSIGNS.get(role, ()) for role in caller.roles))
    wanted = {assignment.role, AssignedRole(draft.before.get("role", assignment.role))}
    if not {Role(role.value.lower()) for role in wanted} <= allowed:
        draft.problem(ProblemCode.FORBIDDEN, "role", "You may not give or take this role: ask an administrator")
    coordinates = assignment.role is AssignedRole.COORDINATOR
    touched = {name for name in ("role", "unit") if draft.before.get(name) != getattr(assignment, name)}
    if touched == {"role"} and not coordinates:
        # What a coordinator was for goes with the role; it may be out of the writer's sight.
        assignment.unit = None
    if touched and coordinates != (assignment.unit is not None):
        message = "A coordinator has a unit, and nobody else has one: give it or leave it out"
        draft.problem(ProblemCode.INVALID, "unit", message)


RULES["RoleAssignment"] = Rules(check=check)
