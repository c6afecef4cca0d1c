"""Callers who pour in while something breaks, what the service knows of them, and their being served in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from deploy.telephones.caller_stream import CallerStream, CallPlan, Key, caller_stream, evenly
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from deploy.telephones.shift import take_calls
from tests.live.house import Agent, House
from tests.live.sites import NUMBERS
from tests.live.waiting import until_seen

APART_S = 0.3
"""Between two callers of a stream."""
CHOOSES_AFTER_S, AGAIN_AFTER_S = 2.0, 14.0
"""When a caller of the menu presses a key, and then again, since nothing happened."""
LONG_S = 600.0
TALK_S = 0.1
IN_LINE_WITHIN_S = 30.0
"""Who was being rung for comes back when it has rung out; who was in the menu hears it again."""
IN_LINE = ("waiting", "talking")
SERVED_WITHIN_S = 120.0


def pouring(callers: int) -> int:
    """How many callers pour in for so many who dial straight into the queue."""
    return callers + callers // 2


@asynccontextmanager
async def pouring_in(house: House, callers: int) -> AsyncIterator[tuple[CallerStream, CallerStream]]:
    """Callers who dial one after the other, straight into a queue and into a menu; they do not give up."""
    straight = evenly([CallPlan(f"556{n:04}", (), LONG_S) for n in range(callers)], APART_S)
    keys = Key("1", CHOOSES_AFTER_S), Key("1", AGAIN_AFTER_S)
    choosing = evenly([CallPlan(f"557{n:04}", keys, LONG_S) for n in range(callers // 2)], 2 * APART_S)
    async with (
        caller_stream(house.exchange, NUMBERS["crowd"], straight, parent=house.folder) as one,
        caller_stream(house.exchange, NUMBERS["main"], choosing, parent=house.folder) as other,
    ):
        yield one, other


async def in_line(house: House) -> dict[str, tuple[str, int]]:
    """Callers the service knows to wait, and where: queue and position."""
    calls = await house.calls()
    return {call["id"]: (call["queue"], call["position"]) for call in calls if call["state"] == "waiting"}


async def until_in_line(house: House, callers: set[str]) -> None:
    """Wait until the service knows of these callers that they wait or talk."""

    async def known() -> bool:
        return callers <= {call["id"] for call in await house.calls() if call["state"] in IN_LINE}

    await until_seen(known, f"{len(callers)} callers are in line or talk", IN_LINE_WITHIN_S)


async def served(house: House, serves: Agent, streams: Iterable[CallerStream], before: int) -> None:
    """Every caller who came after the first so many has their conversation, and the streams are over."""
    ledger = house.observer.ledger
    serves.phone.answer = AnswerAfter(0.1)
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(take_calls(serves.phone, lambda: TALK_S))
        await serves.phone.hang_up()
        await house.observer.until(
            lambda: all(life.talks for life in list(ledger.lives.values())[before:]), "all are served", SERVED_WITHIN_S
        )
        for stream in streams:
            await stream.until_over()
        serving.cancel()
    serves.phone.answer = NeverAnswer()
