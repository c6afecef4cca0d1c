"""Against a real Redis: every event once, agents who outlive the service, and a Redis that is away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from acd.desk import Desk
from acd.names import AgentState, CallId, EndedBy, PhoneId
from acd.requests import (
    AgentPaused,
    AgentReady,
    AgentSignedIn,
    CallerJoined,
    ConversationEnded,
    ConversationStarted,
    SkillsAssigned,
)
from acd.waits.expected_wait import KeptScores
from common.clock import unix_seconds
from cti_bridge.kept.agents import AgentStore, agent_key
from cti_bridge.kept.event_stream import EventStream, history_of, read_events, stream_key
from cti_bridge.kept.link import RedisLink, connect
from cti_bridge.kept.past_paces import past_paces
from cti_bridge.kept.past_scores import PastScores
from cti_bridge.kept.texts import KeptTexts, ReadBack
from cti_bridge.links import REDIS, Links
from cti_bridge.publishing.cloud_events import Envelopes
from cti_bridge.publishing.publisher import Publisher
from deploy.stack import Part, Stack
from tests.live.cti_kit import LI, SALES, WANG, WITHIN_S, desk, going, redis_url, wire_to
from tests.live.waiting import until

SITE = "redis-test"
SWITCHES = f"switchboard:{SITE}:calendars"
PHONE = PhoneId("PJSIP/phone1")
EVERYTHING = frozenset({"AgentStateChanged", "Queued", "Offered", "StillWaiting", "PlansLoaded"})


@dataclass
class Writing:
    """A desk whose events and agents are being written."""

    desk: Desk
    links: Links
    link: RedisLink
    stream: EventStream
    store: AgentStore

    async def entries(self) -> list[str]:
        """The ids of the stream's events, in order."""
        raw = await self.link.client.xrange(stream_key(SITE))
        assert raw is not None
        return [json.loads(fields["event"])["id"] for _, fields in raw]  # type: ignore[index]  # redis-py's types allow for None


@asynccontextmanager
async def writing(url: str, run: str = "run1") -> AsyncIterator[Writing]:
    """The room's Redis side beside a desk."""
    async with desk(run) as one:
        links = Links(unix_seconds)
        link = RedisLink(connect(url), links)
        stream, store = EventStream(link, Envelopes(SITE)), AgentStore(link, SITE, one)
        async with going(link.run(), stream.run(), store.run(), Publisher(one.feed, [stream, store]).run()):
            yield Writing(one, links, link, stream, store)


@pytest.fixture(autouse=True)
async def empty(stack: Stack) -> AsyncIterator[None]:
    """Nothing of these tests is in Redis, before and after."""
    await wipe(redis_url(stack))
    yield
    await wipe(redis_url(stack))


async def wipe(url: str) -> None:
    """Remove what these tests write."""
    async with Redis.from_url(url) as client:
        await client.delete(stream_key(SITE), SWITCHES, *(agent_key(SITE, agent) for agent in (WANG, LI)))


async def test_every_event_is_in_the_stream_once_and_can_be_read_back(stack: Stack) -> None:
    began = unix_seconds()
    async with writing(redis_url(stack)) as one:
        for number in range(500):
            await one.desk.ask(CallerJoined(CallId(f"node1-{number}"), SALES))
        last = one.desk.seq
        await until(lambda: one.stream.written == last - 1, "everything is written", WITHIN_S)
        ids = await one.entries()
        assert ids == [f"run1-{seq}" for seq in range(2, last + 1)]
        read = [each async for each in read_events(one.link, SITE, began - 1, frozenset({"Queued"}))]
        assert len(read) == 500
        history = await history_of(one.link, SITE)
        assert history.whole_since is not None
        assert began - 1 < history.whole_since <= read[0].wall


