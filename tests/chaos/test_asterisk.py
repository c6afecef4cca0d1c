"""Asterisk is killed and comes back: its calls are over, no ghost of them stays, and whoever calls next is served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.sites import LOOPBACK
from deploy.stack import Part, Stack
from deploy.telephones.phones import AnswerAfter
from tests.live.house import House
from tests.live.observer import Observer, observing
from tests.live.pairs import talking_pair
from tests.live.sites import NUMBERS
from tests.live.waiting import until_seen

WAITING = 4
NO_GHOSTS_WITHIN_S = 5.0
SERVED_WITHIN_S = 10.0


@asynccontextmanager
async def seen_anew(house: House, stack: Stack) -> AsyncIterator[Observer]:
    """Another ledger, on a connection to the Asterisk that is there now: what was before died with the old one."""
    house.observer.begin()
    async with observing(LOOPBACK, stack.site.ports.ami, stack.site.secrets.ledger_password) as observer:
        house.observer = observer
        yield observer
        await observer.until_nobody_is_on_the_line(SERVED_WITHIN_S)
        assert observer.ledger.breaches() == []


async def test_after_asterisk_was_killed_no_ghost_stays_agents_are_as_they_were_and_the_next_caller_is_served(
    house: House, stack: Stack, figures: list[str]
) -> None:
    pair = await talking_pair(house, "1001")
    paused = await house.paused_agent("1002", AnswerAfter(0.1))
    await paused.does("pause", reason="lunch")
    callers = [await house.waiting_caller("crowd") for _ in range(WAITING)]
    await asyncio.to_thread(stack.kill, Part.ASTERISK)
    began = house.observer.now()
    await asyncio.to_thread(stack.restart, Part.ASTERISK)
    up = house.observer.now()
    async with seen_anew(house, stack) as observer:
        await house.until_floor_is_empty(NO_GHOSTS_WITHIN_S)
        no_ghosts_s = observer.now() - up
        for phone in (pair.agent.phone, pair.caller, *callers):
            await phone.hang_up()  # nobody told them that the other side is gone
        await pair.agent.until("ready")
        assert (await paused.now())["reason"] == "lunch"

        async def linked() -> bool:
            return bool((await house.get("/readyz"))["parts"]["ami:node1"])

        await until_seen(linked, "the service is linked with Asterisk", SERVED_WITHIN_S)
        await callers[0].call(NUMBERS["crowd"])
        await house.until_talking(callers[0], pair.agent, SERVED_WITHIN_S)
        served_s = observer.now() - up
        assert served_s <= 2 * SERVED_WITHIN_S
        await callers[0].hang_up()
        await pair.agent.until("ready")
    figures.append(
        f"Asterisk killed, up again after {up - began:.1f} s: no ghosts {no_ghosts_s:.1f} s later, "
        f"a new caller talks {served_s:.1f} s later"
    )
