"""Prints what a long run asked for, by whom: parts of it may have been run in several processes."""

from typing import Any

import pytest

from tests.interference.coverage import Coverage

ASKED = "asked"
REQUESTED = "requests"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of kind, door, path and caller, and its summary."""
    coverage = Coverage()
    requests = 0
    told: dict[str, Any]
    for reports in terminalreporter.stats.values():
        for report in reports:
            called = isinstance(report, pytest.TestReport) and report.when == "call"
            told = dict(report.user_properties) if called else {}
            coverage.add(told.get(ASKED, {}))
            requests += told.get(REQUESTED, 0)
    if requests:
        for line in (*coverage.table(), "", *coverage.summary(), "", f"{requests} requests"):
            terminalreporter.write_line(line)
