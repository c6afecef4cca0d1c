"""Against a real Asterisk: the link, its loss and its return."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from acd.names import CallId, NodeId
from common.clock import unix_seconds
from cti_bridge.ami.link import AmiAddress
from cti_bridge.ami.node import AsteriskNode
from cti_bridge.ami.protocol import ActionRefused
from cti_bridge.ami.resync import Place
from cti_bridge.links import Links, ami_link
from deploy.sites import LOOPBACK
from deploy.stack import Part, Stack
from tests.live.cti_kit import WITHIN_S, desk, going, wire_to
from tests.live.waiting import until

AMI_USER = "switchboard"


def no_place(_call: CallId, _ticket: str) -> Place | None:
    """Nobody has a ticket."""
    return None


@asynccontextmanager
async def noded(stack: Stack, port: int | None = None) -> AsyncIterator[tuple[AsteriskNode, Links]]:
    """A node linked to the stack's Asterisk."""
    links, node_id = Links(unix_seconds), NodeId(stack.site.node)
    address = AmiAddress(node_id, LOOPBACK, port or stack.site.ports.ami, AMI_USER, stack.site.secrets.ami_password)
    async with desk("run1") as one:
        node = AsteriskNode(address, one, no_place, links)
        async with going(node.run()):
            await until(lambda: links.is_up(ami_link(node_id)), "the link is up", WITHIN_S)
            yield node, links


async def test_it_links_sees_the_world_and_may_do_only_what_it_needs(stack: Stack) -> None:
    async with noded(stack) as (node, _links):
        assert node.seen.is_set()
        with pytest.raises(ActionRefused, match="No such channel"):
            await node._link.act("Hangup", ("Channel", "PJSIP/nobody-00000001"))
        with pytest.raises(ActionRefused, match="Permission denied"):
            await node._link.act("Command", ("Command", "core show version"))


async def test_a_hostile_text_reaches_asterisk_as_text_or_not_at_all(stack: Stack) -> None:
    async with noded(stack) as (node, _links):
        for text in ("x\r\nAction: Originate", "x\nAction: Originate", "x\0y"):
            with pytest.raises(ValueError, match="CR, LF or NUL"):
                await node._link.act("Hangup", ("Channel", text))
        with pytest.raises(ActionRefused, match="No such channel"):
            await node._link.act("Hangup", ("Channel", "王小明: Action: Originate"))


async def test_a_reset_is_noticed_within_a_second_and_mended(stack: Stack) -> None:
    async with wire_to(stack.site.ports.ami) as wire, noded(stack, wire.port) as (_node, links):
        name = ami_link(NodeId(stack.site.node))
        wire.cut()
        await until(lambda: not links.is_up(name), "the link is down", 1.0)
        await until(lambda: links.is_up(name), "the link is up again", WITHIN_S)


async def test_a_silent_link_is_noticed_within_six_seconds(stack: Stack) -> None:
    async with wire_to(stack.site.ports.ami) as wire, noded(stack, wire.port) as (_node, links):
        name = ami_link(NodeId(stack.site.node))
        wire.mute()
        await until(lambda: not links.is_up(name), "the link is down", 6.0)
        wire.cut()
        await until(lambda: links.is_up(name), "the link is up again", WITHIN_S)


async def test_an_asterisk_that_was_killed_is_linked_again_when_it_is_back(stack: Stack) -> None:
    async with noded(stack) as (_node, links):
        name = ami_link(NodeId(stack.site.node))
        await asyncio.to_thread(stack.kill, Part.ASTERISK)
        try:
            await until(lambda: not links.is_up(name), "the link is down", 2.0)
        finally:
            await asyncio.to_thread(stack.restart, Part.ASTERISK)
        await until(lambda: links.is_up(name), "the link is up again", WITHIN_S)
