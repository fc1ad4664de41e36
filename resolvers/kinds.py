"""Loads what each kind adds to a change; importing it makes the rules known."""

from resolvers import (
    account,
    contact,
    cover,
    cultural_programme,
    delegation,
    intake_link,
    intake_submission,
    invitation,
    itinerary,
    partner,
    proposal,
    role_assignment,
    service_account,
)
from resolvers.draft import RULES

MODULES = (
    account,
    contact,
    cover,
    cultural_programme,
    delegation,
    intake_link,
    intake_submission,
    invitation,
    itinerary,
    partner,
    proposal,
    role_assignment,
    service_account,
)
RULED = frozenset(RULES)
