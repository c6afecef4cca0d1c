"""The service notices that it stood still, by its own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from acd.desk import Desk
from common.clock import unix_seconds
from service import standstill
from service.standstill import STOOD_STILL_S, notice_standstills
from service.wiring import background
from tests.live.waiting import until
from tests.unit.ivr_kit import Clock

LOOK_S = 0.01


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr(standstill, "LOOK_EVERY_S", LOOK_S)
    return Clock()


@pytest.fixture
async def desk(clock: Clock) -> AsyncIterator[Desk]:
    desk = Desk(clock, unix_seconds, "run")
    async with background(desk.run(), notice_standstills(desk)):
        await asyncio.sleep(LOOK_S)  # the first look is under way
        yield desk


async def test_a_standstill_holds_routing_and_is_in_the_log_with_its_length(desk: Desk, clock: Clock) -> None:
    with capture_logs() as logged:
        clock.now += 7.0
        await until(lambda: desk.floor.held_until is not None, "routing is held", 5.0)
    assert [(entry["log_level"], entry["seconds"]) for entry in logged] == [("warning", 7.0)]


async def test_a_busy_moment_is_no_standstill(desk: Desk, clock: Clock) -> None:
    clock.now += STOOD_STILL_S - LOOK_S
    await asyncio.sleep(5 * LOOK_S)
    assert desk.handled == 0
