"""Against a real Mosquitto: retained states, events, and `away` when the service is gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import aiomqtt

from acd.desk import Desk
from acd.names import CallId, PhoneId
from acd.requests import AgentPaused, AgentReady, AgentSignedIn, CallerJoined
from common.clock import unix_seconds
from cti_bridge.board.board import Board
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.live import LiveBoard
from cti_bridge.board.viewer import Viewer
from cti_bridge.links import MQTT, Links
from cti_bridge.publishing.cloud_events import Envelopes
from cti_bridge.publishing.mqtt import MqttAddress, MqttPublisher
from cti_bridge.publishing.publisher import Publisher
from deploy.sites import LOOPBACK
from deploy.stack import Part, Stack
from tests.live.cti_kit import SALES, WANG, WITHIN_S, desk, going, wire_to
from tests.live.waiting import until

MQTT_USER = "switchboard"
SITE = "mqtt-test"
TOPIC = f"switchboard/v1/{SITE}"
Heard = dict[str, list[dict[str, object]]]


class Publishing:
    """A desk whose state is being published."""

    def __init__(self, desk: Desk, port: int, password: str) -> None:
        self.desk, self.links = desk, Links(unix_seconds)
        figures = DayFigures(ZoneInfo("Asia/Shanghai"), desk.floor.plans.get, unix_seconds())
        board = Board(
            desk, figures, Viewer(desk, figures, self.links, lambda queue: {"en": queue}, lambda call: {"en": call})
        )
        self.live = LiveBoard(board, desk.run_id)
        address = MqttAddress(LOOPBACK, port, MQTT_USER, password)
        self.mqtt = MqttPublisher(address, Envelopes(SITE), self.live, self.links)
        self.live.tell(self.mqtt)
        self.publisher = Publisher(desk.feed, [self.live, self.mqtt])


@asynccontextmanager
async def publishing(stack: Stack, port: int | None = None) -> AsyncIterator[Publishing]:
    """The room's MQTT side beside a desk."""
    async with desk("run1") as one:
        publishing = Publishing(one, port or stack.site.ports.mqtt, stack.site.secrets.mqtt_password)
        async with going(publishing.publisher.run(), publishing.live.run(), publishing.mqtt.run()):
            await until(lambda: publishing.links.is_up(MQTT), "the link is up", WITHIN_S)
            yield publishing


@asynccontextmanager
async def listening(stack: Stack) -> AsyncIterator[Heard]:
    """An ordinary subscriber; what it hears by topic, in order. A message of events counts as its events."""
    heard: Heard = {}
    async with aiomqtt.Client(
        LOOPBACK, stack.site.ports.mqtt, username=MQTT_USER, password=stack.site.secrets.mqtt_password
    ) as client:

        async def listen() -> None:
            async for message in client.messages:
                topic = str(message.topic).removeprefix(f"{TOPIC}/")
                said = json.loads(bytes(message.payload)) if message.payload else {}
                heard.setdefault(topic, []).extend(said if topic == "events" else [said])

        await client.subscribe(f"{TOPIC}/#", qos=1)
        async with going(listen()):
            yield heard


def newest(heard: Heard, topic: str) -> dict[str, object]:
    """The data of a topic's newest message, or nothing yet."""
    messages = heard.get(topic)
    data = messages[-1].get("data", {}) if messages else {}
    assert isinstance(data, dict)
    return data


