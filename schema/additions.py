"""What kinds add to the graph beside what all have; each addition lives in the kind's own module."""

from schema import changes, due, happenings, itinerary, itinerary_issue, partner, stats

ADDITIONS = (itinerary, itinerary_issue, partner, happenings, stats, changes, due)
