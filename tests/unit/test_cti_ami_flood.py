"""An AMI peer that drips or floods: bounded time and memory, and the link comes back."""

from __future__ import annotations

import asyncio
import tracemalloc
from contextlib import suppress
from statistics import median
from time import thread_time

import pytest

from cti_bridge.ami import protocol, wire
from cti_bridge.ami.protocol import LinkLost
from cti_bridge.ami.wire import BANNER, Framer, WireBroken, event_name
from tests.unit.cti_kit import Peer
from tests.unit.test_cti_ami_link import linked

FLOOD_BYTES = 100 << 20
READ_BYTES = 256 << 10
"""What asyncio reads at once."""
LONGEST_HOLD_S = 0.05
"""How long one read may keep everybody else from the loop, in processor time: a busy machine does not count."""


def greeted() -> Framer:
    framer = Framer()
    framer.feed(BANNER + b"11.0.0\r\n")
    return framer


async def test_a_flood_without_an_empty_line_is_cut_off_and_the_link_comes_back() -> None:
    sent: list[int] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        if sent:
            await peer.serve()
            return
        sent.append(0)
        with suppress(ConnectionError):
            while sent[0] < FLOOD_BYTES:
                peer.write(b"x" * READ_BYTES)
                sent[0] += READ_BYTES
                await peer.drained()

    async with linked(script) as running:
        while running.ups < 2:
            running.up.clear()
            await running.up.wait()
    assert sent[0] < FLOOD_BYTES / 2


async def test_a_list_without_an_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "ITEMS_LIMIT", 100)
    lists: list[str] = []

    async def script(peer: Peer) -> None:
        await peer.greet()
        while True:
            asked = await peer.heard()
            if asked["Action"] != "Status" or lists:
                peer.grant(asked)
                continue
            lists.append(asked["ActionID"])
            peer.grant(asked, "EventList: start")
            for number in range(200):
                peer.say("Event: Status", f"Uniqueid: {number}", f"ActionID: {asked['ActionID']}")

    async with linked(script) as running:
        await running.up.wait()
        with pytest.raises(LinkLost, match="Status"):
            await running.link.act("Status")
        await running.down.wait()
        while running.ups < 2:
            running.up.clear()
            await running.up.wait()


@pytest.mark.parametrize("piece", [b"xy", b"Event: X\r\n", b"x" * READ_BYTES])
def test_a_message_that_never_ends_takes_little_more_memory_than_may_be_kept(
    piece: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 2 * READ_BYTES
    monkeypatch.setattr(wire, "MESSAGE_LIMIT", limit)
    framer = greeted()
    tracemalloc.start()
    try:
        with pytest.raises(WireBroken, match="without an end"):
            swallow(framer, piece, FLOOD_BYTES)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * limit


def swallow(framer: Framer, piece: bytes, size: int) -> None:
    for _ in range(size // len(piece)):
        framer.feed(bytes(bytearray(piece)))  # as from a socket: a piece of memory of its own each time


@pytest.mark.parametrize(
    "message", [b"Event: VarSet\r\nVariable: X\r\n\r\n", b"\r\n\r\n", b"Response: Success\r\n\r\n"]
)
def test_a_flood_of_messages_that_nobody_wants_does_not_hold_the_loop_up(message: bytes) -> None:
    framer, read = greeted(), (message * (READ_BYTES // len(message) + 1))[:READ_BYTES]
    holds = []
    for _ in range(20):
        began = thread_time()
        for frame in framer.feed(read):
            event_name(frame)
        holds.append(thread_time() - began)
    assert median(holds) < LONGEST_HOLD_S


async def test_a_banner_that_drips_is_given_up_with_the_connection() -> None:
    tries = asyncio.Semaphore(0)

    async def script(peer: Peer) -> None:
        tries.release()
        with suppress(ConnectionError):
            for byte in BANNER:
                peer.write(bytes([byte]))
                await peer.drained()
            await peer.heard()

    async with linked(script) as running:
        await tries.acquire()
        await tries.acquire()
        assert not running.up.is_set()
