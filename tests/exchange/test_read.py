"""Reading tables: what people bring is read whole, or refused naming file, row, column and remedy."""

import csv
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import read
from exchange.read import Row, Table, Unreadable, open_table

EXPECTED = ("Name", "Country", "Website")
DATA = Path(__file__).parents[2].parent / "shared" / "data"


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    """Write a workbook whose first sheet holds the rows."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a text file as it stands."""
    path.write_bytes(text.encode(encoding))
    return path


def cells(table: Table) -> list[tuple[object, ...]]:
    """Give the rows as number and cells."""
    return [(row.number, *row.cells.values()) for row in table.rows()]


@pytest.mark.parametrize(
    "above",
    [[], [[None, None]], [["Institutions of 2026"], [], ["as of", "April"]], [["Country report"]]],
)
def test_the_header_is_found_below_titles_and_empty_rows(tmp_path: Path, above: list[list[object]]) -> None:
    """Row numbers stay those that a spreadsheet shows."""
    path = workbook(tmp_path / "a.xlsx", *above, ["NAME ", "Country"], ["Bakı", "AZ"], [None, " "], ["Gəncə", "AZ"])
    table = open_table(path, EXPECTED)
    first = len(above) + 2
    assert (table.header_row, table.columns) == (first - 1, ("NAME", "Country"))
    assert cells(table) == [(first, "Bakı", "AZ"), (first + 2, "Gəncə", "AZ")]


def test_a_table_can_be_read_again(tmp_path: Path) -> None:
    """An import looks through a file before it decides; both times it sees the same."""
    for table in (
        open_table(workbook(tmp_path / "a.xlsx", ["name"], ["x"]), EXPECTED),
        open_table(write(tmp_path / "a.csv", "name\nx\n"), EXPECTED),
        open_table(write(tmp_path / "a.json", '[{"name": "x"}]'), EXPECTED),
    ):
        assert list(table.rows()) == list(table.rows()) != []


def test_a_workbook_keeps_the_types_of_its_cells(tmp_path: Path) -> None:
    """Days and numbers come as such, text without its outer spaces and without the escapes of carriage returns."""
    day = datetime(2029, 12, 31)  # noqa: DTZ001 - a workbook knows no zones
    path = workbook(tmp_path / "a.xlsx", ["name", "pic", "until"], ["a_x000D_\nb ", 948821603, day])
    assert cells(open_table(path, EXPECTED)) == [(2, "a\r\nb", 948821603, day)]


def test_the_visible_sheet_with_the_header_is_read(tmp_path: Path) -> None:
    """A cover sheet does not hide the list behind it, and a hidden sheet is not read."""
    path = workbook(tmp_path / "a.xlsx", ["About this list"])
    book = openpyxl.load_workbook(path)
    hidden = book.create_sheet("Old")
    hidden.append(["name", "country", "website"])
    hidden.sheet_state = "hidden"
    book.create_sheet("New").append(["name", "country"])
    book["New"].append(["x", "AZ"])
    book.save(path)
    assert cells(open_table(path, EXPECTED)) == [(2, "x", "AZ")]


