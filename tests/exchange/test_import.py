"""IMPORT: each row of a file has one outcome, and a second import changes nothing."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from documents.kinds import prepare
from documents.store import Store
from exchange import facts
from tests.conftest import dump
from tests.exchange.lists import OUTCOMES, ROWS, Cells, left_over, outcomes, run, write_file


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
async def test_each_row_has_one_outcome_in_every_format(office: Store, tmp_path: Path, suffix: str) -> None:
    """Created, merged, unchanged, proposed, waiting and rejected: the report counts every row once."""
    report = await run(office, write_file(tmp_path / f"list{suffix}", ROWS))
    assert outcomes(report) == OUTCOMES
    assert (report.rows, report.proposals, report.cells) == (11, 3, 2)
    stored = await dump(office)
    assert len(stored["partners"]) == 5
    assert len(stored["proposals"]) == 3
    assert len(stored["history"]) == len(stored["outbox"]) == 1 + 4 + 1 + 3


async def test_a_merge_adds_what_lacks_and_is_told_path_by_path(office: Store, tmp_path: Path) -> None:
    """The partner keeps its name, gains the city and the website, and its history says so under their keys."""
    await run(office, write_file(tmp_path / "list.csv", ROWS[:1]))
    (partner,) = (await dump(office, "partners"))["partners"]
    assert partner["name"]["en"] == "Baku State University"
    assert (partner["city"], partner["website"]) == ("Bakı", "https://bsu.edu.az")
    assert partner["aliases"] == []
    assert partner["revision"] == 2
    stored = await dump(office, "history", "outbox")
    entry = next(found for found in stored["history"] if found["action"] == "update")
    assert [(found["path"], found["before"]) for found in entry["changes"]] == [("city", None), ("website", None)]
    assert partner["counts"] == {"campus": 1, "open": 1}
    event = next(found for found in stored["outbox"] if found["action"] == "update")
    assert (event["keys"], event["scope_after"]) == (["open"], partner["scope"])


async def test_doubtful_rows_wait_in_proposals_with_all_that_they_tell(office: Store, tmp_path: Path) -> None:
    """PARTNER-1: a person is told the row, the reason and the candidates; what was not written is kept whole."""
    await run(office, write_file(tmp_path / "list.csv", ROWS))
    stored = await dump(office, "partners", "proposals")
    bsu = next(found["_id"] for found in stored["partners"] if found["name"]["en"] == "Baku State University")
    waiting, apart, short = sorted(stored["proposals"], key=lambda found: int(found["source"].split()[-1]))
    assert waiting["reason"] == (
        "Baku State University (AZ) in row 5 of list.csv: it shares name and country, but not the domain: bdu.example."
    )
    assert (waiting["type"], waiting["status"], waiting["candidates"], waiting["partner"]) == (
        "MERGE", "OPEN", [bsu], None
    )  # fmt: skip
    assert waiting["source"] == "list.csv, row 5"
    assert waiting["patch"]["domains"] == ["bdu.example"]
    institute = next(found for found in stored["partners"] if found["name"]["en"] == "Institute of Mathematics")
    assert (apart["partner"], apart["candidates"], apart["patch"]) == (institute["_id"], [bsu], {})
    assert (short["candidates"], short["patch"]["name"]["en"]) == ([], "BSU")


async def test_a_second_import_writes_nothing_at_all(office: Store, tmp_path: Path) -> None:
    """Every document of the store stays what it was, the import's own bookkeeping included."""
    path = write_file(tmp_path / "list.csv", ROWS)
    first = await run(office, path)
    before = await dump(office)
    second = await run(office, path)
    assert await dump(office) == before
    assert outcomes(second) == {"unchanged": 6, "waiting": 3, "rejected": 2}
    assert second.rejects == first.rejects


async def test_the_same_rows_in_another_file_are_known_by_their_contents(office: Store, tmp_path: Path) -> None:
    """A list that was saved anew, in another format and order, writes no partner and asks nobody again."""
    await run(office, write_file(tmp_path / "list.csv", ROWS))
    before = await dump(office, "partners", "proposals", "history", "outbox")
    again = await run(office, write_file(tmp_path / "list.xlsx", ROWS[::-1]))
    assert outcomes(again) == {"unchanged": 6, "waiting": 3, "rejected": 2}
    assert await dump(office, "partners", "proposals", "history", "outbox") == before


async def test_a_dry_run_tells_the_same_and_writes_nothing(office: Store, tmp_path: Path) -> None:
    """The report and the rejects are those of the import; no document and no collection is made."""
    path = write_file(tmp_path / "list.csv", ROWS)
    before = await dump(office)
    dry = await run(office, path, dry_run=True)
    assert await dump(office) == before
    assert dry.dry_run
    assert dry.rejects is not None
    told = dry.rejects.read_bytes()
    real = await run(office, path)
    assert replace(real, dry_run=True, seconds=0) == replace(dry, seconds=0)
    assert dry.rejects.read_bytes() == told


