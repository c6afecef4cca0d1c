"""The pages and the API come up beside callers, who are served first."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from service import collector

if TYPE_CHECKING:
    from starlette.types import ASGIApp

CALLERS_FIRST_S = 2.0
"""How long pages wait for callers to be served: where no Asterisk answers, they are what tells of it."""

MakeApplication = Callable[[], "ASGIApp"]
"""Puts together what is answered. Called in a thread, for it imports what it needs, and takes a third of a second."""


async def show_pages(served: asyncio.Event, web_socket: socket.socket, make: MakeApplication) -> None:
    """Answer on this socket once callers are served; until cancelled. Who asks earlier waits for the answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CALLERS_FIRST_S):
            await served.wait()
    async with await asyncio.to_thread(_answering, web_socket, make):
        collector.spare_what_is_there()
        await asyncio.Event().wait()


def _answering(web_socket: socket.socket, make: MakeApplication) -> contextlib.AbstractAsyncContextManager[None]:
    from service.web.answering import answering  # noqa: PLC0415 - see `MakeApplication`

    return answering(make(), web_socket)