def test_a_workbook_with_a_wrong_size_note_is_read_whole(tmp_path: Path) -> None:
    """Some programs write that a sheet ends at A1."""
    path = workbook(tmp_path / "a.xlsx", ["name", "country"], ["x", "AZ"], ["y", "TR"])
    shrunk = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(shrunk, "w") as new:
        for part in old.namelist():
            new.writestr(part, old.read(part).replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1:A1"'))
    assert cells(open_table(shrunk, EXPECTED)) == [(2, "x", "AZ"), (3, "y", "TR")]


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_files_of_any_spreadsheet_program_are_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Delimiter and byte order mark are found out; quoted cells may hold the other delimiters and line breaks."""
    text = f'Name{delimiter}Country\r\n"Bakı, a;b|c\td\ne"{delimiter}AZ\r\n\r\nGəncə{delimiter}AZ\r\n'
    table = open_table(write(tmp_path / "a.csv", text, encoding), EXPECTED)
    assert cells(table) == [(2, "Bakı, a;b|c\td\ne", "AZ"), (4, "Gəncə", "AZ")]


def test_a_delimiter_noted_above_the_header_is_passed_over(tmp_path: Path) -> None:
    """The line `sep=;` of one spreadsheet program is no header."""
    assert cells(open_table(write(tmp_path / "a.csv", "sep=;\nname;country\nx;AZ\n"), EXPECTED)) == [(3, "x", "AZ")]


def test_a_row_with_too_many_cells_is_a_problem_of_that_row(tmp_path: Path) -> None:
    """One broken row does not stop the others, and a row that ends early has empty cells."""
    table = open_table(write(tmp_path / "a.csv", "name,country\na,b,c\nd\ne,f,,\n"), EXPECTED)
    assert list(table.rows()) == [
        Row(2, {}, "has 3 cells under 2 columns: check delimiters and quotes"),
        Row(3, {"name": "d", "country": None}),
        Row(4, {"name": "e", "country": "f"}),
    ]


def test_json_objects_are_rows_numbered_from_one(tmp_path: Path) -> None:
    """Fields that an object lacks are empty; what is no object is a problem of its place in the list."""
    text = '\ufeff[{"name": " x ", "domains": ["a.az"]}, 5, {"country": "AZ", "": 1}]'
    table = open_table(write(tmp_path / "a.json", text), EXPECTED)
    assert table.columns == ("name", "domains", "country", "column D")
    assert [(row.number, list(row.cells.values()), bool(row.problem)) for row in table.rows()] == [
        (1, ["x", ["a.az"], None, None], False),
        (2, [], True),
        (3, [None, None, "AZ", 1], False),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"%PDF", "a.pdf: is no .xlsx, .xlsm, .csv, .json file: save it as one of these"),
        ("a.xlsx", b"name,country", "is no XLSX workbook: open it in a spreadsheet program and save it again"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0rest", "is an old or a locked workbook: save it as .xlsx without a password"),
        ("a.csv", b"name\nx\nB\xfc\n", "line 3 is not written in UTF-8: save it as"),
        ("a.csv", b"", "none of the first 10 rows is a header: name the columns in one row, such as Name, Country"),
        ("a.csv", b"a,b\n1,2\n", "none of the first 10 rows is a header"),
        ("a.csv", b"name,Name \n1,2\n", "row 1, column B: the columns A and B have the same name: rename"),
        ("a.json", b'{"name": 1}', "holds no list: write a list of objects"),
        ("a.json", b'[{"name": 1},\n?]', "is no JSON at line 2, character 1"),
        ("a.json", b'[{"name": NaN}]', "is no JSON at line 1"),
        ("a.json", b"[" * 100_000, "is no JSON at line 1"),
        ("a.json", b"[]", "no object has a known field: name the fields of each object, such as Name"),
    ],
)
def test_what_is_no_table_is_refused_with_the_remedy(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """The refusal begins with the name of the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Unreadable) as refusal:
        open_table(path, EXPECTED)
    assert str(refusal.value).startswith(name)
    assert message in str(refusal.value)


