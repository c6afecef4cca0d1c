"""A bad line between the service and all its neighbours: 200 ms there and back, and one in twenty segments sent again."""

from __future__ import annotations

import asyncio
from datetime import datetime

from common.clock import unix_seconds
from deploy.telephones.caller_stream import CallPlan, caller_stream, evenly
from deploy.telephones.phones import AnswerAfter
from deploy.telephones.shift import take_calls
from tests.chaos.extent import Extent, full_only
from tests.chaos.line import Weather
from tests.chaos.wired import Wired
from tests.live.sites import NUMBERS
from tests.live.waiting import until_seen

LOST = 0.05
DELAY_S = 0.1
"""In each direction."""
AGAIN_S = 0.4
"""TCP's patience before it sends a segment again: the way there and back, and four times how much it varies (RFC 6298)."""
TOLD_WITHIN_S = 2 * DELAY_S + AGAIN_S * (1 + 2 + 4)
"""Of a caller whose segment is lost three times in a row."""
CALLERS = 200
"""One agent's, one after the other: so that p99 is not the slowest of them."""
PROMISED_S = 1.5
NOISE_S = 1.5
SERVED_WITHIN_S = 600.0
WRITTEN_WITHIN_S = 20.0


async def test_nobody_is_lost_and_phones_ring_in_time_over_a_bad_line(
    wired: Wired, extent: Extent, figures: list[str]
) -> None:
    full_only(extent)
    house = wired.house
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for seed, line in enumerate((wired.ami, wired.redis, wired.mqtt, wired.agi)):
        line.weather = Weather(DELAY_S, LOST, AGAIN_S, seed)
    ledger = house.observer.ledger
    ledger.told_within_s = TOLD_WITHIN_S
    plans = evenly([CallPlan(f"559{n:04}", (), 600.0) for n in range(CALLERS)], 0.3)
    async with asyncio.TaskGroup() as tasks:
        taking = tasks.create_task(take_calls(agent.phone, lambda: 0.1))
        async with caller_stream(house.exchange, NUMBERS["crowd"], plans, parent=house.folder) as stream:
            await house.observer.until(
                lambda: len(ledger.lives) == len(plans) and all(life.talks for life in ledger.lives.values()),
                "everybody is served",
                SERVED_WITHIN_S,
            )
            await stream.until_over()
        taking.cancel()
    # The ledger goes by the loop's clock, the service's events by the system's: the same machine, so one is told from the other.
    between_s = unix_seconds() - house.observer.now()
    rang = {life.call: life.offers[0].began_at + between_s for life in ledger.lives.values()}

    async def offers() -> dict[str, str] | None:
        events = await house.events()
        found = {event.data["call"]: event.at for event in reversed(events) if event.kind == "Offered"}
        return found if len(found) == len(plans) else None

    offered = await until_seen(offers, "all events are written", WRITTEN_WITHIN_S)
    took_s = sorted(rang[call] - datetime.fromisoformat(at).timestamp() for call, at in offered.items())
    p50_s, p99_s = took_s[len(took_s) // 2], took_s[len(took_s) * 99 // 100 - 1]
    figures.append(f"bad line: {len(plans)} served, decision to ringing p50 {p50_s:.2f} s, p99 {p99_s:.2f} s")
    assert p99_s <= PROMISED_S + NOISE_S
