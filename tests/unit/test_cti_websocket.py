"""The live stream over a real WebSocket on loopback, served as the service serves it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.asyncio.client import ClientConnection, connect

from acd.names import CallId
from common.tasks import spawn
from cti_bridge.api.websocket import stream
from cti_bridge.board.board import Board
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.live import LiveBoard
from cti_bridge.board.viewer import Viewer
from cti_bridge.links import Links
from tests.live.waiting import until
from tests.unit.cti_kit import CALL, MIDDAY, WITHIN_S, House

MUCH = 100_000
"""Bytes of one message: what the kernel takes for a reader who does not read is soon full."""


class Served:
    """A live board on a port."""

    def __init__(self, port: int) -> None:
        self.house, self.queue_name = House(), "Sales"
        desk = self.house.desk
        figures = DayFigures(ZoneInfo("Asia/Shanghai"), desk.floor.plans.get, MIDDAY)
        links = Links(lambda: self.house.clocks.wall)
        board = Board(
            desk, figures, Viewer(desk, figures, links, lambda _: {"en": self.queue_name}, lambda call: {"en": call})
        )
        self.live, self.port = LiveBoard(board, "run1"), port

    def shows(self, call: CallId) -> None:
        """A caller joins and is shown."""
        for stamped in self.house.joins(call):
            self.live.take(stamped)
        self.live.flush()

    def watching(self) -> int:
        """How many watch."""
        return len(self.live._watchers)


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    """A real server."""
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(listener.getsockname()[1])
    app = FastAPI()

    @app.websocket("/live")
    async def live(each: WebSocket) -> None:
        await stream(each, served.live)

    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio", ws_ping_interval=None)
    )
    task = spawn(server.serve([listener]), "server under test")
    try:
        async with asyncio.timeout(2 * WITHIN_S):
            yield served
    finally:
        server.should_exit = server.force_exit = True
        await asyncio.wait([task])


async def hear(connection: ClientConnection) -> dict[str, object]:
    """The next message."""
    message: dict[str, object] = json.loads(await connection.recv())
    return message


async def test_a_reader_gets_the_snapshot_then_deltas_and_is_forgotten_when_it_leaves() -> None:
    async with serving() as served:
        async with connect(f"ws://127.0.0.1:{served.port}/live") as connection:
            snapshot = await hear(connection)
            served.shows(CALL)
            delta = await hear(connection)
            assert (snapshot["type"], delta["type"]) == ("snapshot", "delta")
            assert delta["seq"] == int(str(snapshot["seq"])) + 1
            await connection.send("whatever a reader says")
            served.shows(CallId("node1-9"))
            assert (await hear(connection))["seq"] == int(str(snapshot["seq"])) + 2
        await until(lambda: served.watching() == 0, "nobody watches", WITHIN_S)


async def test_a_stalled_reader_is_dropped_in_time_and_the_others_hear_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cti_bridge.api.websocket.SEND_LIMIT_S", 0.2)
    monkeypatch.setattr("cti_bridge.api.websocket.FAREWELL_LIMIT_S", 0.1)
    async with serving() as served:
        stalled = socket.create_connection(("127.0.0.1", served.port))
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.sendall(
            b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        async with connect(f"ws://127.0.0.1:{served.port}/live") as connection:
            first = int(str((await hear(connection))["seq"]))
            await until(lambda: served.watching() == 2, "both watch", WITHIN_S)
            served.queue_name = "x" * MUCH
            number = 0
            while served.watching() > 1:
                number += 1
                served.shows(CallId(f"node1-{number}"))
                assert (await hear(connection))["seq"] == first + number
        stalled.close()
        await until(lambda: served.watching() == 0, "nobody watches", WITHIN_S)
