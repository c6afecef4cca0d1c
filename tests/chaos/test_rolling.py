"""The service is stopped in order and started again while ten calls a second come in: nobody is lost, no talker notices."""

from __future__ import annotations

import asyncio

from tests.chaos.extent import Extent
from tests.chaos.traffic import CALLS_A_SECOND, came, crew, in_words, traffic
from tests.live.house import SOON_S, House
from tests.live.pairs import talking_pair

BEFORE_S, AFTER_S = 2, 8
"""How long calls come in before the first stop, and for how long after each: about a start of the service and more."""
STOPS_WITHIN_S = 10.0
OVER_WITHIN_S = 90.0


async def test_a_rolling_restart_under_traffic_loses_nobody_and_no_talker_notices(
    house: House, extent: Extent, figures: list[str]
) -> None:
    pair = await talking_pair(house, "1003")
    heard_s, began = pair.heard_s(), house.observer.now()
    stops_s: list[float] = []
    starts_s: list[float] = []
    callers = CALLS_A_SECOND * (BEFORE_S + AFTER_S * extent.rounds)
    async with crew(house, "1001", "1002"), traffic(house, callers) as stream:
        for number in range(extent.rounds):
            due = CALLS_A_SECOND * (BEFORE_S + AFTER_S * number)
            await house.observer.until(lambda due=due: len(came(house)) >= due, "calls come in", OVER_WITHIN_S)  # type: ignore[misc] # mypy cannot infer lambdas with defaults
            at = house.observer.now()
            assert await asyncio.to_thread(house.service.stop) == 0
            stops_s.append(house.observer.now() - at)
            at = house.observer.now()
            house.service.start()
            await house.service.until_ready()
            starts_s.append(house.observer.now() - at)
        served = len(house.observer.ledger.talks)
        # Whoever picked up as it stopped and hung up meanwhile has a wrap-up of five seconds: nobody knows of a queue's.
        await house.observer.until(
            lambda: len(house.observer.ledger.talks) > served + 1, "calls are served again", 4 * SOON_S
        )
        async with asyncio.timeout(OVER_WITHIN_S):
            await stream.until_over()
    lives = came(house)
    assert len(lives) == callers
    assert [life.call for life in lives if life.failsafe_at is not None] == []
    assert max(stops_s) <= STOPS_WITHIN_S
    assert pair.missed_since(heard_s, house.observer.now() - began) == []
    await pair.caller.hang_up()
    await pair.agent.until("ready")
    figures.append(
        f"stopped in order {extent.rounds} x at 10 calls/s: {in_words(lives)}; SIGTERM to exit {max(stops_s):.1f} s at the "
        f"longest, start to ready {max(starts_s):.1f} s"
    )
