"""An agent's shift at the phone: takes the calls that the phone answers, and ends each after its time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from deploy.telephones.baresip import BaresipFailed, Happening
from deploy.telephones.phones import Phone


async def take_calls(phone: Phone, talk_s: Callable[[], float]) -> None:
    """Hang up each incoming call `talk_s()` seconds after it was answered, unless it ended before; until cancelled.

    Returns when the phone is switched off. Calls that the phone dialled itself (codes) are left alone.
    """
    async with asyncio.TaskGroup() as talks:
        going_on: dict[str, asyncio.Task[None]] = {}
        async for happening in phone.events():
            if _answered(happening):
                going_on[happening.call] = talks.create_task(_end_after(phone, talk_s()))
            elif happening.kind == "CALL_CLOSED" and (talk := going_on.pop(happening.call, None)) is not None:
                talk.cancel()
        for talk in going_on.values():
            talk.cancel()


def _answered(happening: Happening) -> bool:
    return happening.kind == "CALL_ESTABLISHED" and happening.direction == "incoming"


async def _end_after(phone: Phone, seconds: float) -> None:
    await asyncio.sleep(seconds)
    try:
        await phone.hang_up()
    except BaresipFailed:
        # switched off meanwhile: the call is over anyway
        return
