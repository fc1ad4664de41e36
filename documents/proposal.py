"""Proposal: something a person of the office is asked to decide."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import office, system
from documents.record import Action, Element, Facts, Lifecycle, Record, Storage
from documents.values import ContactId, Line, PartnerId, PersonId, Prose


class ProposalType(StrEnum):
    """What is to be decided."""

    MERGE = "MERGE"
    CHANGE = "CHANGE"
    SUCCESSOR = "SUCCESSOR"


class ProposalStatus(StrEnum):
    """Whether it was decided."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class ProposedValue(Element):
    """One field of a proposed change."""

    field: Annotated[Line, office] = Field(description="Which field, as the graph names it.")
    value: Annotated[str, office] = Field(description="What it should become, as JSON.")


class ProposalFacts(Facts):
    """What is proposed, and of what."""

    type: Annotated[ProposalType, office] = Field(description="What is to be decided.")
    reason: Annotated[Prose, office] = Field(description="Why it is proposed.")
    partner: Annotated[PartnerId | None, office] = Field(default=None, description="The partner it is about.")
    candidates: Annotated[list[PartnerId], office] = Field(
        default=[], description="Partners that may be the same institution (PARTNER-1)."
    )
    contact: Annotated[ContactId | None, office] = Field(default=None, description="The contact it is about.")
    person: Annotated[PersonId | None, office] = Field(default=None, description="The person it is about.")
    values: Annotated[list[ProposedValue], office] = Field(default=[], description="What a change would write.")
    answer: Annotated[Prose | None, office] = Field(default=None, description="Why it was accepted or rejected.")


class Proposal(ProposalFacts, Record):
    """Something a person of the office is asked to decide: a merge, a partner's change, a missing successor."""

    prefix: ClassVar[str] = "prp"
    status: Annotated[ProposalStatus, office] = Field(
        default=ProposalStatus.OPEN, description="Whether it was decided."
    )
    source: Annotated[Line | None, office] = Field(default=None, description="Where it comes from.")
    # The proposed patch, in storage form, applied on acceptance under the rights of who accepts.
    target_kind: Annotated[str | None, system] = None
    target_id: Annotated[str | None, system] = None
    patch: Annotated[dict[str, Any], system] = {}
    fingerprint: Annotated[str | None, system] = None
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=("OPEN", "ACCEPTED", "REJECTED"),
        actions=(
            Action("accept", ("OPEN",), "ACCEPTED", "Do what is proposed.", takes=("answer",)),
            Action("reject", ("OPEN",), "REJECTED", "Leave things as they are.", takes=("answer",)),
        ),
    )

    class Settings(Storage):
        name = "proposals"
        indexes = [
            IndexModel(
                [("fingerprint", ASCENDING)],
                unique=True,
                partialFilterExpression={"fingerprint": {"$type": "string"}},
            ),
        ]
