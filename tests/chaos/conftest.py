"""What chaos tests stand on: the live tests' house, in which things are broken on purpose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.stack import Stack
from tests.chaos.extent import CUT, FULL, Extent
from tests.chaos.wired import Wired, wired_house
from tests.live.conftest import (
    engine,
    exchange,
    house,
    observer,
    pytest_runtest_makereport,
    service,
    stack,
)
from tests.live.observer import Observer
from tests.live.service import Service

__all__ = ["engine", "exchange", "house", "observer", "pytest_runtest_makereport", "service", "stack"]

FIGURES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full`, where the category is named on the command line, as `make test-chaos` does."""
    parser.addoption("--full", action="store_true", help="break things as often and with as many callers as promised")
    parser.addoption("--minutes", type=float, default=0.0, help="how long the soak lasts; 0: none")


@pytest.fixture(scope="session")
def extent(request: pytest.FixtureRequest) -> Extent:
    """How much is broken."""
    return FULL if request.config.getoption("--full", default=False) else CUT


@pytest.fixture(scope="session")
def minutes(request: pytest.FixtureRequest) -> float:
    """How long the soak lasts; 0: there is none."""
    return float(request.config.getoption("--minutes", default=0.0))


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> list[str]:
    """What was measured, a line each: shown at the run's end, for docs/reliability.md."""
    return request.config.stash.setdefault(FIGURES, [])


@pytest.fixture
async def wired(stack: Stack, service: Service, observer: Observer, tmp_path: Path) -> AsyncIterator[Wired]:
    """A running house whose service stands behind lines that can be broken."""
    async with wired_house(stack, service, observer, tmp_path) as wired:
        yield wired


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what was measured."""
    for line in config.stash.get(FIGURES, []):
        terminalreporter.write_line(f"measured: {line}")
