"""Tables that people bring: XLSX, CSV and JSON files, read row by row under their column names."""

import csv
import hashlib
import itertools
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
import orjson
from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from documents.folding import fold

HEADER_ROWS = 10  # a title and notes may stand above the header
MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ROWS = 200_000
MAX_COLUMNS = 200
_CHUNK = 500
_DELIMITERS = ",;\t|"

Numbered = Iterator[tuple[int, Sequence[object]]]


class Unreadable(Exception):
    """A file cannot be read as a table. Names file, row, column and remedy as far as they are known."""

    def __init__(self, path: Path, reason: str, remedy: str, *, row: int | None = None, column: str = "") -> None:
        place = "".join((f", row {row}" if row else "", f", column {column}" if column else ""))
        super().__init__(f"{path.name}{place}: {reason}: {remedy}")
        self.path, self.row, self.column, self.reason, self.remedy = path, row, column, reason, remedy


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file (in JSON, its place in the list from 1) and its cells by column, text trimmed.

    `problem` says why the row cannot be taken as it stands; `cells` is then empty.
    """

    number: int
    cells: dict[str, object]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was found readable. `count` is at least its number of rows; `digest` (SHA-256) tells its contents."""

    path: Path
    columns: tuple[str, ...]
    header_row: int
    count: int
    digest: str
    open_rows: Callable[[], Iterator[Row]] = field(repr=False)

    def rows(self) -> Iterator[Row]:
        """Read the rows below the header from the start, empty ones left out. Raises Unreadable."""
        for found, row in enumerate(self.open_rows(), start=1):
            if found > MAX_ROWS:
                reason = f"has more than {MAX_ROWS} rows"
                raise Unreadable(self.path, reason, "split it into several files", row=row.number)
            yield row


def open_table(path: Path, expected: Sequence[str]) -> Table:
    """Open an XLSX, CSV or JSON file whose header names at least one of the `expected` columns.

    The header is the row, among the first ten, that names most of them, however they are capitalised or accented; the
    delimiter of a CSV file and the sheet of a workbook are chosen in the same way. Raises Unreadable.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise Unreadable(path, f"is no {', '.join(_READERS)} file", "save it as one of these")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Unreadable(path, f"is larger than {MAX_BYTES // 2**20} MiB", "split it into several files")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return reader(path, expected, digest)
    except OSError as error:
        raise Unreadable(path, error.strerror or str(error), "check that the file exists and may be read") from error


def _trimmed(cell: object) -> object:
    return (cell.strip() or None) if isinstance(cell, str) else cell


def _header(rows: Numbered, wanted: frozenset[str]) -> tuple[int, int, Sequence[object]]:
    """Give the number of wanted names, the row number and the cells of the row that looks most like a header."""
    best: tuple[int, int, Sequence[object]] = (0, 0, ())
    for number, cells in rows:
        if number > HEADER_ROWS:
            break
        names = {fold(cell) for cell in cells if isinstance(cell, str)}
        if len(names & wanted) > best[0]:
            best = (len(names & wanted), number, cells)
    return best


def _no_header(path: Path, expected: Sequence[str]) -> Unreadable:
    reason = f"none of the first {HEADER_ROWS} rows is a header"
    return Unreadable(path, reason, f"name the columns in one row, such as {', '.join(expected[:4])}")


def _columns(path: Path, number: int, cells: Sequence[object]) -> tuple[str, ...]:
    if len(cells) > MAX_COLUMNS and any(cell is not None for cell in cells[MAX_COLUMNS:]):
        raise Unreadable(path, f"has more than {MAX_COLUMNS} columns", "remove those that are not needed", row=number)
    names = tuple(str(_trimmed(cell) or f"column {get_column_letter(n)}") for n, cell in enumerate(cells, start=1))
    for name, times in Counter(fold(name) for name in names).items():
        if times > 1:
            places = [get_column_letter(n) for n, other in enumerate(names, start=1) if fold(other) == name]
            reason = f"the columns {' and '.join(places)} have the same name"
            raise Unreadable(path, reason, "rename or remove one of them", row=number, column=places[-1])
    return names


def _below(rows: Numbered, header: int, columns: tuple[str, ...]) -> Iterator[Row]:
    """Give the rows under the header by column name."""
    for number, cells in rows:
        values = [_trimmed(cell) for cell in cells]
        while len(values) > len(columns) and values[-1] is None:
            values.pop()
        if number <= header or all(value is None for value in values):
            continue
        if len(values) > len(columns):
            yield Row(number, {}, f"has {len(values)} cells under {len(columns)} columns: check delimiters and quotes")
        else:
            yield Row(number, dict(itertools.zip_longest(columns, values)))


# XLSX ----------------------------------------------------------------------------------------------------------------


def _open_workbook(path: Path, expected: Sequence[str], digest: str) -> Table:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(path, "is an old or a locked workbook", "save it as .xlsx without a password")
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Unreadable(path, "is no XLSX workbook", "open it in a spreadsheet program and save it again") from error
    if unpacked > MAX_UNPACKED_BYTES:
        reason = f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MiB"
        raise Unreadable(path, reason, "remove what is not needed or split it into several files")
    with closing(_workbook(path)) as book:
        sheets = [(sheet.title, sheet.max_row or 0) for sheet in book.worksheets if sheet.sheet_state == "visible"]
    wanted = frozenset(map(fold, expected))
    found = [(_header(_sheet_rows(path, title), wanted), title, last) for title, last in sheets]
    (score, number, cells), title, last = max(found, key=lambda sheet: sheet[0][0], default=((0, 0, ()), "", 0))
    if not score:
        raise _no_header(path, expected)
    filled = max(place for place, cell in enumerate(cells, start=1) if cell is not None)
    columns = _columns(path, number, cells[:filled])
    return Table(
        path, columns, number, max(last - number, 0), digest,
        lambda: _below(_sheet_rows(path, title), number, columns),
    )  # fmt: skip


def _workbook(path: Path) -> openpyxl.Workbook:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that the library does not know
            return openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        ParseError,
        zipfile.BadZipFile,
        InvalidFileException,
    ) as error:
        raise Unreadable(path, "is a damaged workbook", "open it in a spreadsheet program and save it again") from error


def _sheet_rows(path: Path, title: str) -> Numbered:
    with closing(_workbook(path)) as book:
        sheet = book[title]
        sheet.reset_dimensions()  # some programs write a size that is too small
        numbered = enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True), start=1)
        while chunk := _quiet_chunk(path, numbered):
            for number, cells in chunk:
                yield number, [unescape(cell) if isinstance(cell, str) and "_x" in cell else cell for cell in cells]


def _quiet_chunk(
    path: Path, numbered: Iterator[tuple[int, tuple[object, ...]]]
) -> list[tuple[int, tuple[object, ...]]]:
    """Read some rows at a time, because warnings can be silenced neither across a yield nor cheaply for each row."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(itertools.islice(numbered, _CHUNK))
    except (KeyError, ValueError, IndexError, ParseError, zipfile.BadZipFile, EOFError) as error:
        raise Unreadable(path, "is a damaged workbook", "open it in a spreadsheet program and save it again") from error


