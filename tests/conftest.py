"""What every category of tests has in common."""

from __future__ import annotations

import pytest

LAST_CHARACTERS = 4_000
"""Of what a failed test says, the end tells most."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why tests were tried a second time: a fault that comes and goes is a fault."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.write_sep("_", f"first try of {report.nodeid}")
        terminalreporter.write_line(report.longreprtext[-LAST_CHARACTERS:])
