"""IMPORT: the two published lists, in part and whole."""

from datetime import date
from pathlib import Path

import pytest

from documents.embedded import start_embedded
from documents.kinds import prepare
from documents.store import Store, connect
from exchange import facts
from exchange.match import Index, Known
from exchange.partners import COLUMNS, layout, partner_row
from exchange.read import open_table
from settings import Settings
from tests.conftest import dump
from tests.exchange.lists import Cells, outcomes, run, write_file

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _published(name: str, most: int, countries: frozenset[str] = frozenset()) -> list[Cells]:
    """Give the first rows of a published list, or of these countries of it; skip where the list is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the data folder ../shared/data with {name} is absent")
    table = open_table(path, COLUMNS)
    country = layout(table).columns["country"]
    rows = (row.cells for row in table.rows())
    found = [row for row in rows if not countries or row[country] in countries][:most]
    return [{name: str(cell) if isinstance(cell, date) else cell for name, cell in row.items()} for row in found]


def _decided(path: Path) -> Index:
    """Run a file through matching alone."""
    table = open_table(path, COLUMNS)
    columns = layout(table)
    rows = [row for each in table.rows() if (row := partner_row(each, columns)[0])]
    index = Index()
    index.survey(rows)
    for number, row in enumerate(rows):
        index.learn(row, index.decide(row), str(number))
    return index


def _unnamed(known: Known) -> str:
    kept = (known.country, sorted(known.names), sorted(known.domains), sorted(known.identifiers), sorted(known.holds))
    return repr((*kept, known.charter_until))


async def test_a_stored_partner_is_known_as_the_row_that_made_it(store: Store, tmp_path: Path) -> None:
    """What matching learns from a row is what it reads back: a resumed import decides as an unbroken one."""
    await prepare(store)
    path = write_file(tmp_path / "list.json", _published("eche-2026-04-08.xlsx", 300))
    await run(store, path)
    stored = [facts.known(found) for found in (await dump(store, "partners"))["partners"]]
    learned = _decided(path)._known.values()
    assert sorted(map(_unnamed, stored)) == sorted(map(_unnamed, learned))


async def test_a_part_of_both_published_lists_imports_once(store: Store, tmp_path: Path) -> None:
    """800 rows of each list, of the same countries: all accounted for, many meet, and again nothing is written."""
    await prepare(store)
    charter = _published("eche-2026-04-08.xlsx", 800)
    countries = frozenset(str(row["Country Cd"]) for row in charter)
    world = _published("world-universities.json", 800, countries)
    paths = [write_file(tmp_path / "charter.json", charter), write_file(tmp_path / "world.json", world)]
    first, second = [await run(store, path) for path in paths]
    assert (first.rows, second.rows) == (len(charter), len(world)) == (800, len(world))
    assert second.merged + second.unchanged > 50
    before = await dump(store)
    for path, report in zip(paths, (first, second), strict=True):
        again = await run(store, path)
        assert again.unchanged == report.created + report.merged + report.unchanged
        assert again.waiting == report.proposed + report.waiting
    assert await dump(store) == before


@pytest.mark.long
async def test_both_published_lists_import_completely(tmp_path: Path) -> None:
    """All 16,393 rows have one outcome, and a second import of both changes nothing."""
    names = ("eche-2026-04-08.xlsx", "world-universities.json")
    for name in names:
        if not (DATA / name).exists():
            pytest.skip(f"the data folder ../shared/data with {name} is absent")
        (tmp_path / name).symlink_to(DATA / name)
    server = await start_embedded(tmp_path / "home", durable=False)
    try:
        store = await connect(Settings(), server.uri)
        await prepare(store)
        charter, world = [await run(store, tmp_path / name) for name in names]
        assert outcomes(charter) == {"created": 6141, "proposed": 1}
        assert outcomes(world) == {"created": 9133, "merged": 820, "unchanged": 220, "proposed": 78}
        assert (charter.proposals, world.proposals) == (98, 78)
        before = await dump(store)
        again = [outcomes(await run(store, tmp_path / name)) for name in names]
        assert again == [{"unchanged": 6141, "waiting": 1}, {"unchanged": 10_173, "waiting": 78}]
        assert await dump(store) == before
        await store.close()
    finally:
        await server.stop()
