"""Redis is killed: routing goes on without it, and no change of an agent that was acknowledged is lost."""

from __future__ import annotations

import asyncio

from deploy.phones import AnswerAfter
from deploy.stack import Part, Stack
from tests.live.house import House
from tests.live.waiting import until_seen

WHOLE_WITHIN_S = 10.0
"""How long the service may take to be linked to a Redis that is back, on a busy machine."""


async def test_routing_goes_on_and_acknowledged_changes_outlive_redis_and_the_service(
    house: House, stack: Stack
) -> None:
    serving = await house.ready_agent("1001", AnswerAfter(0.1))
    pausing = await house.ready_agent("1002", AnswerAfter(0.1))
    await pausing.does("pause", reason="lunch")
    await asyncio.to_thread(stack.kill, Part.REDIS)
    try:
        caller = await house.caller("crowd")
        await house.until_talking(caller, serving)
    finally:
        await asyncio.to_thread(stack.restart, Part.REDIS)

    async def linked() -> bool:
        return bool((await house.get("/readyz"))["parts"]["redis"])

    await until_seen(linked, "Redis is linked again", WHOLE_WITHIN_S)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    assert (await pausing.until("paused"))["reason"] == "lunch"
    await serving.until("talking")
    await caller.hang_up()
    await serving.until("ready")
