"""What this room's live tests share: a desk on real clocks, and a wire that can be cut in either direction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from acd.desk import Desk
from acd.names import AgentId, QueueId
from acd.plans.plan import AgentProfile, PlanStep, QueuePlan
from acd.requests import Configured
from common.clock import boot_seconds, unix_seconds
from common.tasks import spawn
from deploy.sites import LOOPBACK
from deploy.stack import Stack
from tests.live.waiting import until

SALES = QueueId("sales")
WANG = AgentId("1001")
LI = AgentId("1002")
WITHIN_S = 10.0
WHOLE_TEST_S = 30.0


def redis_url(stack: Stack, port: int | None = None) -> str:
    """The stack's Redis, or the same behind another port."""
    return f"redis://:{stack.site.secrets.redis_password}@{LOOPBACK}:{port or stack.site.ports.redis}/0"


@asynccontextmanager
async def going(*works: Coroutine[Any, Any, Any]) -> AsyncIterator[None]:
    """Run these in the background."""
    tasks = [spawn(work, f"under test {number}") for number, work in enumerate(works)]
    try:
        async with asyncio.timeout(WHOLE_TEST_S):
            yield
    finally:
        for task in tasks:
            task.cancel()
        _, stuck = await asyncio.wait(tasks, timeout=WITHIN_S)
        assert not stuck, f"would not be cancelled: {stuck}"


@asynccontextmanager
async def desk(run: str) -> AsyncIterator[Desk]:
    """A configured desk on the real clocks."""
    desk = Desk(boot_seconds, unix_seconds, run)
    async with going(desk.run()):
        agents = (AgentProfile(WANG, "王小明", (("english", 7),), (SALES,)), AgentProfile(LI, "Li", (), (SALES,)))
        await desk.ask(Configured((QueuePlan(SALES, "Sales", (PlanStep("all", 0),), wrap_up_s=1.0),), agents))
        yield desk


class Wire:
    """A TCP wire to a server: `mute` loses its answers, `cut` breaks all connections."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: list[asyncio.StreamWriter] = []
        self._muted = False
        self.lost = asyncio.Event()
        """Set when an answer was lost."""
        self.port = 0
        self.open = 0
        """Connections being carried."""

    def mute(self) -> None:
        """Lose every answer from now on."""
        self._muted = True

    def cut(self) -> None:
        """Break all connections; new ones work."""
        self._muted = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.open += 1
        try:
            there, back = await asyncio.open_connection(LOOPBACK, self._target)
            self._writers += [writer, back]
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(reader, back))
                tasks.create_task(self._carry_back(there, writer))
        except ConnectionError:
            writer.transport.abort()
        finally:
            self.open -= 1

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.transport.abort()

    async def _carry_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._muted:
                    self.lost.set()
                else:
                    writer.write(data)
        writer.transport.abort()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """A wire to a server on loopback."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.serve, LOOPBACK, 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut()
        await until(lambda: wire.open == 0, "the wire is empty", WITHIN_S)
