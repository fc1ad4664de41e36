"""Search: words of a text, found by the beginnings of the folded words that the caller may read."""

import re
from functools import cache
from typing import Any

from auth.access import NOTHING, Sight, all_of
from documents.folding import words
from documents.kinds import tree_of
from documents.stamp import group_name
from documents.tree import Path
from errors import Invalid
from resolvers.where import any_of

MOST_WORDS = 8
LONGEST = 200


@cache
def _searchable(kind: str) -> dict[tuple[Any, ...], tuple[Path, tuple[Path, ...]]]:
    """One searchable path for each way in which terms are kept apart, with the told-apart lists above it."""
    tree = tree_of(kind)
    found = {}
    for path in tree.walk():
        if "searchable" in path.traits:
            apart = tuple(tree.path(name) for name in path.lists if tree.path(name).apart)
            found[path.chain, tuple(p.path for p in apart)] = (path, apart)
    return found


def search(sight: Sight, text: str) -> dict[str, Any]:
    """The filter of the records in which every word begins some word that the caller reads. Raises Invalid."""
    if len(text) > LONGEST:
        msg = f"search has {len(text)} characters; at most {LONGEST} are taken"
        raise Invalid(msg)
    wanted = words(text)
    if not wanted:
        msg = "search holds no letter or digit: give a word, or leave it out"
        raise Invalid(msg)
    if len(wanted) > MOST_WORDS:
        msg = f"search has {len(wanted)} words; at most {MOST_WORDS} are taken"
        raise Invalid(msg)
    return all_of([any_of(_branches(sight, word)) for word in wanted])


def _branches(sight: Sight, word: str) -> list[dict[str, Any]]:
    kind = sight.kind.kind
    branches: dict[str, tuple[dict[str, Any], list[re.Pattern[str]]]] = {}
    for path, apart in _searchable(kind).values():
        readable = sight.label_filter(path.chain)
        if readable is None or not sight.kind.readable(path):
            continue
        for record, key in _keys(sight, path, apart):
            filters = all_of([readable, record])
            branches.setdefault(repr(filters), (filters, []))[1].append(re.compile(f"^{key}:{re.escape(word)}"))
    # Alone in their part: beside others the embedded server's index takes patterns for values, and finds nothing.
    return [all_of([record, {"$and": [{"terms": {"$in": found}}]}]) for record, found in branches.values()] or [NOTHING]


def _keys(sight: Sight, path: Path, apart: tuple[Path, ...]) -> list[tuple[dict[str, Any], str]]:
    """Escaped key patterns of a path, each with the record filter under which they may be looked at."""
    keys: list[tuple[dict[str, Any], str]] = [({}, re.escape(">".join(label.name for label in path.chain)))]
    for part in apart:
        name = re.escape(f"|{group_name(part)}=")
        pairs = sight.element_filters(part.path)
        if pairs is None:
            keys = [(record, f"{key}{name}[^|:]*") for record, key in keys]
            continue
        found = []
        for record, only in pairs:
            values = next(iter(only.values()))["$in"] if only else None
            group = "[^|:]*" if values is None else f"(?:{'|'.join(re.escape(value) for value in values)})"
            found += [(all_of([base, record]), f"{key}{name}{group}") for base, key in keys]
        keys = found
    return keys
