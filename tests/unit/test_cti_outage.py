"""A link that stays away: how often that is told, and what is kept for it meanwhile."""

from __future__ import annotations

import asyncio
import json

import aiomqtt
import pytest
import redis.asyncio
from structlog.testing import capture_logs

from acd.events import CallerReturned, Stamped
from acd.names import CallId
from common.tasks import spawn
from cti_bridge.board.views import Delta, QueueView
from cti_bridge.kept import event_stream
from cti_bridge.kept.event_stream import EventStream
from cti_bridge.kept.link import RedisLink
from cti_bridge.links import Links
from cti_bridge.outage import Outage
from cti_bridge.publishing import mqtt
from cti_bridge.publishing.cloud_events import Envelopes
from cti_bridge.publishing.mqtt import MqttAddress, MqttPublisher
from tests.unit.test_cti_api import Served

CALL = CallId("node1-1700000000.1")


def test_a_link_that_stays_away_is_told_at_once_and_then_every_minute() -> None:
    outage = Outage()
    told = [at for at in range(150) if outage.is_news("refused", float(at))]
    assert told == [0, 60, 120]
    assert outage.failures == 150


def test_another_reason_is_told_at_once_and_does_not_bring_the_first_back() -> None:
    outage = Outage()
    said = [outage.is_news(reason, at) for at, reason in enumerate(["refused", "timed out"] * 10)]
    assert said == [True, True] + [False] * 18


def test_after_it_was_back_the_next_absence_is_told_at_once() -> None:
    outage = Outage()
    outage.is_news("refused", 0.0)
    outage.over()
    assert outage.is_news("refused", 1.0)
    assert outage.failures == 1


async def test_a_broker_that_stays_away_has_the_newest_states_and_so_many_events_kept_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mqtt, "EVENTS_KEPT", 3)
    served = Served()
    publisher = MqttPublisher(MqttAddress("127.0.0.1", 1), Envelopes("main"), served.live, served.links)
    stamped = [Stamped(seq, "run1", float(seq), float(seq), CallerReturned(CALL)) for seq in range(5)]
    for each in stamped:
        publisher.take(each)
    assert (len(publisher._events), publisher.dropped) == (3, 2)
    assert [json.loads(event)["id"] for event in publisher._events] == ["run1-2", "run1-3", "run1-4"]
    for waiting in range(5):
        view = QueueView.model_construct(id="sales", waiting=waiting)  # type: ignore[call-arg]  # what is looked at
        publisher.show(Delta(seq=waiting, at=0.0, queues=[view]))
    ((topic, kept),) = publisher._states.items()
    assert topic == "switchboard/v1/main/queues/sales"
    assert kept is not None
    assert isinstance(kept.view, QueueView)
    assert (kept.seq, kept.view.waiting) == (4, 4)


async def test_a_redis_that_stays_away_has_so_many_events_kept_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "KEPT", 3)
    stream = EventStream(RedisLink(redis.asyncio.Redis(port=1), Links(lambda: 0.0)), Envelopes("main"))
    for seq in range(5):
        stream.take(Stamped(seq, "run1", float(seq), float(seq), CallerReturned(CALL)))
    assert stream.dropped == 2
    assert [entry.wall for entry in stream._waiting] == [2.0, 3.0, 4.0]


async def test_a_broker_that_stays_away_is_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(mqtt, "LONGEST_PAUSE_S", 0.001)
    tries = asyncio.Semaphore(0)
    served = Served()
    nowhere = MqttAddress("127.0.0.1", 1)
    publisher = MqttPublisher(nowhere, Envelopes("main"), served.live, served.links)

    async def refused() -> None:
        tries.release()
        raise aiomqtt.MqttError("nobody listens")

    monkeypatch.setattr(publisher, "_serve", refused)
    with capture_logs() as told:
        running = spawn(publisher.run(), "mqtt")
        for _ in range(5):
            await tries.acquire()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert [(line["event"], line["failures"]) for line in told] == [
        ("MQTT link down; the newest states are kept", 1),
    ]