async def test_states_are_retained_and_follow_what_happens(stack: Stack) -> None:
    async with publishing(stack) as one, listening(stack) as heard:
        await until(lambda: newest(heard, "service").get("state") == "online", "online", WITHIN_S)
        await until(lambda: newest(heard, "agents/1001").get("state") == "signed_out", "retained agent", WITHIN_S)
        await one.desk.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
        await one.desk.ask(AgentReady(WANG, "test"))
        await one.desk.ask(AgentPaused(WANG, "lunch", "test"))
        await one.desk.ask(CallerJoined(CallId("node1-1"), SALES))
        await until(lambda: newest(heard, "agents/1001").get("reason") == "lunch", "the pause reason", WITHIN_S)
        await until(lambda: newest(heard, "queues/sales").get("waiting") == 1, "one waits", WITHIN_S)
        await until(
            lambda: [each["type"] for each in heard.get("events", [])].count("switchboard.v1.Queued") == 1,
            "the event",
            WITHIN_S,
        )
    async with listening(stack) as later:
        await until(lambda: newest(later, "agents/1001").get("reason") == "lunch", "retained", WITHIN_S)
        await until(lambda: newest(later, "service").get("state") == "away", "an orderly end says away", WITHIN_S)
        assert "events" not in later


async def test_what_happens_at_once_is_few_messages_no_event_lost_and_the_newest_state_last(stack: Stack) -> None:
    async with publishing(stack) as one, listening(stack) as heard:
        await until(lambda: newest(heard, "agents/1001").get("state") == "signed_out", "retained agent", WITHIN_S)
        await one.desk.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
        for number in range(500):
            await one.desk.ask(AgentPaused(WANG, f"reason {number}", "test"))
        await until(lambda: newest(heard, "agents/1001").get("reason") == "reason 499", "the newest state", WITHIN_S)
        await until(lambda: len(heard.get("events", [])) >= one.desk.seq - 1, "every event", WITHIN_S)
        assert len(heard["agents/1001"]) < 50
        assert [each["id"] for each in heard["events"]] == [f"run1-{seq}" for seq in range(2, one.desk.seq + 1)]


async def test_the_broker_says_away_when_the_service_is_gone_without_a_word(stack: Stack) -> None:
    async with wire_to(stack.site.ports.mqtt) as wire, listening(stack) as heard, publishing(stack, wire.port) as one:
        await until(lambda: newest(heard, "service").get("state") == "online", "online", WITHIN_S)
        wire.cut()
        await until(lambda: newest(heard, "service").get("state") == "away", "away by the last will", WITHIN_S)
        await until(lambda: newest(heard, "service").get("state") == "online", "online again", WITHIN_S)
        assert one.mqtt.dropped == 0


async def test_a_broker_that_was_away_has_the_newest_states_right_after(stack: Stack) -> None:
    async with publishing(stack) as one:
        await one.desk.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
        await asyncio.to_thread(stack.kill, Part.MOSQUITTO)
        try:
            await until(lambda: not one.links.is_up(MQTT), "the link is down", WITHIN_S)
            for reason in ("training", "break", "lunch"):
                await one.desk.ask(AgentPaused(WANG, reason, "test"))
        finally:
            await asyncio.to_thread(stack.restart, Part.MOSQUITTO)
        async with listening(stack) as heard:
            await until(lambda: newest(heard, "agents/1001").get("reason") == "lunch", "the newest state", WITHIN_S)


async def test_what_is_retained_of_agents_and_queues_that_are_gone_is_cleared(stack: Stack) -> None:
    async with aiomqtt.Client(
        LOOPBACK, stack.site.ports.mqtt, username=MQTT_USER, password=stack.site.secrets.mqtt_password
    ) as client:
        await client.publish(f"{TOPIC}/agents/0007", b'{"data": {"state": "ready"}}', qos=1, retain=True)
        await client.publish(f"{TOPIC}/queues/closed", b'{"data": {}}', qos=1, retain=True)
    async with listening(stack) as heard:
        await until(lambda: newest(heard, "agents/0007").get("state") == "ready", "a ghost", WITHIN_S)
        async with publishing(stack):
            await until(lambda: heard["agents/0007"][-1] == {}, "no ghost agent", WITHIN_S)
            await until(lambda: heard["queues/closed"][-1] == {}, "no ghost queue", WITHIN_S)
            assert heard["agents/1001"][-1] != {}
