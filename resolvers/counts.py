"""A record's revision and its counts of changes under each key: how they begin, and how a change moves them on."""

from collections.abc import Mapping, Sequence
from typing import Any

from documents.kinds import tree_of
from documents.stamp import leaf_key

Stored = dict[str, Any]


def begin(kind: str, document: Stored) -> list[str]:
    """Make a stamped document the first revision of a new record. Gives the keys that it begins with."""
    keys = [leaf_key(tree_of(kind).path("status"), "")]
    document["revision"], document["counts"] = 1, dict.fromkeys(keys, 1)
    return keys


def advance(before: Mapping[str, Any], document: Stored, keys: Sequence[str]) -> None:
    """Make a stamped document the revision after ``before``, in which these keys were touched."""
    counts = dict(before["counts"])
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    document["counts"], document["revision"] = counts, before["revision"] + 1


def moved(before: Mapping[str, Any], document: Mapping[str, Any]) -> Stored:
    """Give the top-level paths in which a document differs from what is stored: those to be set."""
    return {name: value for name, value in document.items() if name not in before or before[name] != value}
