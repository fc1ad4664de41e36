"""The house: which way imports point, what names mean, and what must not be in the source."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 400

GROUND = {"errors", "settings"}
RECORDS = GROUND | {"documents"}
CALLERS = RECORDS | {"auth"}
QUESTIONS = CALLERS | {"resolvers"}
EDGES = QUESTIONS | {"schema", "exchange", "work", "letters", "reports", "feeds"}
MAY_IMPORT = {
    "errors": set[str](),
    "settings": GROUND,
    "documents": RECORDS,
    "auth": CALLERS,
    "resolvers": QUESTIONS,
    "schema": QUESTIONS | {"schema"},
    "demo": QUESTIONS | {"demo", "schema"},
    "exchange": QUESTIONS | {"exchange"},
    "work": QUESTIONS | {"work"},
    "letters": CALLERS | {"letters"},
    "reports": CALLERS | {"reports"},
    "feeds": CALLERS | {"feeds"},
    "app": EDGES,
    "cli": EDGES | {"app", "demo"},
}
OUTSIDE = {"tests", "bench", "scripts", "docs"}

VAGUE = {"base", "common", "core", "helper", "helpers", "lib", "misc", "util", "utils"}
CLIENTS = {"AsyncMongoClient", "MongoClient"}
DRIVER_HOMES = {"documents/store.py", "documents/embedded.py"}


@cache
def _files() -> list[Path]:
    """Give every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git of the PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this copy of the source is not under version control")
    return [ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name and (ROOT / name).is_file()]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _modules() -> list[Path]:
    return [path for path in _files() if path.suffix == ".py"]


def _house_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Give each imported module in full, with the names taken from it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, set()
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{_name(path)} imports relatively: write the full name"
            yield node.module or "", {alias.name for alias in node.names}


def _texts() -> Iterator[tuple[str, str]]:
    for path in _files():
        try:
            yield _name(path), path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def test_imports_point_one_way() -> None:
    """No layer imports one above it, and a new top-level name says first where it stands."""
    houses = {_house_of(path) for path in _modules()} - OUTSIDE
    assert houses <= set(MAY_IMPORT), f"say in MAY_IMPORT what these may import: {houses - set(MAY_IMPORT)}"
    wrong = [
        f"{_name(path)} imports {module}"
        for path in _modules()
        if _house_of(path) not in OUTSIDE
        for module, _ in _imports(path)
        if (top := module.partition(".")[0]) in set(MAY_IMPORT) | OUTSIDE and top not in MAY_IMPORT[_house_of(path)]
    ]
    assert wrong == []


def test_no_dependency_claims_a_name_of_the_house() -> None:
    """Top-level names such as `schema` are ours alone: a package that brings one would shadow it or be shadowed."""
    ours = set(MAY_IMPORT) | {"tests", "bench"}
    claimed = {name: set(owners) - {"korpu"} for name, owners in packages_distributions().items() if name in ours}
    assert {name: owners for name, owners in claimed.items() if owners} == {}


def test_every_top_level_name_is_packaged() -> None:
    """What the source has at the top is listed in pyproject.toml, or it would be missing where it is installed."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    houses = {_house_of(path) for path in _modules()} - OUTSIDE
    assert houses <= {*tool["packages"], *tool["py-modules"]}


def test_long_files_have_a_decision_record() -> None:
    """A module beyond 400 lines is named, with its reason, in docs/decisions."""
    decisions = "".join(path.read_text() for path in (ROOT / "docs" / "decisions").glob("*.md"))
    long = [_name(path) for path in _modules() if len(path.read_text().splitlines()) > LONGEST_FILE]
    assert [name for name in long if name not in decisions] == []


def test_names_say_something() -> None:
    """No file or folder has a name that would fit anything."""
    vague = [_name(path) for path in _files() if VAGUE & {part.partition(".")[0] for part in Path(_name(path)).parts}]
    assert vague == []


def test_the_driver_has_one_home() -> None:
    """Only the store and the embedded server make clients, and only `documents` knows the driver at all."""
    wrong = [
        f"{_name(path)} imports {module}"
        for path in _modules()
        if _house_of(path) not in {"tests", "bench"} and _name(path) not in DRIVER_HOMES
        for module, names in _imports(path)
        if module.partition(".")[0] == "pymongo"
        and (_house_of(path) != "documents" or names & CLIENTS or not names or module.endswith("mongo_client"))
    ]
    assert wrong == []


def test_the_embedded_server_is_never_imported() -> None:
    """It is under the GPL and runs as a program of its own."""
    assert [_name(path) for path in _modules() for module, _ in _imports(path) if module.startswith("secantus")] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements.run.lock"])
def test_lock_files_name_no_address_and_pin_everything(name: str) -> None:
    """A lock file holds exact versions and hashes, and leaves the registry to whoever installs."""
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    for block in re.split(r"\n(?=\S)", text.replace("\\\n", " ").strip()):
        assert re.match(r"[a-z0-9._-]+(\[[a-z,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", block), block[:80]


def test_lock_files_agree_with_the_project() -> None:
    """Whoever changes a dependency runs scripts/lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run = (ROOT / "requirements.run.lock").read_text()
    everything = (ROOT / "requirements.lock").read_text()
    extras = [pin for pins in project["optional-dependencies"].values() for pin in pins]
    missing = [pin for pin in project["dependencies"] if not re.search(rf"^{re.escape(pin)}\s", run, re.MULTILINE)]
    missing += [
        pin
        for pin in [*project["dependencies"], *extras]
        if not re.search(rf"^{re.escape(pin)}\s", everything, re.MULTILINE)
    ]
    assert missing == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    """Nothing in the source points to a home folder, or out of the project except to the optional data."""
    place = re.compile(r"/(?:home|Users)/[a-z]|/[r]oot\b|\.\./[s]hared(?!/data)")
    wrong = [f"{name}: {found.group()}" for name, text in _texts() if (found := place.search(text))]
    assert wrong == []
