"""The service stands still and keeps its connections: the watchdog frees its callers, and nobody on the phone notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.live.house import House
from tests.live.pairs import talking_pair

WAITING = 4
FREED_WITHIN_S = 10.0
FLOW = "crowd"


@asynccontextmanager
async def frozen(house: House) -> AsyncIterator[float]:
    """Let the service stand still; gives the loop's time at which it did."""
    house.service.freeze()
    try:
        yield asyncio.get_running_loop().time()
    finally:
        house.service.thaw()


async def test_callers_of_a_frozen_service_are_in_the_fail_safe_in_time_and_pairs_talk_on(house: House) -> None:
    pair = await talking_pair(house, "1001")
    callers = [await house.waiting_caller(FLOW) for _ in range(WAITING)]
    waiting = [house.life(caller) for caller in callers]
    heard_s = pair.heard_s()
    async with frozen(house) as since:
        newcomer = await house.caller(FLOW)
        waiting.append(house.life(newcomer))
        await house.observer.until(
            lambda: all(life.failsafe_at is not None for life in waiting),
            "all are in the fail-safe",
            2 * FREED_WITHIN_S,
        )
        assert max(life.failsafe_at - since for life in waiting[:-1] if life.failsafe_at) <= FREED_WITHIN_S
        assert pair.missed_since(heard_s, asyncio.get_running_loop().time() - since) == []
    await house.service.until_ready()
    assert house.life(pair.caller).failsafe_at is None
    await pair.agent.until("talking")
    for caller in (*callers, newcomer):
        await caller.hang_up()
    await pair.caller.hang_up()
    await pair.agent.until("ready")
