"""The room beside the real engine: what the desk says is what is catalogued."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from acd.desk import Desk
from acd.events import Offered
from acd.names import CallState, EndedBy, PhoneId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import AgentReady, AgentSignedIn, CallerJoined, Configured, ConversationEnded, ConversationStarted
from common.tasks import spawn
from recordings.catalogue.search import Search
from recordings.recording import Recording, RecordingState
from tests.unit.recordings_kit import CALL, SALES, STARTED, WANG, House, house, offered, two_voices

CENTRE = Configured(
    (QueuePlan(SALES, "Sales", (PlanStep("all", 0.0, "skill.english >= 5"),)),),
    (AgentProfile(WANG, "王小明", (("english", 7),), (SALES,)),),
)


@dataclass
class Clock:
    """The desk's time."""

    now: float = 1_000.0

    def __call__(self) -> float:
        """Tell the time, seconds."""
        return self.now


@asynccontextmanager
async def at_work(at: House, clock: Clock) -> AsyncIterator[Desk]:
    """Run a desk with one ready agent, and the keeper beside it."""
    desk = Desk(clock, lambda: STARTED + clock.now, "run")
    tasks = [spawn(desk.run(), "desk"), spawn(at.keeper.run(desk.feed), "keeper")]
    try:
        await desk.ask(CENTRE)
        await desk.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
        await desk.ask(AgentReady(WANG, "test"))
        yield desk
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def entry(at: House, state: RecordingState) -> Recording:
    """Wait until the catalogue has an entry in this state."""
    async with asyncio.timeout(5):
        while True:
            page = await at.catalogue.page(Search(state=state), 1)
            if page.recordings:
                return page.recordings[0]
            await asyncio.sleep(0)


async def test_a_call_through_the_engine_is_catalogued_as_the_engine_saw_it(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path) as at, at_work(at, clock) as desk:
        with desk.orders(CALL) as orders:
            await desk.ask(CallerJoined(CALL, SALES, attributes=(("language", "english"),)))
            while not isinstance(offer := await orders.next(), Offered):
                pass
        file = await at.tape.load(offered())
        assert file is not None
        clock.now += 4
        await desk.ask(ConversationStarted(CALL, offer.agent))
        talking = await entry(at, RecordingState.RECORDING)
        assert (talking.started_at, talking.wait_s) == (STARTED + 1_004, 4.0)
        assert desk.floor.calls[CALL].state is CallState.TALKING
        at.asterisk_writes(file, two_voices(6))
        clock.now += 6
        await desk.ask(ConversationEnded(CALL, WANG, EndedBy.AGENT))
        over = await entry(at, RecordingState.COMPLETE)
        assert (over.talked_s, over.duration_s, over.ended_by) == (6.0, 6.0, EndedBy.AGENT)


async def test_a_keeper_that_the_feed_dropped_comes_back(tmp_path: Path) -> None:
    clock = Clock()
    async with house(tmp_path) as at, at_work(at, clock) as desk:
        desk.feed.close()
        async with asyncio.timeout(5):
            while not desk.feed._readers:  # noqa: ASYNC110 - a subscription is no event
                await asyncio.sleep(0)
        await desk.ask(CallerJoined(CALL, SALES))
        file = await at.tape.load(offered())
        assert file is not None
        at.asterisk_writes(file, two_voices(2))
        await desk.ask(ConversationStarted(CALL, WANG))
        clock.now += 2
        await desk.ask(ConversationEnded(CALL, WANG, EndedBy.CALLER))
        assert (await entry(at, RecordingState.COMPLETE)).talked_s == 2.0
