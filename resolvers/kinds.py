"""Loads what each kind adds to a change; importing it makes the rules known."""

from resolvers import (
    contact,
    cover,
    cultural_programme,
    delegation,
    intake_link,
    intake_submission,
    itinerary,
    partner,
    proposal,
)
from resolvers.draft import RULES

MODULES = (
    contact,
    cover,
    cultural_programme,
    delegation,
    intake_link,
    intake_submission,
    itinerary,
    partner,
    proposal,
)
RULED = frozenset(RULES)