async def test_what_the_lines_did_before_a_restart_is_learned_again(stack: Stack) -> None:
    async with writing(redis_url(stack)) as one:
        await one.desk.ask(AgentSignedIn(WANG, PHONE, "test"))
        await one.desk.ask(AgentReady(WANG, "test"))
        for number in range(6):
            call = CallId(f"node1-{number}")
            await one.desk.ask(CallerJoined(call, SALES))
            await one.desk.ask(ConversationStarted(call, WANG))
            await one.desk.ask(ConversationEnded(call, WANG, EndedBy.CALLER))
            await one.desk.ask(AgentReady(WANG, "test"))
        last = one.desk.seq
        await until(lambda: one.stream.written == last - 1, "everything is written", WITHIN_S)
        assert (await past_paces(one.link, SITE, one.desk)).of == {}, "what this run did it knows by itself"
    async with writing(redis_url(stack), "run2") as other:
        await until(lambda: other.links.is_up(REDIS), "the link is up", WITHIN_S)
        pace = (await past_paces(other.link, SITE, other.desk)).of[SALES]
        assert (round(pace.handled), round(pace.connected), pace.gave_up) == (6, 6, 0.0)


async def test_how_right_expected_waits_were_is_known_again_after_a_restart(stack: Stack) -> None:
    scores = KeptScores(0.05, 0.15, (1.0, 2.5))
    async with writing(redis_url(stack)) as one, keeping(one.link) as kept:
        await until(kept.restored.is_set, "nothing was kept yet", WITHIN_S)
        past = PastScores(one.desk, kept)
        one.desk.forecasts.recall(SALES, scores)
        past.write()
        assert await kept.saved(SALES)
    async with writing(redis_url(stack), "run2") as other:
        read = KeptTexts(other.link, SWITCHES)
        PastScores(other.desk, read)
        async with going(read.run()):
            await until(read.restored.is_set, "it was read back", WITHIN_S)
        assert other.desk.forecasts.scores() == {SALES: scores}


async def test_a_write_whose_answer_was_lost_is_not_written_twice(stack: Stack) -> None:
    async with wire_to(stack.site.ports.redis) as wire, writing(redis_url(stack, wire.port)) as one:
        await until(lambda: one.links.is_up(REDIS), "the link is up", WITHIN_S)
        wire.mute()
        for number in range(50):
            await one.desk.ask(CallerJoined(CallId(f"node1-{number}"), SALES))
        async with asyncio.timeout(WITHIN_S):
            await wire.lost.wait()
        await until(lambda: not one.links.is_up(REDIS), "the lost answer is noticed", WITHIN_S)
        await one.desk.ask(CallerJoined(CallId("node1-50"), SALES))
        wire.cut()
        last = one.desk.seq
        await until(lambda: one.stream.written == last - 1, "everything is written", WITHIN_S)
        assert await one.entries() == [f"run1-{seq}" for seq in range(2, last + 1)]


async def test_an_agent_comes_back_as_they_were_with_what_they_wished_for(stack: Stack) -> None:
    call = CallId("node1-7")
    async with writing(redis_url(stack)) as one:
        await one.desk.ask(AgentSignedIn(WANG, PHONE, "test"))
        await one.desk.ask(AgentReady(WANG, "test"))
        await one.desk.ask(CallerJoined(call, SALES))
        await one.desk.ask(ConversationStarted(call, WANG))
        await one.desk.ask(AgentPaused(WANG, "lunch", "test"))
        await one.desk.ask(AgentSignedIn(LI, PhoneId("PJSIP/phone2"), "test"))
        await one.desk.ask(AgentPaused(LI, "training", "test"))
        await one.desk.ask(SkillsAssigned(LI, (("chinese", 8),), "test"))
        assert await one.store.save(WANG)
        assert await one.store.save(LI)
        since = one.desk.wall(one.desk.floor.agents[LI].since)
    async with writing(redis_url(stack), "run2") as two:
        await until(two.store.restored.is_set, "the agents are restored", WITHIN_S)
        wang, li = two.desk.floor.agents[WANG], two.desk.floor.agents[LI]
        assert (li.state, li.reason, li.phone) == (AgentState.PAUSED, "training", "PJSIP/phone2")
        assert li.skills == (("chinese", 8),)
        assert abs(two.desk.wall(li.since) - since) < 0.1
        # Nobody may be offered to who may still be talking: Asterisk is asked next.
        assert (wang.state, wang.phone) == (AgentState.WRAP_UP, PHONE)
        assert wang.wish is not None
        assert (wang.wish.state, wang.wish.reason) == (AgentState.PAUSED, "lunch")


