"""The service dies: who waits keeps their place, who talks never notices, and who nobody takes back is kept by Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.telephones.caller_stream import CallerStream, CallPlan, caller_stream, evenly
from deploy.telephones.phones import AnswerAfter
from deploy.telephones.shift import take_calls
from tests.live.house import SOON_S, House
from tests.live.lives import Outcome
from tests.live.pairs import talking_pair
from tests.live.sites import NUMBERS
from tests.live.waiting import until_seen

WAITING = 20
APART_S = 0.15
"""Between two callers of the crowd."""
AWAY_S = 3.0
"""How long the service is away before it is started again."""
FAIL_SAFE_WITHIN_S = 25.0
LONG_S = 600.0
SERVED_WITHIN_S = 60.0
"""Twenty callers, two agents, a moment for each."""
TALK_S = 0.1
SAME_S = 0.5
"""A joining time that went through the ticket and a second run's clock is the same to within this."""


@asynccontextmanager
async def crowd(house: House) -> AsyncIterator[CallerStream]:
    """Twenty callers, dialling one after the other; they do not give up."""
    plans = evenly([CallPlan(f"556{n:04}", (), patience_s=LONG_S) for n in range(WAITING)], APART_S)
    async with caller_stream(house.exchange, NUMBERS["crowd"], plans, parent=house.folder) as stream:
        await stream.until_answered(WAITING, 2 * SOON_S)
        yield stream


async def until_in_line(house: House, callers: int) -> list[tuple[str, float]]:
    """Wait until so many wait; return their calls and joining times in the order of their positions."""

    async def complete() -> list[tuple[str, float]] | None:
        waiting = [call for call in await house.calls() if call["state"] == "waiting"]
        found = sorted(waiting, key=lambda call: call["position"])
        return [(call["id"], call["joined_at"]) for call in found] if len(found) == callers else None

    return await until_seen(complete, f"{callers} callers are in line", 2 * SOON_S)


async def test_after_a_crash_everybody_is_served_in_their_order_and_pairs_talk_on(house: House) -> None:
    pairs = [await talking_pair(house, number) for number in ("1001", "1002")]
    async with crowd(house) as stream:
        before = await until_in_line(house, WAITING)
        heard_s = [pair.heard_s() for pair in pairs]
        clock = asyncio.get_running_loop()
        killed_at = clock.time()

        house.service.kill()
        await asyncio.sleep(AWAY_S)  # the outage itself
        house.service.start()
        await house.service.until_ready()

        after = await until_in_line(house, WAITING)
        assert [call for call, _ in after] == [call for call, _ in before]
        for (_, joined_after), (_, joined_before) in zip(after, before, strict=True):
            assert joined_after == pytest.approx(joined_before, abs=SAME_S)
        for pair in pairs:
            assert (await pair.agent.until("talking"))["call"] == house.life(pair.caller).call
            assert (await house.call_of(pair.caller))["state"] == "talking"
        lasted_s = clock.time() - killed_at
        for pair, start_s in zip(pairs, heard_s, strict=True):
            assert pair.missed_since(start_s, lasted_s) == []
        assert len(house.observer.ledger.offers) == len(pairs)

        async with asyncio.TaskGroup() as tasks:
            serving = [tasks.create_task(take_calls(pair.agent.phone, lambda: TALK_S)) for pair in pairs]
            for pair in pairs:
                await pair.caller.hang_up()
            await house.observer.until(
                lambda: len(house.observer.ledger.talks) == len(pairs) + WAITING, "all are served", SERVED_WITHIN_S
            )
            await stream.until_over()
            for task in serving:
                task.cancel()

    offered = [event.data["call"] for event in await house.events() if event.kind == "Offered"][len(pairs) :]
    assert offered == [call for call, _ in before]
    lives = house.observer.ledger.lives
    assert [len(lives[call].offers) for call, _ in before] == [1] * WAITING


async def test_when_the_service_is_gone_for_good_everybody_is_in_the_fail_safe_in_time(house: House) -> None:
    pair = await talking_pair(house, "1001")
    async with crowd(house):
        await until_in_line(house, WAITING)
        waiting = [life for life in house.observer.ledger.present if life.call != house.life(pair.caller).call]
        clock = asyncio.get_running_loop()
        heard_s, killed_at = pair.heard_s(), clock.time()

        house.service.kill()
        await house.observer.until(
            lambda: all(life.failsafe_at is not None for life in waiting),
            "all are in the fail-safe",
            FAIL_SAFE_WITHIN_S,
        )

        assert len(waiting) == WAITING
        assert max(life.failsafe_at - killed_at for life in waiting if life.failsafe_at) <= FAIL_SAFE_WITHIN_S
        assert pair.missed_since(heard_s, clock.time() - killed_at) == []
        assert house.life(pair.caller).failsafe_at is None
    await house.observer.until(lambda: all(life.gone_at for life in waiting), "the crowd is gone", SOON_S)
    assert {life.outcomes for life in waiting} == {(Outcome.DIVERTED,)}


async def test_a_service_that_is_stopped_in_order_leaves_callers_in_line_for_the_next_run(house: House) -> None:
    callers = [await house.waiting_caller("crowd") for _ in range(2)]
    assert house.service.stop() == 0
    house.service.start()
    await house.service.until_ready()
    assert [call for call, _ in await until_in_line(house, 2)] == [house.life(caller).call for caller in callers]
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(callers[0], agent)


async def test_agents_keep_their_states_and_skills_over_a_crash(house: House) -> None:
    ready = await house.ready_agent("1001", AnswerAfter(0.1))
    paused = await house.paused_agent("1002", AnswerAfter(0.1))
    await paused.does("pause", reason="lunch")
    await paused.skilled(english=3)
    before = [await agent.now() for agent in (ready, paused)]
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    for agent, was in zip((ready, paused), before, strict=True):
        now = await agent.until(was["state"])
        kept = ("state", "reason", "phone", "skills")
        assert {key: now[key] for key in kept} == {key: was[key] for key in kept}
        assert now["since"] == pytest.approx(was["since"], abs=SAME_S)
