"""The file of rejects: every cell that an import could not take, where it stands, why, and what to do."""

import csv
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from exchange.partners import Reject

HEADER = ("row", "column", "value", "reason", "remedy", "row left out")

# What makes a spreadsheet program run a cell as a formula.
_FORMULA = re.compile("[=+\\-@\t\r\n]")


def write_rejects(path: Path, home: Path, digest: str, rejects: Iterable[Reject]) -> Path | None:
    """Write the rejects of the file `path` beside it, or into `home`/imports where its folder cannot be written to.

    Gives where they are, or None where there are none: those of an earlier import of the file are then removed. Raises
    OSError where neither place can be written to.
    """
    rows = [_line(reject) for reject in rejects]
    beside = path.with_name(f"{path.name}.rejects.csv")
    apart = home / "imports" / f"{path.stem[:50]}.{digest[:8]}{path.suffix}.rejects.csv"
    if not rows:
        for place in (beside, apart):
            with suppress(OSError):  # an old file that stays is no reason to break off
                place.unlink(missing_ok=True)
        return None
    try:
        # A folder that is marked read-only stays as it is, also for an administrator, whom the system would let write.
        if path.parent.stat().st_mode & 0o222:
            return _written(beside, rows)
    except OSError:
        pass
    apart.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _written(apart, rows)


def _line(reject: Reject) -> tuple[str, ...]:
    texts = (reject.column, reject.value, reject.reason, reject.remedy)
    return (str(reject.row), *map(_inert, texts), "yes" if reject.whole else "no")


def _inert(text: str) -> str:
    """The text as a cell that no spreadsheet program runs; what cannot be written in UTF-8 is shown as escapes."""
    plain = text.encode("utf-8", "backslashreplace").decode()
    return f"'{plain}" if _FORMULA.match(plain) else plain


def _written(place: Path, rows: list[tuple[str, ...]]) -> Path:
    fresh = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
    try:
        # with a mark at its start, by which spreadsheet programs know UTF-8
        with fresh.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADER)
            writer.writerows(rows)
        fresh.replace(place)
    finally:
        fresh.unlink(missing_ok=True)
    return place
