"""What kinds add to the graph beside what all have; each addition lives in the kind's own module."""

from schema import (
    hosting,
    identity,
    intake_link,
    intake_submission,
    itinerary,
    itinerary_issue,
    partner,
)

ADDITIONS = (
    hosting,
    identity,
    intake_link,
    intake_submission,
    itinerary,
    itinerary_issue,
    partner,
)
