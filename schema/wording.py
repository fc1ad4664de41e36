"""What arguments and enumerated values mean, where their names do not say it; the same for all kinds."""

from enum import StrEnum
from typing import Any, TypeVar

import strawberry

ARGUMENTS = {
    "after": "Only what stands after this cursor.",
    "answer": "ACCEPTED, DECLINED or SUBSTITUTE.",
    "archived": "Take archived records in, too.",
    "at": "When it was; now where this is left out.",
    "as_of": (
        "As it was at this instant, as far as you may read it today; what it refers to is shown as it is today. "
        "Null before it was made."
    ),
    "before": "Only what stands before this cursor.",
    "by": "By what to group; all together where this is left out.",
    "code": "Code of the record, as people say it.",
    "day": "Id of the day.",
    "delegation": "Global id of the visit.",
    "embargo": "From when on everyone may see it; at once where this is left out.",
    "end": "The last day.",
    "field": "A path such as `members.arrival.airport`.",
    "fields": "Which fields are needed; no others are told.",
    "first": "So many from the beginning, 20 unless said; not together with `last`.",
    "from_": "The first day.",
    "following": "Move the day's later items by as much.",
    "id": "Global id of the record.",
    "ids": "Global ids, in any order.",
    "if_revision": "The `revision` that you read; where the record has changed since, nothing is written.",
    "input": "What it takes.",
    "into": "Global id of the partner that stays.",
    "item": "Id of the item.",
    "itinerary": "Global id of the itinerary.",
    "language": "Which language.",
    "kinds": "Names of types, such as `Delegation`; all where this is left out.",
    "last": "So many from the end; not together with `first`.",
    "meeting": "What to find a time for.",
    "meetings": "What to find times for; of the same guests.",
    "member": "Id of the member in its list.",
    "minutes": "By how many minutes.",
    "months": "Calendar months without a visit.",
    "most": "So many at most, the best first.",
    "on": "The first day.",
    "order_by": "Exactly one order; by id where this is left out.",
    "overrides": "Clashes that are accepted, each with a reason.",
    "partners": "Global ids of the partners; all concerned where this is left out.",
    "patch": "What changes; what is left out stays.",
    "person": "Global id of the person that it fills; a new one is made where this is left out.",
    "reason": "Why; it is kept, and read by those whom it concerns.",
    "search": "Words that begin words of the record.",
    "session": "The `id` of the session.",
    "since": "Number of the issue to compare with; the one before where this is left out.",
    "start": "When it begins from now on.",
    "substitute": "Global id of the person who stands in, with the answer SUBSTITUTE.",
    "slug": "Last part of the public address.",
    "to": "The new date.",
    "token": "The part of the address behind the #.",
    "year": "The year, such as 2026.",
    "unit": "Global id of a unit: what it keeps or hosts.",
    "where": "Conditions that must hold.",
}

VALUES = {
    "Audience": {
        "PUBLIC": "Everyone.",
        "CAMPUS": "People of the university.",
        "PARTNER": "The partners concerned.",
        "OFFICE": "The department alone.",
    },
    "ClearanceType": {"VIP_LOUNGE": "Use of a VIP lounge.", "GATE": "Passing a gate.", "PRESS": "Press on the spot."},
    "ContactPurpose": {
        "SIGNATORY": "Signs for the partner.",
        "COORDINATOR": "Coordinates exchange.",
        "INCOMING": "People who come to the partner.",
        "OUTGOING": "People whom the partner sends.",
        "FINANCE": "Money and invoices.",
        "IT": "Technical matters.",
    },
    "Direction": {"INCOMING": "Guests come.", "OUTGOING": "Our people go."},
    "HostAnswer": {"ASKED": "Has not answered yet.", "SUBSTITUTE": "Sends someone else."},
    "IdentifierScheme": {
        "ERASMUS": "Erasmus code, such as A BADEN01.",
        "PIC": "Participant Identification Code of the European Commission.",
        "OID": "Organisation ID of the European Commission.",
        "ROR": "Research Organization Registry.",
        "SCHAC": "Home organization after SCHAC: a domain.",
        "ISNI": "International Standard Name Identifier (ISO 27729).",
    },
    "ItemKind": {"FREE": "Time of one's own.", "TRANSFER": "From one place to another."},
    "OrderDirection": {"ASC": "From the least to the greatest.", "DESC": "From the greatest to the least."},
    "PartnerRole": {"PAYER": "Pays for the visit.", "CO_ORGANISER": "Organises the visit together with us."},
    "ProblemCode": {
        "INVALID": "The input cannot be right.",
        "CONFLICT": "It does not fit what is stored.",
        "FORBIDDEN": "You may not write this.",
        "NOT_FOUND": "There is no such thing for you.",
        "LIMIT": "It is too much at once.",
    },
    "ProposalType": {
        "MERGE": "Two partners may be one institution.",
        "CHANGE": "A partner asks to change something.",
        "SUCCESSOR": "A contact has left and has no successor.",
    },
    "ClashReason": {
        "TAKEN": "Two items take it at the same time.",
        "TOO_SMALL": "It holds fewer than come, all vehicles of the item together.",
        "CLOSED": "It is not open all the while.",
        "ABSENT": "They are away on that day.",
    },
    "SessionEvent": {
        "CURRENT": "Nothing happened: this is how things stand as you begin to follow.",
        "RIGHTS": "What you may has changed; it holds for what you follow, too.",
        "SIGNED_IN": "Somebody signed in by your account in another browser: you, it is hoped.",
        "SIGNED_OUT": "A session of your account ended.",
    },
    "VisitLevel": {
        "STATE": "Head of state or government.",
        "MINISTRY": "A minister or deputy.",
        "RECTOR": "Rector or vice-rector.",
        "DEAN": "Dean of a faculty.",
        "EXPERT": "Experts and staff.",
    },
}

Enumerated = TypeVar("Enumerated", bound=type[StrEnum])


def enumerated(values: Enumerated, description: str) -> Enumerated:
    """An enumerated type of the graph, each of its values described."""
    found: Any = strawberry.enum(values, description=description)
    said = VALUES.get(values.__name__, {})
    for value in found.__strawberry_definition__.values:
        value.description = said.get(value.name) or f"{value.name.replace('_', ' ').capitalize()}."
    return values
