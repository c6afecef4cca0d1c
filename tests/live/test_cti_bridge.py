"""The whole room beside a desk, on the real stack: what one run knew, the next one knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest

from acd.desk import Desk
from acd.names import CallId, EndedBy, NodeId, PhoneId
from acd.requests import AgentReady, AgentSignedIn, CallerGone, CallerJoined, ConversationEnded, ConversationStarted
from cti_bridge.ami.link import AmiAddress
from cti_bridge.ami.protocol import ActionRefused, LinkLost
from cti_bridge.api.health import read
from cti_bridge.bridge import Bridge, BridgeSettings
from cti_bridge.publishing.mqtt import MqttAddress
from deploy.sites import LOOPBACK
from deploy.stack import Part, Stack
from tests.live.cti_kit import SALES, WANG, WITHIN_S, desk, going, redis_url
from tests.live.waiting import until

USER = "switchboard"


@asynccontextmanager
async def bridge(stack: Stack, site: str, run: str, *further: AmiAddress) -> AsyncIterator[tuple[Desk, Bridge]]:
    """A desk and the room beside it, caught up. `further`: Asterisks beside the stack's."""
    site_ports, secrets = stack.site.ports, stack.site.secrets
    async with desk(run) as one:
        settings = BridgeSettings(
            site,
            ZoneInfo("Asia/Shanghai"),
            (AmiAddress(NodeId(stack.site.node), LOOPBACK, site_ports.ami, USER, secrets.ami_password), *further),
            redis_url(stack),
            MqttAddress(LOOPBACK, site_ports.mqtt, USER, secrets.mqtt_password),
        )
        room = Bridge(settings, one, lambda _call, _ticket: None, lambda queue: {"en": queue})
        async with going(room.run()):
            await until(room.caught_up.is_set, "caught up", WITHIN_S)
            yield one, room


async def a_call(one: Desk, number: int) -> None:
    """A call that Wang answers, and the caller ends."""
    call = CallId(f"test-{number}")
    await one.ask(CallerJoined(call, SALES))
    await one.ask(ConversationStarted(call, WANG))
    await one.ask(ConversationEnded(call, WANG, EndedBy.CALLER))
    await one.ask(AgentReady(WANG, "test"))


async def test_the_days_figures_and_the_agents_outlive_the_service(stack: Stack) -> None:
    async with bridge(stack, "bridge-test", "run1") as (one, room):
        await until(lambda: read(room.links).ready, "an Asterisk is linked", WITHIN_S)
        await one.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
        await one.ask(AgentReady(WANG, "test"))
        await a_call(one, 1)
        await a_call(one, 2)
        await one.ask(CallerJoined(CallId("test-3"), SALES))
        await one.ask(CallerGone(CallId("test-3")))
        assert await room.store.save(WANG)
        await until(lambda: room.live.board.viewer.queue(SALES).abandoned == 1, "the board has it", WITHIN_S)
        before = room.live.board.viewer.queue(SALES)
        written = one.seq
        await until(lambda: room._stream.written >= written - 1, "the stream has it", WITHIN_S)
        metrics = room.meters.text().decode()
    assert (before.offered, before.answered, before.abandoned, before.short_abandoned) == (3, 2, 1, 1)
    assert 'switchboard_calls_total{outcome="answered",queue="sales"} 2.0' in metrics
    assert 'switchboard_link_up{link="ami",node="node1"} 1.0' in metrics
    assert 'switchboard_agents{queue="sales",state="signed_out"} 1.0' in metrics
    assert "test-" not in metrics
    async with bridge(stack, "bridge-test", "run2") as (_two, room):
        await until(lambda: room.live.board.viewer.queue(SALES).abandoned == 1, "the day is recalled", WITHIN_S)
        after = room.live.board.viewer.queue(SALES)
        assert (after.offered, after.answered, after.abandoned, after.short_abandoned) == (3, 2, 1, 1)
        assert after.service_level == before.service_level == 1.0
        assert abs(after.since - before.since) < 1
        wang = room.live.board.viewer.agent(WANG)
        assert (wang.phone, wang.answered) == ("PJSIP/phone1", 2)


async def test_a_start_without_redis_is_late_and_happens(stack: Stack) -> None:
    await asyncio.to_thread(stack.kill, Part.REDIS)
    try:
        async with bridge(stack, "bridge-test-2", "run1") as (one, room):
            await one.ask(CallerJoined(CallId("test-1"), SALES))
            await until(
                lambda: room.live.board.viewer.queue(SALES).waiting == 1, "routing and the board work", WITHIN_S
            )
            assert read(room.links).parts["redis"] is False
    finally:
        await asyncio.to_thread(stack.restart, Part.REDIS)


async def test_an_asterisk_that_is_down_does_not_disturb_the_others(stack: Stack) -> None:
    down = AmiAddress(NodeId("node2"), LOOPBACK, 1, USER, "nobody is there")
    async with bridge(stack, "bridge-test-3", "run1", down) as (one, room):
        parts = read(room.links)
        assert (parts.ready, parts.parts["ami:node2"], parts.parts[f"ami:{stack.site.node}"]) == (True, False, True)
        call = CallId(f"{stack.site.node}-1")
        await one.ask(CallerJoined(call, SALES))
        await until(lambda: room.live.board.viewer.queue(SALES).waiting == 1, "routing and the board work", WITHIN_S)
        with pytest.raises(LinkLost, match="node2 is down"):
            await room.send_on(CallId("node2-1"), SALES)
        with pytest.raises(ActionRefused):
            await room.send_on(call, SALES)
        shown = room.live.board.viewer.links().ami
        assert (shown["node2"].up, shown[stack.site.node].up) == (False, True)
