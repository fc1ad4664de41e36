"""What kinds add to the graph beside what all have; each addition lives in the kind's own module."""

from schema import (
    changes,
    cultural_programme,
    due,
    happenings,
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
    stats,
    travel,
)

ADDITIONS = (
    changes,
    cultural_programme,
    due,
    happenings,
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
    stats,
    travel,
)
