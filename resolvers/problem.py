"""What is wrong with a mutation's input, told all at once; nothing is written when there is one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from documents.record import graphql_name


class ProblemCode(StrEnum):
    """What kind of problem it is."""

    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    LIMIT = "LIMIT"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it."""

    code: ProblemCode
    path: str
    message: str


def at(*parts: str | int) -> str:
    """A place in an input as clients write it: ``members[2].badgeName``."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{graphql_name(part)}" if text else graphql_name(part)
    return text


def placed(loc: Iterable[str | int], before: Any, after: Any) -> str:
    """A place in a changed record as who changes it knows it: known elements by id, those that are added by their turn.

    Their position would count elements that the writer does not see. ``before`` is empty for a new record.
    """
    known = _element_ids(before) if before else None
    text = ""
    for part in loc:
        if isinstance(part, int) and isinstance(after, list) and part < len(after):
            items, after = after, after[part]
            element = after.get("id") if isinstance(after, Mapping) else None
            if known is None or element is None:
                text += f"[{part}]"
            elif element in known:
                text += f"[{element}]"
            else:
                text += f".add[{sum(item['id'] not in known for item in items[:part])}]"
        else:
            text += f"[{part}]" if isinstance(part, int) else f".{graphql_name(part)}"
            after = after.get(part) if isinstance(after, Mapping) else None
    return text.removeprefix(".")


def _element_ids(value: Any) -> set[str]:
    if isinstance(value, list):
        own = {item["id"] for item in value if isinstance(item, Mapping) and "id" in item}
        return own.union(*map(_element_ids, value))
    return set().union(*map(_element_ids, value.values())) if isinstance(value, Mapping) else set()


class Problems(Exception):  # it carries an answer, not a failure
    """Stops a change before anything is written."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)
