"""The ledger's own eyes: a small AMI reader on its own connection, none of the service's code."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from common.tasks import spawn
from tests.live.ledger import Event, Ledger

USER = "ledger"
LOGIN_WITHIN_S = 5.0
LONGEST_EVENT = 1 << 20
"""Bytes."""


class NotSeen(AssertionError):
    """What was waited for did not show on Asterisk in its time."""


class Observer:
    """Feeds a ledger, and lets tests wait until it says what they want."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.events: list[Event] = []
        """Everything seen since the last `begin`, for a test that wants a detail, and to keep when one fails."""
        self._changed: set[asyncio.Event] = set()

    def begin(self) -> None:
        """Open a new page: what was before belongs to another test."""
        self.ledger = Ledger()
        self.events = []

    def now(self) -> float:
        """The ledger's clock."""
        return asyncio.get_running_loop().time()

    async def until(self, condition: Callable[[], bool], what: str, within_s: float) -> None:
        """Wait until `condition` holds, looked at after every event; raises NotSeen naming `what`."""
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            lives = "\n".join(str(life) for life in self.ledger.lives.values())
            raise NotSeen(f"not seen within {within_s} s: {what}; the ledger:\n{lives}") from None
        finally:
            self._changed.discard(changed)

    async def until_nobody_is_on_the_line(self, within_s: float) -> None:
        """Wait until every caller and every phone's leg is gone; raises NotSeen."""
        await self.until(lambda: not self.ledger.present and not self.ledger.legs, "an empty line", within_s)

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Note everything that comes, until the connection ends."""
        while message := await _message(reader):
            event = _fields(message)
            if "Event" not in event:
                continue
            self.events.append(event)
            self.ledger.note(self.now(), event)
            for changed in self._changed:
                changed.set()


@asynccontextmanager
async def observing(host: str, port: int, secret: str) -> AsyncIterator[Observer]:
    """Watch this Asterisk as AMI user `ledger`; raises NotSeen when it does not let us in."""
    reader, writer = await asyncio.open_connection(host, port, limit=LONGEST_EVENT)
    observer = Observer()
    try:
        writer.write(f"Action: Login\r\nUsername: {USER}\r\nSecret: {secret}\r\n\r\n".encode())
        async with asyncio.timeout(LOGIN_WITHIN_S):
            await reader.readuntil(b"\r\n")  # the banner
            answer = _fields(await _message(reader))
        if answer.get("Response") != "Success":
            raise NotSeen(f"Asterisk refuses the AMI user {USER!r}: {answer.get('Message')}")
        reading = spawn(observer.read(reader), "ledger")
        try:
            yield observer
        finally:
            reading.cancel()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """One AMI message; empty when Asterisk is gone."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _fields(message: bytes) -> Event:
    """One AMI message; of a repeated name the last value counts."""
    lines = message.decode("utf-8", errors="replace").splitlines()
    return {name: value for name, _, value in (line.partition(": ") for line in lines) if name}
