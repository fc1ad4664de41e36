"""Where meetings fit: the search itself, on free time put together by hand and by chance."""

import random
from itertools import product

import pytest

from resolvers.slots import Choice, Free, Placed, Task, Wish, common, without
from resolvers.solver import solve

DAY = 1440
NINE, SIX = 9 * 60, 18 * 60


def office_hours(days: int) -> Free:
    """Nine to six, day after day."""
    return [(day * DAY + NINE, day * DAY + SIX) for day in range(days)]


def test_the_earliest_time_at_which_all_can_is_the_first_answer() -> None:
    """A meeting begins at a whole quarter of an hour in the time that all have, and the next answer lies elsewhere."""
    free = common([without(office_hours(2), [(NINE, 10 * 60 + 5)]), without(office_hours(2), [(11 * 60, SIX)])])
    answers = solve(Task([Wish("talk", 45, free)], most=3))
    assert [placed.start for (placed,) in answers] == [10 * 60 + 15, DAY + NINE, DAY + NINE + 60]


def test_a_meeting_takes_the_room_and_the_interpreter_that_are_free_then() -> None:
    """One of each list is chosen, and only where it is free for as long as the meeting lasts."""
    rooms = [Choice("small", [(NINE, NINE + 30)]), Choice("large", [(NINE + 60, SIX)], against=2)]
    helpers = [Choice("first", [(NINE, NINE + 75)]), Choice("second", [(NINE + 90, SIX)])]
    ((placed,),) = solve(Task([Wish("talk", 60, office_hours(1), [rooms, helpers])]))
    assert placed == Placed("talk", NINE + 90, ["large", "second"])


def test_guests_are_in_one_place_at_a_time_and_have_time_for_the_way() -> None:
    """Two meetings at two sites lie apart by the way between them; what stands in the plan already stays."""
    here, there = [Choice("a", office_hours(1), "here")], [Choice("b", office_hours(1), "there")]
    stands = Wish("stands", 60, [(NINE, NINE + 60)], [[Choice("there", office_hours(1), "there")]], must=True)
    task = Task([stands, Wish("one", 60, office_hours(1), [here]), Wish("two", 60, office_hours(1), [there])])
    (answer,) = solve(Task(task.wishes, travel={"there|here": 40}))
    assert {placed.wish: placed.start for placed in answer} == {
        "stands": NINE,
        "two": NINE + 60,
        "one": NINE + 2 * 60 + 45,
    }


def test_what_fits_nowhere_is_left_out_and_the_rest_is_placed() -> None:
    """As many wishes as fit are placed; those that weigh more come first."""
    wishes = [Wish("long", 600, office_hours(1)), Wish("a", 300, office_hours(1)), Wish("b", 300, office_hours(1))]
    (answer,) = solve(Task([*wishes, Wish("c", 240, office_hours(1), weight=3)]))
    assert sorted(placed.wish for placed in answer) in (["a", "c"], ["b", "c"])
    assert solve(Task([Wish("long", 600, office_hours(1))])) == []


@pytest.mark.parametrize("seed", range(12))
def test_no_answer_is_earlier_than_the_best_of_all(seed: int) -> None:
    """On small tasks by chance, trying every quarter of an hour and every room finds the same earliest start."""
    rng = random.Random(seed)  # noqa: S311  # what is drawn guards nothing

    def busy(days: int) -> Free:
        taken = [(start, start + rng.choice((30, 90, 200))) for start in (rng.randrange(days * DAY) for _ in range(14))]
        return without(office_hours(days), taken)

    minutes, free = rng.choice((30, 45, 100)), common([busy(3), busy(3)])
    rooms = [Choice(f"room {n}", busy(3)) for n in range(3)]
    fits = [
        start
        for start, room in product(range(0, 3 * DAY, 15), rooms)
        if all(any(a <= start and start + minutes <= b for a, b in part) for part in (free, room.free))
    ]
    answers = solve(Task([Wish("talk", minutes, free, [rooms])]))
    assert [placed.start for answer in answers for placed in answer] == sorted(fits)[:1]


def test_free_time_without_what_is_taken() -> None:
    """Periods are half-open: what is taken up to ten leaves what begins at ten."""
    assert without([(0, 100)], [(10, 20), (20, 30), (90, 200), (300, 400)]) == [(0, 10), (30, 90)]
    assert common([[(0, 50), (60, 100)], [(40, 70)]]) == [(40, 50), (60, 70)]
    assert common([]) == []
