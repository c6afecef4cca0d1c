"""How often a link that stays away is told."""

from __future__ import annotations

import asyncio

import aiomqtt
import pytest
from structlog.testing import capture_logs

from common.tasks import spawn
from cti_bridge import mqtt
from cti_bridge.cloud_events import Envelopes
from cti_bridge.mqtt import MqttAddress, MqttPublisher
from cti_bridge.outage import Outage
from tests.unit.test_cti_api import Served


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
