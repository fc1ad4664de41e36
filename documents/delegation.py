"""Delegation: a visit, incoming or outgoing (D3, D5, D9)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field
from pymongo import ASCENDING, IndexModel

from documents.labels import Apart, campus, finance, office, open_, searchable, shared, sortable
from documents.record import Action, Due, Element, Facts, Happens, Lifecycle, Part, Record, Storage
from documents.values import (
    Airport,
    Instant,
    LanguageTag,
    Line,
    Money,
    PartnerId,
    Period,
    PersonId,
    Text,
    UnitId,
    ZoneName,
)


class Direction(StrEnum):
    """Whether guests come or our people go."""

    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"


class VisitLevel(StrEnum):
    """The level at which a visit is received."""

    STATE = "STATE"
    MINISTRY = "MINISTRY"
    RECTOR = "RECTOR"
    DEAN = "DEAN"
    EXPERT = "EXPERT"


class DelegationStatus(StrEnum):
    """Where a visit stands."""

    REQUESTED = "REQUESTED"
    ASSESSED = "ASSESSED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    PLANNING = "PLANNING"
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    TRAVELLING = "TRAVELLING"
    RETURNED = "RETURNED"
    REPORTED = "REPORTED"


class PartnerRole(StrEnum):
    """What a partner is to a visit."""

    GUEST = "GUEST"
    CO_ORGANISER = "CO_ORGANISER"
    ESCORT = "ESCORT"
    SECURITY = "SECURITY"
    PAYER = "PAYER"


class InterpretingMode(StrEnum):
    """How an interpreter works."""

    CONSECUTIVE = "CONSECUTIVE"
    SIMULTANEOUS = "SIMULTANEOUS"
    WHISPERED = "WHISPERED"


class GiftDirection(StrEnum):
    """Whether a gift was given or received."""

    GIVEN = "GIVEN"
    RECEIVED = "RECEIVED"


class ClearanceType(StrEnum):
    """What a clearance is for."""

    VIP_LOUNGE = "VIP_LOUNGE"
    GATE = "GATE"
    PRESS = "PRESS"


class DelegationPartner(Element):
    """A partner and its role in the visit."""

    partner: Annotated[PartnerId, campus] = Field(description="The partner.")
    role: Annotated[PartnerRole, campus] = Field(default=PartnerRole.GUEST, description="Its role.")


class TravelLeg(Part):
    """An arrival or a departure."""

    carrier: Annotated[Line | None, shared] = Field(default=None, description="Airline, railway or own car.")
    number: Annotated[Line | None, shared] = Field(default=None, description="Flight or train number.")
    airport: Annotated[Airport | None, shared] = Field(default=None, description="IATA code.")
    at: Annotated[Instant | None, shared] = Field(default=None, description="Scheduled time.")
    zone: Annotated[ZoneName | None, shared] = Field(default=None, description="IANA zone of that place.")
    delay_minutes: Annotated[int | None, shared, Field(ge=-600, le=6000)] = Field(
        default=None, description="Known delay in minutes."
    )


class Interpreting(Part):
    """From which language into which a member interprets."""

    source: Annotated[LanguageTag, shared] = Field(description="From this language.")
    target: Annotated[LanguageTag, shared] = Field(description="Into this language.")
    mode: Annotated[InterpretingMode, shared] = Field(default=InterpretingMode.CONSECUTIVE, description="How.")


class Member(Element):
    """A member of the delegation."""

    person: Annotated[PersonId, shared] = Field(description="Who.")
    partner: Annotated[PartnerId | None, shared] = Field(default=None, description="Whom the member comes from.")
    precedence: Annotated[int | None, shared, Field(ge=1, le=999)] = Field(
        default=None, description="Place in protocol order; 1 comes first."
    )
    head: Annotated[bool, shared] = Field(default=False, description="Leads the delegation.")
    spouse_of: Annotated[PersonId | None, shared] = Field(default=None, description="Accompanies this person.")
    interpreter: Annotated[Interpreting | None, shared] = Field(default=None, description="Interprets, if so.")
    arrival: Annotated[TravelLeg | None, shared] = Field(default=None, description="Arrival.")
    departure: Annotated[TravelLeg | None, shared] = Field(default=None, description="Departure.")
    badge_name: Annotated[Line | None, shared] = Field(default=None, description="Name on the badge.")


class Counterpart(Element):
    """One of ours whom the delegation meets, in protocol order."""

    person: Annotated[PersonId, campus] = Field(description="Who.")
    precedence: Annotated[int | None, campus, Field(ge=1, le=999)] = Field(
        default=None, description="Place in protocol order; 1 comes first."
    )


class Gift(Element):
    """A gift given or received."""

    item: Annotated[Line, shared] = Field(description="What.")
    direction: Annotated[GiftDirection, shared] = Field(description="Given or received.")
    giver: Annotated[PersonId | None, shared] = Field(default=None, description="Who gave it.")
    receiver: Annotated[PersonId | None, shared] = Field(default=None, description="Who received it.")
    value: Annotated[Money | None, finance] = Field(default=None, description="What it is worth.")


class BudgetLine(Element):
    """One line of the budget."""

    line: Annotated[Line, finance] = Field(description="What for.")
    amount: Annotated[Money, finance] = Field(description="How much.")
    payer: Annotated[PartnerId | None, finance] = Field(default=None, description="Who pays, if not the university.")


class Clearance(Element):
    """A permission some authority gives."""

    type: Annotated[ClearanceType, office] = Field(description="What for.")
    authority: Annotated[Line | None, office] = Field(default=None, description="Who gives it.")
    due_on: Annotated[date | None, office] = Field(default=None, description="Last day to ask.")
    granted_on: Annotated[date | None, office] = Field(default=None, description="The day it was given.")
    reference: Annotated[Line | None, office] = Field(default=None, description="Its number.")


class Outcome(Element):
    """What came of the visit."""

    text: Annotated[Text, shared] = Field(description="What was agreed or begun.")


class FollowUp(Element):
    """Something to be done after the visit."""

    what: Annotated[Text, shared] = Field(description="What.")
    who: Annotated[PersonId | None, shared] = Field(default=None, description="By whom.")
    due_on: Annotated[date | None, shared] = Field(default=None, description="Until when.")
    done_on: Annotated[date | None, shared] = Field(default=None, description="When it was done.")


class DelegationFacts(Facts):
    """What a client may write into a delegation."""

    direction: Annotated[Direction, campus] = Field(default=Direction.INCOMING, description="Incoming or outgoing.")
    level: Annotated[VisitLevel, campus] = Field(default=VisitLevel.EXPERT, description="Level of the visit.")
    restricted: Annotated[bool, office] = Field(
        default=False, description="Only the officers assigned, the head and hosts know of the visit."
    )
    title: Annotated[Text, open_, searchable, sortable] = Field(description="What the visit is called.")
    slug: Annotated[Line | None, open_] = Field(default=None, description="Last part of its public address.")
    summary: Annotated[Text | None, open_] = Field(default=None, description="What the public may read once published.")
    purpose: Annotated[Text | None, shared, searchable] = Field(default=None, description="What it is for.")
    partners: Annotated[list[DelegationPartner], campus] = Field(default=[], description="Partners and their roles.")
    host_units: Annotated[list[UnitId], campus] = Field(default=[], description="Units that host, the lead unit first.")
    officers: Annotated[list[PersonId], office] = Field(default=[], description="Officers assigned.")
    hosts: Annotated[list[PersonId], campus] = Field(default=[], description="People who host the visit.")
    dates: Annotated[Period, open_, sortable] = Field(description="Planned days.")
    actual_dates: Annotated[Period | None, campus] = Field(default=None, description="Actual days.")
    members: Annotated[list[Member], shared, Apart("partner")] = Field(
        default=[], description="Members of the delegation."
    )
    counterparts: Annotated[list[Counterpart], campus] = Field(default=[], description="Our people, in protocol order.")
    briefing: Annotated[Text | None, office, searchable] = Field(default=None, description="Briefing for our people.")
    gifts: Annotated[list[Gift], shared] = Field(default=[], description="Gifts.")
    budget: Annotated[list[BudgetLine], finance] = Field(default=[], description="Budget.")
    per_diem: Annotated[Money | None, finance] = Field(default=None, description="Daily allowance of a trip.")
    order_number: Annotated[Line | None, office] = Field(default=None, description="Number of the order of a trip.")
    press_plan: Annotated[Text | None, office] = Field(default=None, description="Press plan.")
    clearances: Annotated[list[Clearance], office] = Field(default=[], description="Clearances.")
    outcomes: Annotated[list[Outcome], shared] = Field(default=[], description="What came of it.")
    actions: Annotated[list[FollowUp], shared] = Field(default=[], description="What is to be done afterwards.")


_OPEN_STATES = ("REQUESTED", "ASSESSED", "ACCEPTED", "PLANNING", "CONFIRMED", "PROPOSED", "APPROVED")


class Delegation(DelegationFacts, Record):
    """A visit: guests who come, or our people who go."""

    prefix: ClassVar[str] = "dlg"
    status: Annotated[DelegationStatus, campus] = Field(
        default=DelegationStatus.REQUESTED, description="Where the visit stands."
    )
    reason: Annotated[Line | None, office] = Field(default=None, description="Why it was declined or cancelled.")
    confirmed_at: Annotated[Instant | None, campus] = Field(default=None, description="When it was confirmed.")
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        states=tuple(DelegationStatus),
        actions=(
            Action("assess", ("REQUESTED",), "ASSESSED", "The request was looked at."),
            Action("accept", ("ASSESSED",), "ACCEPTED", "The visit is welcome."),
            Action("decline", ("REQUESTED", "ASSESSED"), "DECLINED", "The visit is not possible.", takes=("reason",)),
            Action("plan", ("ACCEPTED",), "PLANNING", "Planning begins."),
            Action("confirm", ("PLANNING",), "CONFIRMED", "The visit is certain."),
            Action("begin", ("CONFIRMED",), "IN_PROGRESS", "The guests are here.", takes=("actual_dates",)),
            Action("complete", ("IN_PROGRESS",), "COMPLETED", "The guests have left.", takes=("actual_dates",)),
            Action("close", ("COMPLETED",), "CLOSED", "Nothing is left to do."),
            Action("cancel", _OPEN_STATES, "CANCELLED", "The visit will not take place.", takes=("reason",)),
            Action("approve", ("PROPOSED",), "APPROVED", "The trip is ordered.", takes=("order_number", "per_diem")),
            Action("depart", ("APPROVED",), "TRAVELLING", "Our people have left.", takes=("actual_dates",)),
            Action("return", ("TRAVELLING",), "RETURNED", "Our people are back.", takes=("actual_dates",)),
            Action("report", ("RETURNED",), "REPORTED", "The report of the trip is in.", takes=("outcomes",)),
        ),
        members=frozenset(
            {"CONFIRMED", "IN_PROGRESS", "COMPLETED", "CLOSED", "APPROVED", "TRAVELLING", "RETURNED", "REPORTED"}
        ),
    )

    happens: ClassVar[Happens | None] = Happens(title="title", when="dates", summary="summary")
    dues: ClassVar[tuple[Due, ...]] = (
        Due("clearance", "due_on", among="clearances", until="granted_on", what="authority"),
        Due("action", "due_on", among="actions", until="done_on", what="what", whose="who"),
    )

    def scope_facts(self) -> set[str]:
        """Officers assigned, hosts, host units; leadership sees confirmed visits at rector or state level."""
        tokens = {f"assigned:{officer}" for officer in self.officers}
        tokens |= {f"host:{person}" for person in (*self.hosts, *(c.person for c in self.counterparts))}
        if self.restricted:
            return tokens | {"restricted"}
        return tokens | {f"unit:{unit}" for unit in self.host_units}

    def first_status(self) -> DelegationStatus:
        """A trip begins as proposed, an incoming visit as requested."""
        return DelegationStatus.PROPOSED if self.direction is Direction.OUTGOING else DelegationStatus.REQUESTED

    class Settings(Storage):
        name = "delegations"
        indexes = [
            IndexModel([("members.person", ASCENDING)]),
            IndexModel([("clearances.due_on", ASCENDING)]),
            IndexModel([("actions.due_on", ASCENDING)]),
            IndexModel([("partners.partner", ASCENDING), ("dates.start", ASCENDING)]),
        ]
