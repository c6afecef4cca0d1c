"""Ten calls a second into the crowd's queue, and agents who take them one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.telephones.caller_stream import CallerStream, CallPlan, caller_stream, evenly
from deploy.telephones.phones import AnswerAfter
from deploy.telephones.shift import take_calls
from tests.live.house import Agent, House
from tests.live.lives import Life
from tests.live.sites import NUMBERS

CALLS_A_SECOND = 10
PATIENCE_S = 12.0
"""So long a caller of the traffic stays: most of them hang up, since three agents cannot serve ten calls a second."""
TALK_S = 0.2
FIRST_NUMBER = 5_600_000


@asynccontextmanager
async def traffic(house: House, callers: int, patience_s: float = PATIENCE_S) -> AsyncIterator[CallerStream]:
    """So many callers, ten a second."""
    plans = [CallPlan(str(FIRST_NUMBER + n), (), patience_s) for n in range(callers)]
    calls = evenly(plans, 1 / CALLS_A_SECOND)
    async with caller_stream(house.exchange, NUMBERS["crowd"], calls, parent=house.folder) as stream:
        yield stream


@asynccontextmanager
async def crew(house: House, *numbers: str) -> AsyncIterator[list[Agent]]:
    """Agents who take one call after the other."""
    agents = [await house.ready_agent(number, AnswerAfter(0.1)) for number in numbers]
    async with asyncio.TaskGroup() as tasks:
        shifts = [tasks.create_task(take_calls(agent.phone, lambda: TALK_S)) for agent in agents]
        try:
            yield agents
        finally:
            for shift in shifts:
                shift.cancel()


def came(house: House) -> list[Life]:
    """The callers of the traffic who have come so far."""
    return [life for life in house.observer.ledger.lives.values() if life.number.startswith("56")]


def in_words(lives: list[Life]) -> str:
    """What became of them, for the figures."""
    served = sum(bool(life.talks) for life in lives)
    away = sum(life.failsafe_at is not None for life in lives)
    return f"{len(lives)} callers, {served} served, {len(lives) - served - away} hung up, {away} to the fail-safe"
