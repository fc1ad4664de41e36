"""What a run of the tests says at its end: which real parts were absent, and whether a secret got out."""

import os
import re

import pytest

ABSENT: set[str] = set()
LEAKS: set[str] = set()
# Planted: a client secret, names of people at the provider, cookies of sessions, signed tokens, keys of portals, and
# what those are exchanged for.
CANARIES = re.compile(
    r"canary-client-secret|Canary \w+-\d|korpu=[\w-]{43}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\."
    r"|korpu_[A-Za-z0-9]+_[A-Za-z0-9]{32}|korput_[\w-]{20,}"
)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what was absent, and what was printed or logged that should never be."""
    if report.skipped and isinstance(report.longrepr, tuple) and "absent: " in report.longrepr[2]:
        ABSENT.add(report.longrepr[2].partition("absent: ")[2])
    LEAKS.update(f"{report.nodeid}: {name}" for name, content in report.sections if CANARIES.search(content))


def failing() -> bool:
    """Whether the run fails by this: where everything is to be there, or a secret got out."""
    return bool(LEAKS) or (bool(ABSENT) and os.environ.get("CI") == "true")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where something was absent that must be there."""
    if failing() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say it in the last lines."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    words = "must be there under CI=true" if os.environ.get("CI") == "true" else "what needs it was skipped"
    for part in sorted(ABSENT):
        reporter.write_line(f"absent: {part} ({words})", yellow=True)
    for leak in sorted(LEAKS):
        reporter.write_line(f"a secret was printed or logged by {leak}", red=True)
