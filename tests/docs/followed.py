"""Reads docs/add-a-record-kind.md as steps, and takes them on a copy of the source."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = "docs/add-a-record-kind.md"
# What the program and the tests that are run on the copy need.
SOURCES = ("documents", "auth", "resolvers", "schema", "demo", "tests", "errors.py", "settings.py", "app.py")

_FILE = r"`([a-z_/]+\.py)`"
_BLOCK = r":\s*\n```python\n(?P<code>.*?)^```$"
_STEP = re.compile(
    rf"^(?:New file (?P<new>{_FILE})"
    rf"|In (?P<old>{_FILE}), (?P<where>below|in place of) the "
    rf"(?P<which>|first |last )line\s+`(?P<line>[^`]+)`){_BLOCK}",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Step:
    """One place that the document names, and the code that belongs there."""

    file: str
    code: str
    # Where: a new file, or below or in place of a line.
    where: str = "new"
    line: str = ""
    # Which of two such lines, where there are two: “first ” or “last ”.
    which: str = ""

    def take(self, root: Path) -> None:
        """Do what the step says. Raises ValueError where the source does not hold the line exactly once."""
        path = root / self.file
        if self.where == "new":
            if path.exists():
                raise ValueError(f"{self.file} is there already: {DOCUMENT} calls it new")
            path.write_text(self.code.lstrip("\n"), "utf-8")
            return
        lines = path.read_text("utf-8").splitlines(keepends=True)
        found = [number for number, line in enumerate(lines) if line.strip() == self.line]
        if len(found) != (2 if self.which else 1):
            raise ValueError(f"{self.file} holds the line {self.line!r} {len(found)} times: correct {DOCUMENT}")
        place = found[-1 if self.which == "last " else 0]
        kept = [lines[place]] if self.where == "below" else []
        lines[place : place + 1] = [*kept, self.code]
        path.write_text("".join(lines), "utf-8")


def steps() -> list[Step]:
    """The steps of the document, in its order. Raises ValueError for a block of Python that belongs to no step."""
    text = (ROOT / DOCUMENT).read_text("utf-8")
    found = []
    for match in _STEP.finditer(text):
        if match["new"]:
            found.append(Step(match["new"].strip("`"), match["code"]))
        else:
            found.append(Step(match["old"].strip("`"), match["code"], match["where"], match["line"], match["which"]))
    if len(found) != text.count("```python"):
        raise ValueError(f"{DOCUMENT} has {text.count('```python')} blocks and {len(found)} places: name each place")
    return found


def copied(to: Path) -> Path:
    """A copy of the source to take steps on."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(ROOT / name, to / name)
    return to
