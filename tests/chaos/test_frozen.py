"""The service stands still and keeps its connections: the watchdog frees its callers, and nobody on the phone notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.stack import Part, Stack
from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, House
from tests.live.pairs import talking_pair
from tests.live.waiting import until_seen

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


async def test_callers_freed_from_a_service_that_goes_on_are_back_in_their_places(house: House, stack: Stack) -> None:
    callers = [await house.waiting_caller(FLOW) for _ in range(WAITING)]
    before = [house.life(caller).call for caller in callers]
    freed_before = freed(stack)
    async with frozen(house):

        async def all_freed() -> bool:
            return freed(stack) >= freed_before + WAITING

        await until_seen(all_freed, "all callers are freed", FREED_WITHIN_S)
    await house.service.until_ready()

    async def back() -> bool:
        in_line = sorted((call for call in await house.calls() if call["state"] == "waiting"), key=position)
        return [call["id"] for call in in_line] == before

    await until_seen(back, "everybody is back in line in their order", 2 * SOON_S)
    # At once, while most of them are on their way back: the service knows of their places, and has no session of theirs.
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(callers[0], agent, 2 * SOON_S)


def position(call: dict[str, int]) -> int:
    return call["position"]


def freed(stack: Stack) -> int:
    """How many callers the watchdog has freed so far, by its own log."""
    said = (line.split() for line in stack.logs(Part.WATCHDOG).splitlines())
    return sum(int(words[1]) for words in said if words[2:] == ["callers", "freed"])
