"""What is wrong with a mutation's input, told all at once; nothing is written when there is one."""

from dataclasses import dataclass
from enum import StrEnum

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


class Problems(Exception):  # it carries an answer, not a failure
    """Stops a change before anything is written."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = list(problems)