async def test_what_a_person_changed_is_not_brought_back(office: Store, tmp_path: Path) -> None:
    """A repeated import neither fills in again what was taken off, nor splits what was merged since."""
    path = write_file(tmp_path / "list.csv", ROWS)
    await run(office, path)
    partners = office.collection("partners")
    found = await partners.find({}, {"name": 1}).to_list()
    ids = {each["name"]["en"]: each["_id"] for each in found}
    await partners.update_one({"_id": ids["Baku State University"]}, {"$set": {"city": None}})
    merged = {"status": "MERGED", "merged_into": ids["Baku State University"], "identifier_keys": []}
    await partners.update_one({"_id": ids["Institute of Mathematics"]}, {"$set": merged})
    before = await dump(office)
    assert outcomes(await run(office, path)) == {"unchanged": 6, "waiting": 3, "rejected": 2}
    assert await dump(office) == before


async def test_refused_rows_and_cells_are_told_with_row_column_reason_and_remedy(office: Store, tmp_path: Path) -> None:
    """The file of rejects stands beside the list; no spreadsheet program runs what stands in it."""
    report = await run(office, write_file(tmp_path / "list.csv", ROWS))
    assert report.rejects == tmp_path / "list.csv.rejects.csv"
    with report.rejects.open(encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["row", "column", "value", "reason", "remedy", "row left out"]
    assert [(row, column, value, whole) for row, column, value, _, _, whole in lines] == [
        ("7", "Country", "", "yes"),
        ("8", "Website", "'=HYPERLINK(1)", "no"),
        ("8", "Abbreviation", "Plus", "no"),
        ("10", "PIC", "12", "yes"),
    ]
    assert all(reason and remedy for _, _, _, reason, remedy, _ in lines)


async def test_rejects_go_to_the_home_where_the_folder_cannot_take_them(office: Store, tmp_path: Path) -> None:
    """Where nothing can be written beside the list, the file of rejects is in KORPU_HOME/imports."""
    path = write_file(tmp_path / "list.csv", ROWS)
    (tmp_path / "list.csv.rejects.csv").mkdir()
    report = await run(office, path)
    assert report.rejects is not None
    assert report.rejects.parent == tmp_path / "home" / "imports"
    assert "HYPERLINK" in report.rejects.read_text("utf-8-sig")
    assert left_over(tmp_path) == []


async def test_a_corrected_list_leaves_no_old_rejects(office: Store, tmp_path: Path) -> None:
    """Rejects of the list as it was are removed when there are none any more."""
    path = tmp_path / "list.csv"
    first = await run(office, write_file(path, ROWS))
    assert first.rejects is not None
    second = await run(office, write_file(path, ROWS[:5]))
    assert second.rejects is None
    assert not first.rejects.exists()


async def test_abbreviations_are_kept_and_never_matched_by(store: Store, tmp_path: Path) -> None:
    """PARTNER-1: they stand among the other names of the partner, and in none of the keys that duplicates share."""
    await prepare(store)
    rows: list[Cells] = [{"Name": "Baku State University", "Country": "AZ", "Acronym": "BSU; Bakistate"}]
    report = await run(store, write_file(tmp_path / "list.csv", rows))
    (partner,) = (await dump(store, "partners"))["partners"]
    assert partner["aliases"] == ["BSU"]
    assert partner["match_keys"] == ["name:baku state university|AZ"]
    assert report.cells == 1


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("Universität Wien", "en"),
        ("Bakı Dövlət Universiteti", "az"),
        ("Бакинский университет", "ru"),
        ("جامعة القاهرة", None),
        ("42", "en"),
    ],
)
def test_a_name_is_kept_under_the_language_of_its_script(name: str, language: str | None) -> None:
    """Registers do not say the language: Latin script counts as English, but for ə, and Cyrillic as Russian."""
    assert facts.language(name) == language


async def test_a_name_in_another_script_is_the_local_name_too(store: Store, tmp_path: Path) -> None:
    """A text needs one of our languages, so the name stands in both places until someone translates it."""
    await prepare(store)
    rows: list[Cells] = [
        {"Name": "جامعة القاهرة", "Country": "EG", "Name az": None},
        {"Name": "Бакинский университет", "Country": "AZ", "Name az": "Bakı universiteti"},
    ]
    await run(store, write_file(tmp_path / "list.csv", rows))
    cairo, baku = sorted((await dump(store, "partners"))["partners"], key=lambda found: str(found["country"]))[::-1]
    assert (cairo["name"]["en"], cairo["local_name"]) == ("جامعة القاهرة", "جامعة القاهرة")
    assert baku["name"] == {"az": "Bakı universiteti", "en": None, "ru": "Бакинский университет"}
