"""A line between the service and one of its neighbours, of the tests' own: it can hold, swallow, break and refuse."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from deploy.sites import LOOPBACK
from tests.deaf_socket import deafen
from tests.live.waiting import until

EMPTY_WITHIN_S = 10.0
AT_ONCE = 1 << 16
"""Bytes."""
TURN_S = 0.0001
"""So that what was sent later comes later."""


class Weather:
    """A bad line: every segment takes `delay_s`, and so many are `lost` (0 to 1) and sent again, as TCP does.

    What is sent again comes `again_s` later, twice as much later when it is lost once more; what is behind it waits for it.
    """

    def __init__(self, delay_s: float, lost: float, again_s: float, seed: int) -> None:
        self._delay_s, self._lost, self._again_s = delay_s, lost, again_s
        self._chance = random.Random(seed)  # noqa: S311 - the same weather every time

    def trip_s(self) -> float:
        """How long the next segment takes."""
        trip_s, again_s = self._delay_s, self._again_s
        while self._chance.random() < self._lost:
            trip_s, again_s = trip_s + again_s, 2 * again_s
        return trip_s


class Line:
    """Carries TCP connections to a port on loopback, in both directions."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open: dict[int, list[asyncio.StreamWriter]] = {}
        self._broken: set[int] = set()
        """Connections whose bytes are swallowed."""
        self._number = 0
        self._refuses = False
        self._swallows = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._kept_back = b""
        """New connections that say this are carried no further for now."""
        self._let_in = asyncio.Event()
        self._let_in.set()
        self.weather: Weather | None = None
        """Without one every byte is there at once."""
        self.port = 0
        self.connections = 0
        """Connections made so far."""

    @property
    def empty(self) -> bool:
        """Whether nothing is carried any more."""
        return not self._open

    def hold(self) -> None:
        """Stand still: nothing is read any more, on any connection, until it flows again."""
        self._flowing.clear()

    def swallow(self) -> None:
        """Lose every byte in both directions from now on, and keep the connections: half-open. New ones end so, too."""
        self._swallows = True
        self.forget()

    def forget(self) -> None:
        """Lose every byte of the connections that there are; new ones work, as behind a firewall that started anew."""
        self._broken.update(self._open)

    def die(self) -> None:
        """Answer no segment of the connections that there are any more, to either side: half-open, as the kernels see it."""
        self.forget()
        for writers in self._open.values():
            for writer in writers:
                deafen(writer.transport)

    def cut(self) -> None:
        """Reset every connection; new ones work."""
        for writers in list(self._open.values()):
            for writer in writers:
                writer.transport.abort()

    def keep_back(self, said: bytes) -> None:
        """From the segment on in which a connection says this, nothing of it gets through, until it is let in."""
        self._kept_back = said
        self._let_in.clear()

    def let_in(self) -> None:
        """Carry what was kept back."""
        self._let_in.set()

    def refuse(self) -> None:
        """Reset every connection, and every new one at once."""
        self._refuses = True
        self.cut()

    def flow(self) -> None:
        """Work from now on. Connections whose bytes were lost are reset: nothing could come of them."""
        self._refuses = self._swallows = False
        self._flowing.set()
        self._let_in.set()
        for number in self._broken & self._open.keys():
            for writer in self._open[number]:
                writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        number = self._number = self._number + 1
        self._open[number] = [writer]
        try:
            if self._refuses:
                return
            if self._swallows:
                self._broken.add(number)
            if self.weather is not None:  # the handshake
                await asyncio.sleep(self.weather.trip_s() + self.weather.trip_s())
            there, back = await asyncio.open_connection(LOOPBACK, self._target)
            self._open[number].append(back)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(reader, back, number))
                tasks.create_task(self._carry(there, writer, number))
        except ConnectionError:
            pass
        finally:
            for each in self._open.pop(number):
                each.transport.abort()
            self._broken.discard(number)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        there_at = 0.0
        with suppress(ConnectionError):
            while data := await reader.read(AT_ONCE):
                await self._flowing.wait()
                if not self._let_in.is_set() and self._kept_back in data:
                    await self._let_in.wait()
                if number in self._broken:
                    continue
                if self.weather is None:
                    writer.write(data)
                    await writer.drain()
                else:
                    loop = asyncio.get_running_loop()
                    there_at = max(there_at + TURN_S, loop.time() + self.weather.trip_s())
                    loop.call_at(there_at, writer.write, data)
            if number in self._broken:
                return  # an end is lost like every byte
            await asyncio.sleep(there_at - asyncio.get_running_loop().time())  # the end comes behind what is on its way
        for each in self._open.get(number, ()):
            each.transport.abort()


@asynccontextmanager
async def line_to(target: int, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Line]:
    """A line to a port on loopback; `port` 0 takes any free one. With `tls` it is reached by TLS, and shows that certificate."""
    line = Line(target)
    server = await asyncio.start_server(line.serve, LOOPBACK, port, ssl=tls)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.flow()
        line.cut()
        await until(lambda: line.empty, "the line is empty", EMPTY_WITHIN_S)
