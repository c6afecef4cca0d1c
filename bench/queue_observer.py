"""The third party: an AMI reader of its own that notes when callers entered, phones rang, and who was answered.

None of our own AMI code is used. Times are the events' own `Timestamp` (manager.conf: timestampevents), so how promptly this
process runs does not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Protocol

from bench.queue_figures import CallSeen
from common.clock import boot_seconds

LOOK_EVERY_S = 0.05
QUEUEING = frozenset({"Queue", "AGI"})
"""The applications that take a caller into the queue: app_queue's, and ours."""
LOGIN_WITHIN_S = 5.0


class NotSeen(Exception):
    """What was waited for did not happen in time; the text says what."""


class Calls:
    """Every caller since the last `begin`, made of AMI events; pure."""

    def __init__(self) -> None:
        self.seen: dict[str, CallSeen] = {}

    def begin(self) -> None:
        """Forget the callers seen so far."""
        self.seen = {}

    def take(self, event: dict[str, str]) -> None:
        """An AMI event; those of channels that entered no queue are passed over."""
        channel, at = event.get("Uniqueid", ""), float(event.get("Timestamp", "0"))
        if event["Event"] == "Newexten" and event.get("Application") in QUEUEING and channel not in self.seen:
            self.seen[channel] = CallSeen(len(self.seen), entered=at)
        call = self.seen.get(channel)
        if call is None:
            return
        match event["Event"]:
            case "QueueCallerJoin":
                call.joined = at
            case "DialBegin" if call.rung is None:
                call.rung = at
            case "DialEnd" if event.get("DialStatus") == "ANSWER":
                call.answered = at
            case "Hangup":
                call.gone = at
            case _:
                pass

    @property
    def entered(self) -> int:
        """How many callers have entered."""
        return len(self.seen)

    @property
    def answered(self) -> int:
        """How many of them have been answered."""
        return sum(call.answered is not None for call in self.seen.values())

    @property
    def here(self) -> int:
        """How many of them have not hung up yet."""
        return sum(call.gone is None for call in self.seen.values())


class Seen(Protocol):
    """What is made of AMI events."""

    def take(self, event: dict[str, str]) -> None:
        """An AMI event."""
        ...


class Reader:
    """Reads AMI, and hands every event on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
        self._reader, self._writer, self._seen = reader, writer, seen

    async def log_in(self, user: str, secret: str) -> None:
        """Raises NotSeen where Asterisk does not let the observer in."""
        self._writer.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\n\r\n".encode())
        async with asyncio.timeout(LOGIN_WITHIN_S):
            await self._reader.readline()  # the banner
            answer = await self._message()
        if answer.get("Response") != "Success":
            raise NotSeen(f"Asterisk refused the benchmark's observer: {answer.get('Message')}")

    async def read(self) -> None:
        """Take events until the link ends; raises NotSeen then, for a run without an observer proves nothing."""
        try:
            while True:
                message = await self._message()
                if "Event" in message:
                    self._seen.take(message)
        except asyncio.IncompleteReadError as lost:
            raise NotSeen("Asterisk closed the observer's link") from lost

    async def _message(self) -> dict[str, str]:
        return dict(_headers(await self._reader.readuntil(b"\r\n\r\n")))


class Observer:
    """Keeps `calls`."""

    def __init__(self) -> None:
        self.calls = Calls()

    async def until(self, condition: Callable[[Calls], bool], what: str, within_s: float) -> None:
        """Wait for a condition on the calls; raises NotSeen, naming `what`."""
        give_up_at = boot_seconds() + within_s
        while not condition(self.calls):
            if boot_seconds() > give_up_at:
                counts = f"{self.calls.entered} entered, {self.calls.answered} answered, {self.calls.here} here"
                raise NotSeen(f"not within {within_s:.0f} s: {what} ({counts})")
            await asyncio.sleep(LOOK_EVERY_S)


def _headers(message: bytes) -> Iterator[tuple[str, str]]:
    for line in message.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name, value.strip()


@asynccontextmanager
async def observing(port: int, user: str, secret: str) -> AsyncIterator[Observer]:
    """An observer at the AMI on loopback, reading until the context ends."""
    observer = Observer()
    async with seeing(observer.calls, port, user, secret):
        yield observer


@asynccontextmanager
async def seeing(seen: Seen, port: int, user: str, secret: str) -> AsyncIterator[None]:
    """Hand every event of the AMI on loopback to `seen` until the context ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ami = Reader(reader, writer, seen)
    try:
        await ami.log_in(user, secret)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(ami.read())
            try:
                yield
            finally:
                reading.cancel()
    finally:
        writer.close()
