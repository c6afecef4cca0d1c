"""The system clock is set by an hour, forward and back, under the running service: nobody's place or state depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.clock import unix_seconds
from deploy.phones import AnswerAfter
from tests.chaos.extent import Extent, full_only
from tests.live.house import Happened, House
from tests.live.service import Service
from tests.live.waiting import until_seen

LIBRARY = "usr/lib/*/faketime/libfaketimeMT.so.1"
HOUR_S = 3600.0
SOON_S = 10.0
WAIT_LIMIT_S = 120.0
"""Nobody in the test waits so long; an hour is far from it."""


@pytest.fixture
def set_clock(service: Service, tmp_path: Path, extent: Extent) -> Iterator[Callable[[float], None]]:
    """Set the service's system clock so many seconds ahead of the machine's; clocks that never jump are left alone."""
    full_only(extent)
    library = next(Path("/").glob(LIBRARY), None)
    if library is None:
        pytest.skip("setting the service's clock needs Debian's package libfaketime")
    ahead = tmp_path / "ahead"

    def put(seconds: float) -> None:
        ahead.write_text(f"{seconds:+.0f}\n", encoding="ascii")

    usual = service.environment
    put(0)
    service.stop()
    service.environment = usual | {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(ahead),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    try:
        yield put
        service.stop()
    finally:
        service.stop()
        service.environment = usual


async def seen(house: House) -> tuple[list[tuple[str, str]], float]:
    """The callers in line in their order, and how long at most one of them has waited, by the service's own account."""
    answer: dict[str, Any] = await house.get("/api/v1/calls")
    waited_s = max(answer["at"] - call["joined_at"] for call in answer["items"])
    return [(call["id"], call["state"]) for call in answer["items"]], waited_s


async def test_no_order_changes_and_nothing_expires_when_the_system_clock_is_set(
    set_clock: Callable[[float], None], house: House
) -> None:
    pausing = await house.paused_agent("1002", AnswerAfter(0.1))
    callers = [await house.waiting_caller("crowd") for _ in range(3)]
    before, _ = await seen(house)
    for ahead_s in (HOUR_S, -HOUR_S):
        set_clock(ahead_s)

        async def moved(ahead_s: float = ahead_s) -> bool:
            at: float = (await house.get("/api/v1/calls"))["at"]
            return abs(at - unix_seconds() - ahead_s) < HOUR_S / 2

        await until_seen(moved, "the service's clock is set", SOON_S)
        now, waited_s = await seen(house)
        assert now == before
        assert 0 <= waited_s < WAIT_LIMIT_S
        assert (await pausing.now())["state"] == "paused"
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for caller in callers:
        await house.until_talking(caller, agent, SOON_S)
        await caller.hang_up()
    assert [len(house.life(caller).offers) for caller in callers] == [1, 1, 1]
    # Recorded times follow the clock; how long something lasted does not.

    async def connected() -> list[Happened] | None:
        found = [event for event in await house.events() if event.kind == "Connected"]
        return found if len(found) == len(callers) else None

    events = await until_seen(connected, "all conversations are written", SOON_S)
    assert all(0 <= event.data["waited_s"] < WAIT_LIMIT_S for event in events)