def test_an_open_quotation_mark_is_refused_at_its_row(tmp_path: Path) -> None:
    """The message names the row, and the line where it begins, near the header and far below it."""
    for filler in (0, 20):
        text = 'name,country\n"x\ny",AZ\n' + "a,AZ\n" * filler + 'z,"AZ\n'
        place = f"row {filler + 3}: the cells from line {filler + 4} on .* close each quotation mark"
        with pytest.raises(Unreadable, match=rf"a\.csv, {place}"):
            list(open_table(write(tmp_path / "a.csv", text), EXPECTED).rows())


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    """A file cut short and a workbook without its parts are told from good ones."""
    path = workbook(tmp_path / "a.xlsx", ["name"], *([f"n{number}"] for number in range(2000)))
    (tmp_path / "cut.xlsx").write_bytes(path.read_bytes()[:-300])
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "torn.xlsx", "w") as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, content[: len(content) // 2] if "sheet1" in part else content)
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as other:
        other.writestr("letter.txt", "no workbook")
    for name in ("cut.xlsx", "torn.xlsx", "other.xlsx"):
        with pytest.raises(Unreadable, match=f"{name}: is .* workbook: open it in a spreadsheet program"):
            list(open_table(tmp_path / name, EXPECTED).rows())


def test_absent_and_unreadable_files_are_refused(tmp_path: Path) -> None:
    """A folder or a missing file is named with what to check."""
    (tmp_path / "folder.csv").mkdir()
    for name in ("absent.csv", "folder.csv"):
        with pytest.raises(Unreadable, match=f"{name}: .*: check that the file exists and may be read"):
            open_table(tmp_path / name, EXPECTED)


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many bytes, rows and columns, and a small file that unpacks to a large one, are refused."""
    book = workbook(tmp_path / "a.xlsx", ["name"], ["x" * 20_000])
    long = write(tmp_path / "a.csv", "name\n1\n2\n3\n")
    wide = write(tmp_path / "b.csv", "name," + ",".join("abc") + "\n")
    monkeypatch.setattr(read, "MAX_UNPACKED_BYTES", 10_000)
    monkeypatch.setattr(read, "MAX_ROWS", 2)
    monkeypatch.setattr(read, "MAX_COLUMNS", 3)
    with pytest.raises(Unreadable, match="unpacks to more than"):
        open_table(book, EXPECTED)
    with pytest.raises(Unreadable, match="row 4: has more than 2 rows: split it"):
        list(open_table(long, EXPECTED).rows())
    with pytest.raises(Unreadable, match="row 1: has more than 3 columns"):
        open_table(wide, EXPECTED)
    monkeypatch.setattr(read, "MAX_BYTES", 5)
    with pytest.raises(Unreadable, match="is larger than"):
        open_table(long, EXPECTED)


def test_the_digest_follows_the_contents(tmp_path: Path) -> None:
    """A resumed import can tell whether it has the same file before it."""
    first = open_table(write(tmp_path / "a.csv", "name\nx\n"), EXPECTED)
    copy = open_table(write(tmp_path / "b.csv", "name\nx\n"), EXPECTED)
    other = open_table(write(tmp_path / "c.csv", "name\ny\n"), EXPECTED)
    assert first.digest == copy.digest != other.digest


Cell = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text.strip()
)


@given(st.lists(st.tuples(Cell, Cell), max_size=8), st.sampled_from(",;\t|"))
def test_any_written_text_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], delimiter: str
) -> None:
    """CSV and JSON carry any text there and back, but for outer spaces."""
    folder = tmp_path_factory.mktemp("written")
    with (folder / "a.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("name", "country"), *pairs])
    listed = [{"name": name, "country": country} for name, country in pairs]
    write(folder / "a.json", json.dumps(listed or [{"name": None}]))
    trimmed = [(name.strip(), country.strip()) for name, country in pairs]
    for name in ("a.csv", "a.json"):
        rows = [tuple(row.cells.values()) for row in open_table(folder / name, EXPECTED).rows()]
        assert [row for row in rows if row != (None,)] == trimmed


@pytest.mark.parametrize(
    ("name", "header_row", "rows", "last"),
    [
        ("eche-2026-04-08.xlsx", 2, 6142, 6144),
        ("world-universities.json", 0, 10_251, 10_251),
        ("isced-f-2013.csv", 1, 190, 191),
    ],
)
def test_the_published_lists_are_read_whole(name: str, header_row: int, rows: int, last: int) -> None:
    """The Commission's workbook has its header on row 2; no row of any list is lost."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the data folder ../shared/data with {name} is absent")
    table = open_table(path, ("Legal Name", "name", "label"))
    numbers = [row.number for row in table.rows() if not row.problem]
    assert (table.header_row, len(numbers), numbers[-1]) == (header_row, rows, last)
    assert table.count >= rows