# CSV -----------------------------------------------------------------------------------------------------------------


def _open_csv(path: Path, expected: Sequence[str], digest: str) -> Table:
    encoding, lines = _encoding(path)
    wanted = frozenset(map(fold, expected))
    found: list[tuple[tuple[int, int, Sequence[object]], str]] = []
    failure: Unreadable | None = None
    for delimiter in _DELIMITERS:
        try:
            found.append((_header(_csv_rows(path, encoding, delimiter), wanted), delimiter))
        except Unreadable as error:
            failure = failure or error
    (score, number, cells), delimiter = max(found, key=lambda guess: guess[0][0], default=((0, 0, ()), ""))
    if not score:
        raise failure or _no_header(path, expected)
    columns = _columns(path, number, cells)
    return Table(
        path, columns, number, max(lines - number, 0), digest,
        lambda: _below(_csv_rows(path, encoding, delimiter), number, columns),
    )  # fmt: skip


def _encoding(path: Path) -> tuple[str, int]:
    """Give the encoding and the number of lines. Raises Unreadable at the first line that is not Unicode."""
    with path.open("rb") as file:
        if file.read(2) in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16", sum(1 for _ in file) + 1
        file.seek(0)
        number = 0
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                reason = f"line {number} is not written in UTF-8"
                raise Unreadable(path, reason, "save it as “CSV UTF-8”, or as a workbook") from error
        return "utf-8-sig", number


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Numbered:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for number in itertools.count(1):
            start = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, UnicodeError) as error:
                reason = f"the cells from line {start} on cannot be told apart ({error})"
                remedy = "close each quotation mark, and double those inside a cell"
                raise Unreadable(path, reason, remedy, row=number) from error
            yield number, cells


# JSON ----------------------------------------------------------------------------------------------------------------


def _open_json(path: Path, expected: Sequence[str], digest: str) -> Table:
    try:
        data = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        reason = f"is no JSON at line {error.lineno}, character {error.colno} ({error.msg})"
        raise Unreadable(path, reason, "correct it there") from error
    if not isinstance(data, list):
        raise Unreadable(path, "holds no list", "write a list of objects: [{…}, {…}]")
    keys = tuple(dict.fromkeys(name for item in data if isinstance(item, dict) for name in item))
    if not {fold(name) for name in keys} & set(map(fold, expected)):
        reason = "no object has a known field"
        raise Unreadable(path, reason, f"name the fields of each object, such as {', '.join(expected[:4])}")
    columns = _columns(path, 0, keys)
    return Table(path, columns, 0, len(data), digest, lambda: _objects(data, dict(zip(columns, keys, strict=True))))


def _objects(data: list[object], keys: dict[str, str]) -> Iterator[Row]:
    for number, item in enumerate(data, start=1):
        if isinstance(item, dict):
            yield Row(number, {column: _trimmed(item.get(key)) for column, key in keys.items()})
        else:
            yield Row(number, {}, "is no object: write {…} with a value for each field")


_READERS: dict[str, Callable[[Path, Sequence[str], str], Table]] = {
    ".xlsx": _open_workbook,
    ".xlsm": _open_workbook,
    ".csv": _open_csv,
    ".json": _open_json,
}
