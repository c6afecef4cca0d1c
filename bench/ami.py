"""What hearing Asterisk costs: a real stream of AMI events through our link and through panoramisk's own protocol.

Both parse the same bytes, in the same pieces, and call the very handlers that the service has (`AsteriskNode.ears`), in
rounds that alternate; figures are medians over the rounds, by processor time. Last line: one JSON object. The stream is
recorded first, from a stack of its own (`ami_recording.py`); `--keep FILE` keeps it, `--stream FILE` takes a kept one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import panoramisk
from panoramisk.ami_protocol import AMIProtocol

from acd.desk import Desk
from acd.names import AgentId, CallId, NodeId, PhoneId, QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import AgentSignedIn, CallerJoined, Configured
from bench.ami_recording import EVENT, record
from common.clock import boot_seconds, unix_seconds
from common.tasks import spawn
from cti_bridge.ami.link import AmiAddress
from cti_bridge.ami.node import AsteriskNode
from cti_bridge.ami.protocol import AmiProtocol, Handler
from cti_bridge.ami.wire import Message
from cti_bridge.links import Links

EVENTS = 50_000
ROUNDS = 5
PIECE_BYTES = 4_096
"""How much one read of the socket brings on a busy link."""
QUEUE = QueueId("calls")
_DIALLED = re.compile(rb"Event: DialBegin\r\n(?:.+\r\n)*?Uniqueid: (\S+)\r\n(?:.+\r\n)*?DestChannel: (\S+)-\w+\r\n")


async def floor_of(stream: bytes) -> Desk:
    """A desk that knows the stream's callers and phones, so that what is heard of them means something."""
    desk = Desk(boot_seconds, unix_seconds, "bench")
    running = spawn(desk.run(), "desk")
    found = _DIALLED.findall(stream)
    phones = sorted({phone.decode() for _, phone in found})
    agents = tuple(AgentProfile(AgentId(str(n)), str(n), (), (QUEUE,)) for n in range(len(phones)))
    await desk.ask(Configured((QueuePlan(QUEUE, "Calls", (PlanStep("anyone", 0),)),), agents))
    for agent, phone in zip(agents, phones, strict=True):
        await desk.ask(AgentSignedIn(agent.agent, PhoneId(phone), "bench"))
    for call in dict.fromkeys(call.decode() for call, _ in found):
        await desk.ask(CallerJoined(CallId(call), QUEUE))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return desk


def handlers_of(desk: Desk) -> dict[str, Handler]:
    """The handlers of a node, as the service has them; what they ask of the desk stays in its mailbox."""
    address = AmiAddress(NodeId("node1"), "127.0.0.1", 5038, "nobody", "")
    return dict(AsteriskNode(address, desk, lambda _call, _ticket: None, Links(unix_seconds)).ears)


def pieces(stream: bytes) -> Iterator[bytes]:
    """The stream as a socket brings it."""
    return (stream[start : start + PIECE_BYTES] for start in range(0, len(stream), PIECE_BYTES))


def ours(handlers: dict[str, Handler]) -> Callable[[bytes], None]:
    """Our protocol, with the world known."""
    protocol = AmiProtocol(handlers)
    protocol.release()
    return protocol.data_received


def panoramisks(handlers: dict[str, Handler]) -> Callable[[bytes], None]:
    """Panoramisk's Manager with its own protocol and the same handlers registered."""
    manager = panoramisk.Manager(encoding="utf8")
    protocol = AMIProtocol()
    protocol.connection_made(SimpleNamespace(write=_nobody, close=_nobody))
    protocol.factory, protocol.encoding = manager, "utf8"
    manager.protocol = protocol
    for event, handler in handlers.items():
        manager.register_event(event, _called_back(handler))
    received: Callable[[bytes], None] = protocol.data_received
    return received


class _Heard:
    """panoramisk's message as our handlers read one: a header that is not there is an empty text."""

    __slots__ = ("_message",)

    def __init__(self, message: panoramisk.message.Message) -> None:
        self._message = message

    def __getitem__(self, header: str) -> str:
        value: str = self._message.get(header, "")
        return value


def _called_back(handler: Handler) -> Callable[[object, panoramisk.message.Message], None]:
    def called_back(_manager: object, event: panoramisk.message.Message) -> None:
        handler(cast(Message, _Heard(event)))

    return called_back


def _nobody(*_words: object) -> None:
    """Nobody is at the other end."""


def seconds_of(receive: Callable[[bytes], None], stream: bytes) -> float:
    """Processor seconds that it takes to hear the whole stream."""
    began = time.process_time()
    for piece in pieces(stream):
        receive(piece)
    return time.process_time() - began


async def measure(stream: bytes) -> dict[str, float | int]:
    """Hear the stream by both, in turn, and compare."""
    desk = await floor_of(stream)
    events = stream.count(EVENT)
    spent: dict[str, list[float]] = {"ours": [], "panoramisk": []}
    for _ in range(ROUNDS):
        spent["ours"].append(seconds_of(ours(handlers_of(desk)), stream))
        spent["panoramisk"].append(seconds_of(panoramisks(handlers_of(desk)), stream))
    ours_s, theirs_s = statistics.median(spent["ours"]), statistics.median(spent["panoramisk"])
    return {
        "events": events,
        "megabytes": round(len(stream) / 1e6, 1),
        "ours_per_s": round(events / ours_s),
        "panoramisk_per_s": round(events / theirs_s),
        "ratio_panoramisk": round(theirs_s / ours_s, 1),
    }


async def _stream(options: argparse.Namespace) -> bytes:
    if options.stream is not None:
        return await asyncio.to_thread(options.stream.read_bytes)
    with tempfile.TemporaryDirectory(prefix="bench-ami-") as folder:
        stream = await record(Path(folder), EVENTS)
    if options.keep is not None:
        await asyncio.to_thread(options.keep.write_bytes, stream)
    return stream


async def _run(options: argparse.Namespace) -> dict[str, float | int]:
    return await measure(await _stream(options))


def main() -> None:
    """Record, measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="keep the recorded stream in this file")
    parser.add_argument("--stream", type=Path, help="hear the stream in this file and record none")
    logging.getLogger("panoramisk").setLevel(logging.ERROR)
    figures = asyncio.run(_run(parser.parse_args()))
    print(f"{figures['ours_per_s']} events/s, panoramisk {figures['panoramisk_per_s']}", file=sys.stderr)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
