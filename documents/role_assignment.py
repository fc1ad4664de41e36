"""RoleAssignment: for some days, or until further notice, a person is to the department what the role says."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import campus, sortable
from documents.record import Action, Due, Facts, Lifecycle, Record, Storage
from documents.values import Line, Period, PersonId, UnitId


class AssignedRole(StrEnum):
    """What a person can be made by assignment."""

    COORDINATOR = "COORDINATOR"
    OFFICER = "OFFICER"
    HEAD = "HEAD"
    LEADERSHIP = "LEADERSHIP"
    RANKING = "RANKING"
    FINANCE = "FINANCE"
    AUDITOR = "AUDITOR"
    ADMIN = "ADMIN"


class RoleAssignmentStatus(StrEnum):
    """Whether an assignment counts on its days."""

    ACTIVE = "ACTIVE"
    ENDED = "ENDED"


class RoleAssignmentFacts(Facts):
    """What a client may write into an assignment."""

    person: Annotated[PersonId, campus] = Field(description="Who gets the role.")
    role: Annotated[AssignedRole, campus] = Field(description="The role.")
    unit: Annotated[UnitId | None, campus] = Field(
        default=None, description="Of which unit, and all below it; a coordinator needs one, nobody else has one."
    )
    period: Annotated[Period, campus, sortable] = Field(description="From and to, both days included.")
    reason: Annotated[Line | None, campus] = Field(default=None, description="By what decision.")


class RoleAssignment(RoleAssignmentFacts, Record):
    """A role that the head or an administrator gave a person for a period. Nobody gives one to themself."""

    prefix: ClassVar[str] = "rol"
    status: Annotated[RoleAssignmentStatus, campus] = Field(
        default=RoleAssignmentStatus.ACTIVE, description="Whether it counts on its days."
    )
    by: Annotated[PersonId | None, campus] = Field(default=None, description="Who gave it.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(RoleAssignmentStatus),
        actions=(Action("end", ("ACTIVE",), "ENDED", "The person loses the role, from the next request on."),),
    )
    dues: ClassVar[tuple[Due, ...]] = (
        Due("assignment", "period.end", what="reason", whose="person", states=("ACTIVE",)),
    )

    def scope_facts(self) -> set[str]:
        """The person who has the role."""
        return {f"self:{self.person}"}

    class Settings(Storage):
        name = "role_assignments"
        indexes = [IndexModel([("person", ASCENDING)])]
