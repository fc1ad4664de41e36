"""What a client gave: inputs of the graph to plain values by stored names."""

from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

from strawberry import UNSET

from errors import Invalid


def plain(value: Any) -> Any:
    """An input as plain data; what was left out is not there."""
    if is_dataclass(value) and not isinstance(value, type):
        found = ((item.name, getattr(value, item.name)) for item in fields(value))
        return {name.removesuffix("_"): plain(below) for name, below in found if below is not UNSET}
    return [plain(item) for item in value] if isinstance(value, list) else value


def day_after(day: str) -> str:
    """The day after the last one that is meant. Raises Invalid at the end of the calendar."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except OverflowError as error:
        msg = f"to is {day}, the end of the calendar: name an earlier day"
        raise Invalid(msg) from error
