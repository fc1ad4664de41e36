"""What a run says at its end, and what makes it fail: the run of a few tests made here, with and without workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLANTED = {
    "printed": "print('canary-client-' + 'secret')",
    "to the error stream": "import sys; sys.stderr.write('korpu=' + 'a' * 43)",
    "logged": "import logging; logging.getLogger('x').warning('Canary ' + 'officer-1')",
    "a token": "print('ey' + 'Jhbgciabc.eyJzdWIiabc.x')",
    "a key": "print('korpu_' + 'AB12CD34_' + 'Z' * 32)",
    "an exchanged token": "print('korput_' + 'a' * 32)",
}
GOOD = "def test_good():\n    print('korpu demo')\n"
ABSENT = "import pytest\n\ndef test_absent():\n    pytest.skip('absent: a real part (not on the PATH)')\n"


def run(folder: Path, text: str, workers: int, **environment: str) -> tuple[int, list[str]]:
    """Run a file of tests by itself: its exit status, and the last lines of what it says."""
    (folder / "test_made.py").write_text(text)
    more = [] if workers == 0 else ["-p", "xdist", "-n", str(workers)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.parts", "-c", os.devnull, f"--rootdir={folder}"]
    known = {name: value for name, value in os.environ.items() if name != "CI" and "PYTEST" not in name}
    known |= {
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    } | environment
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *more, str(folder)],
        cwd=folder,
        env=known,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip().splitlines()[-len(PLANTED) :]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_canary_fails_the_run(tmp_path: Path, workers: int) -> None:
    """Whoever prints or logs one is named in the last lines, though every test passed."""
    tests = [f"def test_{number}():\n    {line}\n" for number, line in enumerate(PLANTED.values())]
    status, told = run(tmp_path, "\n".join([GOOD, *tests]), workers)
    assert status == 1
    named = [line.partition("::")[2].partition(":")[0] for line in told if "a secret was printed or logged by" in line]
    assert sorted(named) == [f"test_{number}" for number in range(len(PLANTED))]
    status, told = run(tmp_path, GOOD, workers)
    assert (status, "secret" in "".join(told)) == (0, False)


@pytest.mark.parametrize("workers", [0, 2])
def test_absent_parts_are_told_and_fail_where_they_must_be_there(tmp_path: Path, workers: int) -> None:
    """Without them the run passes and its last line says so; under CI=true it fails by it."""
    status, told = run(tmp_path, GOOD + ABSENT, workers)
    assert (status, told[-1]) == (0, "absent: a real part (not on the PATH) (what needs it was skipped)")
    status, told = run(tmp_path, GOOD + ABSENT, workers, CI="true")
    assert (status, told[-1]) == (1, "absent: a real part (not on the PATH) (must be there under CI=true)")
