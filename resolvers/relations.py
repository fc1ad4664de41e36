"""Back-references: the records of another kind that point to a record. Bounded lists, loaded in one query a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Back:
    """The records of ``kind`` whose reference ``by`` points to a record of ``of``, in the order of ``order``."""

    of: str
    name: str
    kind: str
    by: str
    order: str
    says: str


BACKS = (
    Back("Delegation", "itineraries", "Itinerary", "delegation", "_id", "Its itineraries, as they stand today."),
    Back("Delegation", "issues", "ItineraryIssue", "delegation", "number", "What was issued, the first issue first."),
    Back("Itinerary", "issue_list", "ItineraryIssue", "itinerary", "number", "Its issues, the first one first."),
    Back("Delegation", "intake_links", "IntakeLink", "delegation", "_id", "Links by which guests enter their data."),
    Back("Delegation", "submissions", "IntakeSubmission", "delegation", "_id", "What guests entered by a link."),
    Back("Person", "disclosures", "Disclosure", "person", "at", "Who was told identity data, when, and what for."),
    Back("Partner", "contacts", "Contact", "partner", "_id", "Its contacts."),
)


def backs_of(kind: str) -> tuple[Back, ...]:
    """The back-references of a kind."""
    return tuple(back for back in BACKS if back.of == kind)
