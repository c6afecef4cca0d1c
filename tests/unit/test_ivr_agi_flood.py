"""FastAGI peers that break off, drip or flood: they cost a bounded time and memory, and disturb nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from itertools import chain, repeat
from statistics import median
from time import thread_time

import pytest

from ivr.agi.server import AgiConnection, Listen, serving
from ivr.agi.wire import BLOCK_BYTES, LINES_AT_ONCE, AgiWire, NotAgi
from tests.unit.asterisk_peer import HEADERS, AsteriskPeer, asterisk

LISTEN = Listen("127.0.0.1", 0, (ip_network("127.0.0.0/8"),))
FLOOD_BYTES = 100 << 20
READ_BYTES = 256 << 10
"""What asyncio reads at once."""
LONGEST_HOLD_S = 0.05
"""How long one read may keep everybody else from the loop, in processor time: a busy machine does not count."""
WITHIN_S = 20.0
HANDED_OVER = HEADERS.format(script="call", call="node1-1.1").encode()


@asynccontextmanager
async def served(listen: Listen = LISTEN) -> AsyncIterator[tuple[int, asyncio.Queue[str]]]:
    """A service that asks each channel one thing; the port, and the answers."""
    answers: asyncio.Queue[str] = asyncio.Queue()

    async def handler(connection: AgiConnection) -> None:
        answers.put_nowait((await connection.command("GET VARIABLE", "x")).value or "")

    async with asyncio.timeout(WITHIN_S), serving(listen, {"call": handler}) as port:
        yield port, answers


async def is_served(peer: AsteriskPeer, answers: asyncio.Queue[str]) -> None:
    """A channel that was handed over is asked and answers."""
    await peer.answers("200 result=1 (fine)")
    assert await answers.get() == "fine"


async def test_an_end_at_any_byte_disturbs_nobody() -> None:
    talk = HANDED_OVER + b"200 result=1 (cut off)\n"
    async with served() as (port, answers), asterisk(port) as fine:
        for end in range(len(talk)):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(talk[:end])
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        fine.hands_over()
        await is_served(fine, answers)
        assert answers.empty()


async def test_headers_that_drip_have_no_more_time_than_others() -> None:
    async with served(replace(LISTEN, headers_within_s=0.1)) as (port, answers), asterisk(port) as fine:
        fine.hands_over()
        await is_served(fine, answers)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ended = asyncio.ensure_future(reader.read())  # noqa: TID251 - awaited below
        with suppress(ConnectionError):
            while not ended.done():
                writer.write(b"agi_x")
                await asyncio.wait([ended], timeout=0.01)
        with suppress(ConnectionError):
            assert await ended == b""
        writer.close()
        assert answers.empty()


@pytest.mark.parametrize("begun", [b"", HANDED_OVER])
async def test_a_flood_without_an_empty_line_is_cut_off_and_the_next_channel_is_served(begun: bytes) -> None:
    async with served() as (port, answers), asterisk(port) as fine:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        sent = 0
        with suppress(ConnectionError):
            while sent < FLOOD_BYTES:
                writer.write(b"x" * READ_BYTES)
                sent += READ_BYTES
                await writer.drain()
        assert sent < FLOOD_BYTES / 2, "the peer could send what it liked"
        writer.close()
        fine.hands_over()
        await is_served(fine, answers)


async def test_bytes_that_are_no_utf8_cost_nobody_their_call() -> None:
    async with served() as (port, answers):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HANDED_OVER.removesuffix(b"\n") + b"agi_calleridname: \xff\xfe\xc3\n\n")
        assert await reader.readline() == b'GET VARIABLE "x"\n'
        writer.write(b"200 result=1 (\xe7\x8e)\n")
        assert await answers.get() == "\ufffd"
        writer.close()


AS_MANY = LINES_AT_ONCE - 50
"""Almost as many lines at once as are looked at at all."""
ENOUGH_BYTES = 3 << 20
FLOODS = {
    "much at once": repeat(b"HANGUP\n" * READ_BYTES),
    "no line ends": repeat(b"x" * 1_000),
    "empty lines": repeat(b"\n" * AS_MANY),
    "many headers": (b"".join(b"agi_%d: x\n" % n for n in range(at, at + 900)) for at in range(0, 1 << 30, 900)),
    "one byte after another": repeat(b"x", BLOCK_BYTES + 1),
    "replies": chain([HANDED_OVER], repeat(b"200 result=0\n" * AS_MANY)),
    "hang-ups": chain([HANDED_OVER], repeat(b"HANGUP\n" * AS_MANY)),
    "usage without an end": chain([HANDED_OVER], repeat(b"520-x\n" * AS_MANY)),
    "blanks before a bracket": chain([HANDED_OVER], repeat(b"200 result=" + b" (" * 30_000 + b"\n")),
}


@pytest.mark.parametrize("flood", list(FLOODS))
def test_no_flood_holds_the_loop_up_or_fills_the_memory(flood: str) -> None:
    wire, taken, holds = AgiWire(), 0, [0.0]
    with suppress(NotAgi):
        for piece in FLOODS[flood]:
            if taken >= ENOUGH_BYTES:
                break
            began = thread_time()
            wire.receive(piece)
            holds.append(thread_time() - began)
            taken += len(piece)
            assert len(wire._unread) <= BLOCK_BYTES
    assert median(holds) < LONGEST_HOLD_S  # the longest may be the garbage collector's
