"""What chaos tests stand on: the live tests' house, in which things are broken on purpose."""

from __future__ import annotations

from tests.live.conftest import (
    engine,
    exchange,
    house,
    observer,
    pytest_runtest_makereport,
    service,
    stack,
)

__all__ = ["engine", "exchange", "house", "observer", "pytest_runtest_makereport", "service", "stack"]
