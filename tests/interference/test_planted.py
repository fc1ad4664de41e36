"""The harness can fail: each planted leak, applied to a copy of the source, is found."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PLANTED = sorted((ROOT / "tests" / "planted").glob("*.patch"))
SECONDS = 600
GIT = shutil.which("git") or "git"
# A patch says in its first lines who meets the leak, in how many requests at most, and where if that is far apart.
ASKED = re.compile(r"^(Callers|Requests|Kinds): (.+)$", re.MULTILINE)
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "*.egg-info", "build", "data")


def test_at_least_ten_leaks_are_planted() -> None:
    """There are ten patches or more, and each says who meets its leak."""
    assert len(PLANTED) >= 10
    assert [
        patch.name
        for patch in PLANTED
        if not {name for name, _ in ASKED.findall(patch.read_text())} >= {"Callers", "Requests"}
    ] == []


@pytest.mark.long
@pytest.mark.parametrize("patch", PLANTED, ids=lambda patch: patch.stem)
def test_a_planted_leak_is_found(patch: Path, tmp_path: Path) -> None:
    """The short run, by those who meet the leak, ends in a finding; a patch that no longer applies fails here."""
    copy = tmp_path / "source"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    applied = subprocess.run([GIT, "apply", "-C1", str(patch)], cwd=copy, capture_output=True, text=True, check=False)
    assert applied.returncode == 0, f"{patch.name} no longer applies, bring it up to date: {applied.stderr}"
    asked = dict(ASKED.findall(patch.read_text()))
    environment = os.environ | {"INTERFERE_CALLERS": asked["Callers"], "INTERFERE_REQUESTS": asked["Requests"]}
    environment["INTERFERE_KINDS"] = asked.get("Kinds", "")
    test = "tests/interference/test_interference.py::test_what_is_hidden_shows_to_nobody"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test],
        cwd=copy,
        env=environment | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 1, f"{patch.name} was not found:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
    assert "INTERFERENCE for" in ran.stdout, f"{patch.name} failed otherwise:\n{ran.stdout[-3000:]}"
