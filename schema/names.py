"""How a kind is called in the graph."""

import re


def singular(kind: str) -> str:
    """One record of a kind: ``itineraryIssue``."""
    return kind[:1].lower() + kind[1:]


def plural(kind: str) -> str:
    """The records of a kind: ``itineraryIssues``."""
    name = singular(kind)
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def snake(kind: str) -> str:
    """A kind as part of a Python name: ``itinerary_issue``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower()
