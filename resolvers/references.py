"""What a record refers to."""

from collections.abc import Mapping
from typing import Any

from documents.tree import Path
from resolvers.problem import at


def references(paths: tuple[Path, ...], document: Mapping[str, Any], *place: str | int) -> list[tuple[str, str, str]]:
    """Every reference in a stored document: (kind, id, place)."""
    found = []
    for path in paths:
        value = document.get(path.name)
        if path.hidden or value is None:
            continue
        if path.reference:
            for index, item in enumerate(value if path.many else (value,)):
                found.append((path.reference, item, at(*place, path.name, *([index] if path.many else []))))
        elif path.children and isinstance(value, list):
            for index, item in enumerate(value):
                found += references(path.children, item, *place, path.name, index)
        elif path.children and isinstance(value, Mapping):
            found += references(path.children, value, *place, path.name)
    return found
