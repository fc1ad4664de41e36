"""What kinds add to the graph beside what all have; each addition lives in the kind's own module."""

from schema import (
    cultural_programme,
    hosting,
    identity,
    intake_link,
    intake_submission,
    itinerary,
    itinerary_issue,
    on_the_day,
    partner,
    planner,
    protocol,
    travel,
)

ADDITIONS = (
    cultural_programme,
    hosting,
    identity,
    intake_link,
    intake_submission,
    itinerary,
    itinerary_issue,
    on_the_day,
    partner,
    planner,
    protocol,
    travel,
)
