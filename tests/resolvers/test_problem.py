"""Places of problems, as clients know them."""

from typing import Any

import pytest

from resolvers.problem import placed

HIDDEN, KNOWN = {"id": "aaaa", "text": "hidden"}, {"id": "bbbb", "text": "known", "parts": [{"id": "cccc", "to": 1}]}
NEW = {"id": "dddd", "text": "new"}


@pytest.mark.parametrize(
    ("loc", "after", "place"),
    [
        (("notes", 1, "by"), {"notes": [HIDDEN, KNOWN]}, "notes[bbbb].by"),
        (("notes", 1, "parts", 0, "to_whom"), {"notes": [HIDDEN, KNOWN]}, "notes[bbbb].parts[cccc].toWhom"),
        (("notes", 2, "by"), {"notes": [HIDDEN, KNOWN, NEW]}, "notes.add[0].by"),
        (("notes", 2, "by"), {"notes": [NEW, HIDDEN, NEW | {"id": "eeee"}]}, "notes.add[1].by"),
        (("tags", 3), {"tags": ["a", "b", "c", "d"]}, "tags[3]"),
        (("period", "end"), {"period": None}, "period.end"),
    ],
)
def test_elements_are_placed_by_id_or_by_their_turn(loc: tuple[str | int, ...], after: Any, place: str) -> None:
    """What else stands in a list, seen or not, does not move the place of a problem."""
    before = {"notes": [HIDDEN, KNOWN]}
    assert placed(loc, before, after) == place


def test_new_records_are_placed_as_they_are_written() -> None:
    """In a record that is being made, positions are those of the input."""
    assert placed(("notes", 1, "by"), {}, {"notes": [KNOWN, NEW]}) == "notes[1].by"
