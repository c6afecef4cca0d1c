"""What the stack's tests stand on: a look at Asterisk over AMI, and the process that stands for the service."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from common.clock import boot_seconds
from common.tasks import spawn
from deploy.stack import Part, Stack
from deploy.telephones.handset import Exchange

SOON_S = 20.0
TURN_S = 0.5
"""The music of a turn of the re-entry loop (MUSIC_S in the dialplan)."""


@dataclass
class Observer:
    """An independent look at Asterisk over AMI: keeps every event it is sent."""

    events: list[dict[str, str]] = field(default_factory=list)
    answers: list[dict[str, str]] = field(default_factory=list)
    writer: asyncio.StreamWriter | None = None

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Keep what comes until the connection ends."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
                pairs = dict(line.partition(": ")[::2] for line in block.split("\r\n") if line)
                (self.events if "Event" in pairs else self.answers).append(pairs | {"at": str(boot_seconds())})

    async def act(self, **words: str) -> dict[str, str]:
        """Send an action and give its answer."""
        assert self.writer is not None
        known = len(self.answers)
        self.writer.write("".join(f"{key}: {value}\r\n" for key, value in words.items()).encode() + b"\r\n")
        await until(lambda: len(self.answers) > known)
        return self.answers[known]

    def in_fail_safe(self) -> dict[str, float]:
        """Call → when it came into the fail-safe."""
        entered = [e for e in self.events if e["Event"] == "Newexten" and e["Context"] == "switchboard-failsafe"]
        return {event["Uniqueid"]: float(event["at"]) for event in reversed(entered)}

    def keys_pressed(self) -> str:
        """The keys that callers pressed, in turn."""
        return "".join(e["Digit"] for e in self.events if e["Event"] == "DTMFEnd" and e["Direction"] == "Received")

    def in_music(self) -> int:
        """How often music was begun for somebody."""
        return sum(event["Event"] == "MusicOnHoldStart" for event in self.events)

    def turns_without_the_service(self) -> Counter[str]:
        """Call → how many turns of the re-entry loop it has gone: each ends with `TURN_S` of music."""
        waits = (e for e in self.events if e["Event"] == "Newexten" and e["Application"] == "Wait")
        return Counter(event["Uniqueid"] for event in waits if event["Context"] == "switchboard")

    def hung_up_by_the_dialplan(self) -> set[str]:
        """Calls that came to a Hangup in the dialplan."""
        return {e["Uniqueid"] for e in self.events if e["Event"] == "Newexten" and e["Application"] == "Hangup"}

    def ended(self) -> set[str]:
        """Calls whose channel is gone."""
        return {event["Uniqueid"] for event in self.events if event["Event"] == "Hangup"}


async def until(condition: Callable[[], bool], within_s: float = SOON_S) -> None:
    """Wait until something holds that other processes bring about; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def observing(port: int, user: str, password: str) -> AsyncIterator[Observer]:
    """Log in as a user of AMI."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    observer = Observer(writer=writer)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(observer.read(reader))
        assert (await observer.act(Action="Login", Username=user, Secret=password))["Response"] == "Success"
        try:
            yield observer
        finally:
            reading.cancel()
            writer.close()


def ledger(running: Stack) -> contextlib.AbstractAsyncContextManager[Observer]:
    """Observe as the user who sees everything."""
    return observing(running.site.ports.ami, "ledger", running.site.secrets.ledger_password)


async def until_nobody_is_left(running: Stack) -> None:
    """Wait until Asterisk has no call any more, so that the next test meets none of this one's; raises TimeoutError."""
    async with ledger(running) as observer, asyncio.timeout(SOON_S):
        while (await observer.act(Action="CoreStatus"))["CoreCurrentCalls"] != "0":  # noqa: ASYNC110 - Asterisk's doing
            await asyncio.sleep(0.1)


def console(running: Stack, command: str) -> str:
    """What Asterisk answers to a command of its console."""
    return running.engine.exec(running.name(Part.ASTERISK), ["asterisk", "-rx", command])


def exchange_of(running: Stack) -> Exchange:
    """Where the stack's Asterisk takes SIP."""
    return Exchange("127.0.0.1", running.site.ports.sip)


@dataclass(frozen=True)
class Session:
    """What the stand-in was handed: path and arguments of the request, the call, and the ticket on its channel."""

    path: str
    call: str
    words: list[str]
    ticket: str


class StandIn:
    """The process that stands for the service; `sessions` is what it was handed, in order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.sessions: list[Session] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it; returns when it listens."""
        program = str(Path(__file__).with_name("stand_in.py"))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, program, str(self.port), stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert b"listening" in await self._process.stdout.readline()
        self._reading = spawn(self._read(self._process.stdout), "stand-in's sessions")

    async def kill(self) -> None:
        """End it with SIGKILL, as a crash does."""
        if self._process is not None and self._reading is not None:
            self._process.kill()
            await self._process.wait()
            await self._reading
            self._process = None

    def calls(self) -> set[str]:
        """Which calls it was handed."""
        return {session.call for session in self.sessions}

    async def _read(self, lines: asyncio.StreamReader) -> None:
        async for line in lines:
            self.sessions.append(Session(**json.loads(line)))
