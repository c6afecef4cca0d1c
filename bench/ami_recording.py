"""A recording of the real AMI stream of a busy centre: every event that Asterisk has, as the bytes came.

A stack of its own, SIPp callers and phones as in the comparison with app_queue, callers through Switchboard at a steady rate, and
an AMI user without filters who notes what comes.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from pathlib import Path

from bench.queue_people import Crowd, HangUpAfter, callers, phones
from bench.queue_sides import Side, serving
from bench.queue_site import OBSERVER, add_app_queue, new_site, remove_remains
from common.clock import boot_seconds
from deploy.containers import detect
from deploy.sites import LOOPBACK, REPOSITORY
from deploy.stack import Part, Stack

RECORDER = "recorder"
CALLS_PER_S = 20
STAY_S = 2.0
MOST_S = 240.0
"""How long callers may be needed until the recording is full."""
EVENT = b"\r\nEvent: "
READ_BYTES = 1 << 16
PASSABLE = 0o755


class TooFewEvents(Exception):
    """The recording did not become full in time."""


async def record(folder: Path, events: int) -> bytes:
    """Return at least so many events as Asterisk sent them, banner and login first. Raises TooFewEvents."""
    os.chmod(folder, PASSABLE)  # noqa: PTH101 - the containers' user passes through to its own folder
    engine = detect(REPOSITORY)
    remove_remains(engine)
    stack = Stack(engine, new_site(folder / "site", observers=(OBSERVER, RECORDER)))
    async with phones(folder) as phones_port:
        try:
            await asyncio.to_thread(stack.start)
            add_app_queue(stack.site, phones_port, disabled_events=())
            await asyncio.to_thread(stack.restart, Part.ASTERISK)
            return await _recorded(stack, folder, events)
        finally:
            await asyncio.to_thread(stack.stop)


async def _recorded(stack: Stack, folder: Path, events: int) -> bytes:
    crowd = Crowd(Side.SWITCHBOARD.numbers.calls, round(CALLS_PER_S * MOST_S), CALLS_PER_S, HangUpAfter(STAY_S))
    async with serving(Side.SWITCHBOARD, stack):
        reader, writer = await asyncio.open_connection(LOOPBACK, stack.site.ports.ami)
        with closing(writer):
            secret = stack.site.secrets.ledger_password
            writer.write(f"Action: Login\r\nUsername: {RECORDER}\r\nSecret: {secret}\r\n\r\n".encode())
            async with callers(folder, crowd, stack.site.ports.sip):
                return await _until_full(reader, events)


async def _until_full(reader: asyncio.StreamReader, events: int) -> bytes:
    parts: list[bytes] = []
    seen, give_up_at = 0, boot_seconds() + MOST_S
    while seen < events:
        if boot_seconds() > give_up_at:
            raise TooFewEvents(f"only {seen} of {events} events came within {MOST_S:.0f} s")
        part = await reader.read(READ_BYTES)
        if not part:
            raise TooFewEvents(f"Asterisk closed the recorder's link after {seen} events")
        parts.append(part)
        # Events split between two parts are not counted: the recording has a few more than it says.
        seen += part.count(EVENT)
    return b"".join(parts)
