"""One feed for every reader: in order, whole, and a slow reader costs the others nothing."""

from __future__ import annotations

import asyncio

import pytest

from acd.events import RoutingResumed, Stamped
from acd.facts import FarEndGone
from acd.feed import Feed, FeedClosed
from acd.names import CallId
from common.tasks import spawn


def stamped(seq: int) -> Stamped:
    return Stamped(seq, "run1", float(seq), float(seq), RoutingResumed())


async def test_every_reader_gets_every_event_from_when_it_subscribed() -> None:
    feed = Feed()
    early = feed.subscribe("early")
    feed.publish(stamped(1))
    late = feed.subscribe("late")
    feed.publish(stamped(2))
    assert [one.seq for one in early.take()] == [1, 2]
    assert [(await anext(late)).seq, late.behind] == [2, 0]


async def test_a_reader_who_waits_is_woken() -> None:
    feed = Feed()
    waiting = spawn(anext(feed.subscribe("one")), "reader")
    await asyncio.sleep(0)
    feed.publish(stamped(1))
    assert (await waiting).seq == 1


async def test_a_reader_is_woken_by_the_kinds_it_asked_for_alone() -> None:
    feed = Feed()
    reader = feed.subscribe("one", backlog=2, kinds=(RoutingResumed,))
    waiting = spawn(anext(reader), "reader")
    for seq in (1, 2, 3):
        feed.publish(Stamped(seq, "run1", float(seq), float(seq), FarEndGone(CallId("node1-1"))))
    await asyncio.sleep(0)
    assert not waiting.done()
    feed.publish(stamped(4))
    assert ((await waiting).seq, reader.behind, feed.dropped) == (4, 0, 0)


async def test_a_slow_reader_is_dropped_and_the_others_go_on() -> None:
    feed = Feed()
    slow, quick = feed.subscribe("slow", backlog=2), feed.subscribe("quick")
    for seq in (1, 2, 3, 4):
        feed.publish(stamped(seq))
    assert feed.dropped == 1
    assert [one.seq for one in quick.take()] == [1, 2, 3, 4]
    assert [(await anext(slow)).seq, (await anext(slow)).seq] == [1, 2]  # what it was given before, without a gap
    with pytest.raises(FeedClosed, match="slow fell 2 events behind"):
        await anext(slow)


async def test_who_unsubscribes_gets_no_more_and_may_do_so_twice() -> None:
    feed = Feed()
    reader = feed.subscribe("one")
    feed.unsubscribe(reader)
    feed.unsubscribe(reader)
    feed.publish(stamped(1))
    with pytest.raises(FeedClosed):
        await anext(reader)
    assert feed.dropped == 0


async def test_the_feed_s_end_is_told_to_who_waits() -> None:
    feed = Feed()
    waiting = spawn(anext(feed.subscribe("one")), "reader")
    await asyncio.sleep(0)
    feed.close()
    with pytest.raises(FeedClosed, match="the feed ended"):
        await waiting
