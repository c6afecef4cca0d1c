"""The live stream over a WebSocket. A reader too slow for it is dropped within seconds; it connects again and starts anew."""

from __future__ import annotations

import asyncio

from fastapi import WebSocket, WebSocketDisconnect, status

from cti_bridge.board.live import LiveBoard, Watcher, WatcherDropped

SEND_LIMIT_S = 4.0
"""How long one message may take to leave."""
FAREWELL_LIMIT_S = 0.5
"""How long a goodbye to a reader who was too slow may take."""


async def stream(socket: WebSocket, live: LiveBoard) -> None:
    """Serve one reader until one of the two goes away."""
    await socket.accept()
    watcher = live.watch()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_hear(socket))
            tasks.create_task(_tell(socket, watcher))
    except* (WebSocketDisconnect, RuntimeError):
        pass  # gone: starlette reports a connection that is already closed as either
    except* (WatcherDropped, TimeoutError):
        await _drop(socket)
    finally:
        live.leave(watcher)


async def _tell(socket: WebSocket, watcher: Watcher) -> None:
    while True:
        message = await watcher.next()
        async with asyncio.timeout(SEND_LIMIT_S):
            await socket.send_text(message.text)


async def _hear(socket: WebSocket) -> None:
    """Readers have nothing to say; reading notices that they leave."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message["code"])


async def _drop(socket: WebSocket) -> None:
    """Say goodbye, where the reader takes even that."""
    try:
        async with asyncio.timeout(FAREWELL_LIMIT_S):
            await socket.close(status.WS_1013_TRY_AGAIN_LATER, "too slow: connect again")
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        pass
