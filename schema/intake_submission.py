"""What intake submissions publish beside what all kinds have: an officer's decision."""

from typing import Any

from strawberry import ID, Info

from resolvers import intake_submission
from schema.selection import payload


def add_types(graph: Any) -> None:
    """Nothing beside its fields."""
    del graph


def add_fields(graph: Any) -> None:
    """Checking and rejecting."""

    async def check(info: Info, id: ID, person: ID | None = None) -> Any:
        outcome = await intake_submission.accept(info.context, id, person)
        return await payload(info, "IntakeSubmission", outcome)

    async def reject(info: Info, id: ID, reason: str) -> Any:
        return await payload(info, "IntakeSubmission", await intake_submission.reject(info.context, id, reason))

    says = "Make a person of it, or fill the one named, and a member of the visit. SUBMITTED → CHECKED."
    graph.action("IntakeSubmission", "check", check, says)
    says = "Do not take it; what is sensitive in it is deleted. SUBMITTED → REJECTED."
    graph.action("IntakeSubmission", "reject", reject, says)
