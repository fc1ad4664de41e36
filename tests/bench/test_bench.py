"""The bench: its contenders answer the same, so that what they take can be compared."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import filled
from bench.contenders import (
    DEEP,
    FLOOR,
    IDIOMATIC,
    OPEN,
    SERVICE,
    YOGA_NAME,
    Place,
    contenders,
    node_missing,
)
from bench.knowing import BY_BEARER, BY_SESSION, BY_TOKEN, known
from bench.measure import Contender, Figure, answer, difference, measure, ratio
from bench.records import CYCLE, SEEN, Records, records
from bench.report import knowing
from bench.works import Work, works

SMALLEST = SEEN * CYCLE
MADE = records(SMALLEST)
WORKS = works(MADE)
PLACES = {kind: MADE.deep(kind) for kind in DEEP}


@pytest.fixture(scope="module")
def place(store_uri: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, Records]:
    """Give a store with the fewest records that can be measured."""
    found = Place(store_uri, "bench_smallest", tmp_path_factory.mktemp("bench"))
    return found, asyncio.run(filled(store_uri, found.database, SMALLEST))


@pytest.fixture(scope="module")
def running(place: tuple[Place, Records]) -> Iterator[dict[str, Contender]]:
    """Give the contenders written in Python."""
    with contenders(*place, (FLOOR, SERVICE, OPEN, IDIOMATIC)) as found:
        yield found


@pytest.fixture(scope="module")
def yoga(place: tuple[Place, Records]) -> Iterator[Contender]:
    """Give graphql-yoga, where there is Node."""
    if missing := node_missing():
        pytest.skip(missing)
    with contenders(*place, (YOGA_NAME,)) as found:
        yield found[YOGA_NAME]


def _name(work: Work) -> str:
    return work.name.replace(" ", "-")


@pytest.mark.parametrize("work", WORKS, ids=_name)
@pytest.mark.parametrize("name", [SERVICE, IDIOMATIC])
def test_contenders_answer_what_the_floor_answers(running: dict[str, Contender], name: str, work: Work) -> None:
    """The same fields with the same values, in every work, deep pages included."""
    expected = answer(running[FLOOR], work, PLACES)
    assert difference(expected, answer(running[name], work, PLACES)) is None
    assert list(expected.values()) != [None]


@pytest.mark.parametrize("work", WORKS, ids=_name)
def test_graphql_yoga_answers_what_the_floor_answers(
    running: dict[str, Contender], yoga: Contender, work: Work
) -> None:
    """The contender outside Python answers the same fields with the same values."""
    assert difference(answer(running[FLOOR], work, PLACES), answer(yoga, work, PLACES)) is None


def test_the_service_answers_byte_for_byte_as_the_floor(running: dict[str, Contender]) -> None:
    """A page that weighs nothing more than the floor's: order of fields and form of values are the same."""
    first, second = (running[name].ask(running[name].request(WORKS[0], PLACES)) for name in (FLOOR, SERVICE))
    assert first == second
    assert len(first) > 150_000


def test_the_open_table_opens_what_the_real_one_withholds(running: dict[str, Contender]) -> None:
    """The pair with the open table measures something: for the partner it answers more, for the guest the same."""
    work = next(work for work in WORKS if work.floor == "issues" and not work.deep)
    assert difference(answer(running[SERVICE], work, PLACES), answer(running[OPEN], work, PLACES)) is not None
    guest = next(work for work in works(MADE, partner="guest") if work.floor == "issues" and not work.deep)
    assert difference(answer(running[SERVICE], guest, PLACES), answer(running[OPEN], guest, PLACES)) is None


def test_a_deep_page_weighs_what_the_first_one_does(running: dict[str, Contender]) -> None:
    """Both hold one visit of each pattern, so that their times can be compared."""
    first, deep = (len(running[SERVICE].ask(running[SERVICE].request(work, PLACES))) for work in WORKS[:2])
    assert abs(first - deep) < first / 100


def test_measures_processor_time_of_every_contender(running: dict[str, Contender]) -> None:
    """Each figure is of the server's own time: more than none, and no more than the clock on the wall."""
    work = next(work for work in WORKS if work.floor == "one")
    figures = measure([(running[FLOOR], work), (running[SERVICE], work)], PLACES, 3)
    assert [len(figure.cpu) for figure in figures.values()] == [3, 3]
    assert all(figure.cpu_ms > 0 for figure in figures.values())
    assert ratio(figures[SERVICE], figures[FLOOR]) > 0


def test_the_ways_to_be_known_answer_the_same_and_are_measured(place: tuple[Place, Records]) -> None:
    """By a demo token, a session and a provider's token, of one service; what is aimed at is said of the latter two."""
    figures = known(*place, rounds=1)
    assert list(figures) == [BY_TOKEN, BY_SESSION, BY_BEARER]
    assert all(figure.cpu_ms > 0 for figure in figures.values())
    assert [wanted for _, _, wanted, _ in knowing(figures)] == ["≤ 1.1", "≤ 1.1"]
    figures[BY_SESSION].cpu = [1.2 * figures[BY_TOKEN].cpu_ms]
    assert not knowing(figures)[0][3]


def test_says_when_rounds_do_not_agree() -> None:
    """A machine that is busy with something else shows in the spread."""
    steady = Figure("floor", "work", "officer", 1, cpu=[1.0, 1.01, 1.02, 1.0, 1.01])
    shaken = Figure("floor", "work", "officer", 1, cpu=[1.0, 2.0, 1.0, 3.0, 1.5])
    assert steady.steady
    assert not shaken.steady


def test_names_the_place_where_answers_differ() -> None:
    """A contender that answers otherwise is found, with the place."""
    assert difference({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == "data.a[1].b: 2 and 3"
    assert difference({"a": 1}, {"a": 1, "b": None}) is not None
    assert difference({"a": [1]}, {"a": [1]}) is None


def test_refuses_a_number_of_visits_that_makes_no_even_cycles() -> None:
    """The records must come in whole cycles, or pages would not weigh the same."""
    with pytest.raises(ValueError, match="multiple of 1000"):
        records(1_050)


def test_yoga_is_locked_without_the_address_of_a_registry() -> None:
    """The committed lock holds names, versions and hashes only."""
    lock = (Path(__file__).parents[2] / "bench" / "yoga" / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
