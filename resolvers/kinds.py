"""Loads what each kind adds to a change; importing it makes the rules known."""

from resolvers import (
    contact,
    cultural_programme,
    delegation,
    itinerary,
    partner,
    proposal,
)
from resolvers.draft import RULES

MODULES = (
    contact,
    cultural_programme,
    delegation,
    itinerary,
    partner,
    proposal,
)
RULED = frozenset(RULES)
