"""Lists of institutions to import, the import of one, and what it leaves behind."""

import csv
import random
import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import orjson

from documents.kinds import prepare
from documents.store import Store, connect
from exchange.import_partners import Outcome, Report, import_partners
from settings import Settings
from tests.conftest import dump

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)

Cells = dict[str, Any]

# For a store that knows Baku State University by bsu.edu.az and PIC 999645141.
ROWS: list[Cells] = [
    {"Name": "BAKU STATE UNIVERSITY", "Country": "AZ", "PIC": 999645141, "City": "Bakı", "Website": "bsu.edu.az"},
    {"Name": "Baku Slavic University", "Country": "AZ", "Website": "www.bsu-edu.org"},
    {"Name": "baku slavic university", "Country": "AZ"},
    {"Name": "Baku State University", "Country": "AZ", "Website": "bdu.example"},
    {"Name": "Institute of Mathematics", "Country": "AZ", "PIC": 999999999, "Website": "bsu.edu.az"},
    {"Name": "Nowhere University"},
    {"Name": "=1+1 University", "Country": "AZ", "Website": "=HYPERLINK(1)", "Abbreviation": "Plus"},
    {"Name": "Baku State University", "Country": "AZ", "Website": "bdu.example"},
    {"Name": "Wrong University", "Country": "AZ", "PIC": "12"},
    {"Name": "Бакинский университет", "Country": "AZ", "City": "Bakı"},
    {"Name": "BSU", "Country": "AZ"},
]
OUTCOMES = {"created": 4, "merged": 1, "unchanged": 1, "proposed": 2, "waiting": 1, "rejected": 2}


def write_file(path: Path, rows: Sequence[Cells]) -> Path:
    """Write rows in the format of the name."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines: list[list[Any]] = [[*columns], *([row.get(name) for name in columns] for row in rows)]
    if path.suffix == ".json":
        path.write_bytes(orjson.dumps(rows))
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    else:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for place, line in enumerate(lines, start=1):
            for column, cell in enumerate(line, start=1):
                found = sheet.cell(place, column, cell)
                if isinstance(cell, str):
                    found.data_type = "s"  # a text that looks like a formula is still a text
        book.save(path)
    return path


def left_over(folder: Path) -> list[Path]:
    """Give what was begun in a folder and not finished."""
    return list(folder.glob(".*"))


async def run(store: Store, path: Path, *, dry_run: bool = False) -> Report:
    """Import a file."""
    return await import_partners(
        store,
        path,
        dry_run=dry_run,
        clock=lambda: NOW,
        by=None,
        home=path.parent / "home",
        progress=lambda _done, _total: None,
    )


def outcomes(report: Report) -> dict[str, int]:
    """Give how many rows had each outcome, those with none left out."""
    found = {str(outcome): getattr(report, outcome) for outcome in Outcome}
    assert sum(found.values()) == report.rows
    return {name: number for name, number in found.items() if number}


async def state(store: Store) -> dict[str, list[str]]:
    """Give what an import leaves behind, whatever ids and codes it drew: partners are named by what they are."""
    stored = await dump(store, "partners", "proposals", "history", "outbox")
    names = {
        found["_id"]: f"<{found['name']}|{found['country']}|{found['city']}|{found['identifiers']}>"
        for found in stored["partners"]
    }
    told: dict[str, list[str]] = {}
    for found in stored["proposals"]:
        found["candidates"].sort(key=lambda partner: names[partner])
        names[found["_id"]] = f"<proposal {found['fingerprint']}>"
    for name, documents in stored.items():
        lines = []
        for found in documents:
            kept = {path: value for path, value in found.items() if path not in ("_id", "code", "at", "created_at")}
            kept["is"] = names.get(found["_id"])
            lines.append(re.sub(r"pr[tp]_[0-9a-z]{20}", lambda match: names[match[0]], repr(kept)))
        told[name] = sorted(lines)
    rows = (await dump(store, "import_rows"))["import_rows"]
    told["rows"] = sorted(f"{digest} {names[found]}" for batch in rows for digest, found in batch["partners"].items())
    imports = [found for found in (await dump(store, "imports"))["imports"] if "counts" in found]
    told["imports"] = sorted(f"{found['_id']} {found['row']} {sorted(found['counts'].items())}" for found in imports)
    return told


def made_rows(number: int) -> list[Cells]:
    """Give a list with doubles, namesakes, shared domains and wrong cells among its rows."""
    draw = random.Random(7)  # noqa: S311 - the same rows each time
    rows: list[Cells] = []
    for place in range(number):
        row: Cells = {"Name": f"University of Place {place}", "Country": "AZ", "Website": f"www.u{place}.example"}
        row |= {"PIC": 100_000_000 + place, "City": None, "Aliases": None}
        earlier = draw.choice(rows) if rows else row
        match draw.randrange(8):
            case 0:
                row = earlier | {"City": f"Town {place}", "Aliases": f"Other name {place}"}
            case 1:
                row["Website"] = earlier["Website"]
            case 2:
                row |= {"Name": earlier["Name"], "PIC": None}
            case 3:
                row |= {"Website": "www.portal.example", "PIC": None}
            case 4 if place % 3 == 0:
                row["PIC"] = "wrong"
        rows.append(row)
    return rows


@asynccontextmanager
async def another(uri: str) -> AsyncIterator[Store]:
    """Give one more store on the same server."""
    opened = await connect(Settings(database=f"test_{secrets.token_hex(6)}"), uri)
    await prepare(opened)
    yield opened
    await opened.client.drop_database(opened.db)
    await opened.close()
