"""The web server, on a socket that listens already."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from service.web.wire import BoundedHttp

HANG_UP_WITHIN_S = 2
"""How long watchers of the live stream may take to leave when the service stops."""
PING_EVERY_S = 5.0
"""How often a watcher is asked whether they are still there, and how long the answer may take: one whose machine or network
went away without a goodbye is let go within twice that."""


@asynccontextmanager
async def answering(app: ASGIApp, web_socket: socket.socket) -> AsyncIterator[None]:
    """Answer HTTP and WebSockets on this socket beside the body; on leaving, watchers are sent away in time."""
    server = _Server(
        uvicorn.Config(
            app,
            http=BoundedHttp,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws=WebSocketsSansIOProtocol,
            ws_ping_interval=PING_EVERY_S,
            ws_ping_timeout=PING_EVERY_S,
            timeout_graceful_shutdown=HANG_UP_WITHIN_S,
        )
    )
    async with asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[web_socket]))
        try:
            yield
        finally:
            server.should_exit = True
            await asyncio.wait([serving])  # also where the body failed: the group would cut the goodbyes short


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the service has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield
