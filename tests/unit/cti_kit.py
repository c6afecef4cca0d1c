"""What this room's tests share: a desk on a clock that moves when told, recorded and written AMI, a scripted Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from acd.desk import Desk
from acd.events import Event, Stamped
from acd.names import AgentId, CallId, PhoneId, QueueId
from acd.plans.door import Door, Treatment
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import AgentReady, AgentSignedIn, CallerJoined, Configured, Request
from cti_bridge.ami.wire import Frame, Framer, Message, parse

SALES = QueueId("sales")
WANG = AgentId("1001")
LI = AgentId("1002")
CALL = CallId("node1-1700000000.1")
OTHER_CALL = CallId("node1-1700000000.2")
MIDDAY = 1_700_020_800.0
"""Noon in Shanghai, 15 November 2023."""
WITHIN_S = 10.0
"""No test of ours has to wait so long, however busy the machine."""
Result = TypeVar("Result")
REPLAY = Path(__file__).parent.parent / "replay"


def phone(agent: AgentId) -> PhoneId:
    """The phone on which the kit signs an agent in."""
    return PhoneId(f"PJSIP/phone{agent}")


async def soon(work: Awaitable[Result]) -> Result:
    """Await something that must not take long."""
    async with asyncio.timeout(WITHIN_S):
        return await work


class Clocks:
    """Two clocks that move together, unless the wall clock is set."""

    def __init__(self) -> None:
        self.engine = 5000.0
        self.wall = MIDDAY

    def passes(self, seconds: float) -> None:
        """Time passes."""
        self.engine += seconds
        self.wall += seconds


class House:
    """A configured desk whose requests are handled at once; everything on its feed is kept in `said`."""

    def __init__(self, **rules: object) -> None:
        self.clocks = Clocks()
        self.desk = Desk(lambda: self.clocks.engine, lambda: self.clocks.wall, "run1")
        self._reader = self.desk.feed.subscribe("test")
        plan = {"queue": SALES, "name": "Sales", "steps": (PlanStep("all", 0),), "answer_within_s": 20.0} | rules
        self.said: list[Stamped] = []
        self.tell(
            Configured(
                (QueuePlan(**plan),),  # type: ignore[arg-type]  # the fields are QueuePlan's own
                (
                    AgentProfile(WANG, "王小明", (("english", 7),), (SALES,)),
                    AgentProfile(LI, "Li", (("english", 3),), (SALES,)),
                ),
            )
        )

    def tell(self, request: Request) -> list[Stamped]:
        """Have the engine handle a request now; a refusal is only noted, as with `post`."""
        self.desk._handle(request, None)
        return self.news()

    def news(self) -> list[Stamped]:
        """What was said since the last look."""
        news = self._reader.take()
        self.said += news
        return news

    def ready(self, *agents: AgentId) -> list[Stamped]:
        """Sign these agents in and make them ready."""
        return [
            stamped
            for agent in agents
            for request in (AgentSignedIn(agent, phone(agent), "test"), AgentReady(agent, "test"))
            for stamped in self.tell(request)
        ]

    def joins(self, call: CallId = CALL, priority: int = 0) -> list[Stamped]:
        """A caller joins the queue."""
        return self.tell(CallerJoined(call, SALES, priority, attributes=(("language", "en"),)))

    def turned_away(self, call: CallId) -> list[Stamped]:
        """A caller comes while the queue lets nobody in, as not one agent is signed in."""
        floor = self.desk.floor
        strict = replace(floor.plans[SALES], door=Door(none_signed_in=Treatment("nobody-here", "message")))
        self.tell(Configured((strict,), tuple(agent.profile for agent in floor.agents.values())))
        return self.joins(call)


def kinds(stamped: Iterable[Stamped]) -> list[str]:
    """The events' names."""
    return [type(each.event).__name__ for each in stamped]


def stamp(event: Event, seq: int = 1, at: float = 5000.0, wall: float = MIDDAY) -> Stamped:
    """An event as it stands on the feed."""
    return Stamped(seq, "run1", at, wall, event)


def recorded(name: str) -> list[Message]:
    """A stream recorded from a real Asterisk 22.10.1."""
    return [parse(frame) for frame in Framer().feed((REPLAY / f"{name}.ami").read_bytes())]


def event(name: str, **headers: str) -> Message:
    """An AMI event, written out."""
    lines = [f"Event: {name}", *(f"{header}: {value}" for header, value in headers.items())]
    return parse(Frame("\r\n".join(lines).encode()))


class Peer:
    """The Asterisk's end of one AMI connection, scripted by a test."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def heard(self) -> Message:
        """The next action. Raises IncompleteReadError when the other side is gone."""
        return parse(Frame((await self._reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")))

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    async def drained(self) -> None:
        """Return once most of what was written has been taken. Raises ConnectionError."""
        await self._writer.drain()

    def say(self, *lines: str) -> None:
        """Send one message."""
        self.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def grant(self, action: Message, *lines: str) -> None:
        """Answer an action with Success."""
        self.say("Response: Success", f"ActionID: {action['ActionID']}", *lines)

    async def greet(self) -> Message:
        """Send the banner, hear the login and let it in."""
        self.write(b"Asterisk Call Manager/11.0.0\r\n")
        login = await self.heard()
        self.grant(login, "Message: Authentication accepted")
        return login

    async def serve(self) -> None:
        """Answer every ping until the other side goes."""
        try:
            while True:
                action = await self.heard()
                self.grant(action, "Ping: Pong")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    def reset(self) -> None:
        """Break the connection."""
        self._writer.transport.abort()


@asynccontextmanager
async def asterisk(script: Callable[[Peer], Awaitable[None]]) -> AsyncIterator[int]:
    """An address on loopback that plays `script` on every connection; gives its port."""
    writers: list[asyncio.StreamWriter] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await script(Peer(reader, writer))

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)