async def test_an_unreadable_record_costs_only_that_agent(stack: Stack) -> None:
    async with Redis.from_url(redis_url(stack)) as client:
        await client.hset(agent_key(SITE, WANG), mapping={"state": "dancing", "since": "yesterday"})
        await client.hset(agent_key(SITE, LI), mapping={"state": "paused", "since": "1.0", "phone": "PJSIP/phone2"})
    async with writing(redis_url(stack)) as one:
        await until(one.store.restored.is_set, "the agents are restored", WITHIN_S)
        assert one.desk.floor.agents[WANG].state is AgentState.SIGNED_OUT
        assert one.desk.floor.agents[LI].state is AgentState.PAUSED


async def test_with_redis_away_routing_goes_on_and_everything_is_written_afterwards(stack: Stack) -> None:
    async with writing(redis_url(stack)) as one:
        await until(lambda: one.links.is_up(REDIS), "the link is up", WITHIN_S)
        await asyncio.to_thread(stack.kill, Part.REDIS)
        try:
            await until(lambda: not one.links.is_up(REDIS), "the link is down", WITHIN_S)
            await one.desk.ask(AgentSignedIn(WANG, PHONE, "test"))
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert not await one.store.save(WANG)
            assert loop.time() - began < 1.5
        finally:
            await asyncio.to_thread(stack.restart, Part.REDIS)
        last = one.desk.seq
        await until(lambda: one.stream.written == last - 1, "everything is written", WITHIN_S)
        assert await one.store.save(WANG)
        saved = await one.link.client.hgetall(agent_key(SITE, WANG))
        assert (saved["state"], saved["phone"]) == ("paused", PHONE)


async def test_two_runs_write_one_stream_in_order(stack: Stack) -> None:
    for run in ("run1", "run2"):
        async with writing(redis_url(stack), run) as one:
            await one.desk.ask(CallerJoined(CallId("node1-1"), SALES))
            last = one.desk.seq
            await until(lambda one=one, last=last: one.stream.written == last - 1, "written", WITHIN_S)  # type: ignore[misc]  # bound for this run
            ids = await one.entries()
    assert [each.split("-")[0] for each in ids] == sorted(each.split("-")[0] for each in ids)
    assert len(ids) == len(set(ids))


async def test_a_text_that_is_kept_is_read_back_by_the_next_run_and_the_newest_wins(stack: Stack) -> None:
    async with writing(redis_url(stack)) as one, keeping(one.link) as kept:
        await until(kept.restored.is_set, "it was read back", WITHIN_S)
        kept.put("shop", "closed")
        kept.put("office", "open")
        assert await kept.saved("shop")
        assert await kept.saved("office")
        kept.put("shop", "open again")
        assert await kept.saved("shop")
    found: dict[str, str] = {}
    async with writing(redis_url(stack), "run2") as two, keeping(two.link, found.update) as kept:
        kept.put("office", "closed since the start")
        await until(kept.restored.is_set, "it was read back", WITHIN_S)
        assert found == {"shop": "open again"}


@asynccontextmanager
async def keeping(link: RedisLink, read_back: ReadBack | None = None) -> AsyncIterator[KeptTexts]:
    """Texts that are kept while the body runs."""
    kept = KeptTexts(link, SWITCHES)
    if read_back is not None:
        kept.read_back = read_back
    async with going(kept.run()):
        yield kept
