"""The pages, the API and what they need come up beside callers, who are served first."""

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
"""How long what nobody on the line waits for lets callers go first: where no Asterisk answers, the pages tell of it."""

MakeApplication = Callable[[], "ASGIApp"]
"""Puts together what is answered. Called in a thread, for it imports what it needs, and takes a third of a second."""


async def callers_first(served: asyncio.Event) -> None:
    """Wait until callers are served, within reason."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CALLERS_FIRST_S):
            await served.wait()


async def show_pages(web_socket: socket.socket, make: MakeApplication) -> None:
    """Answer on this socket, until cancelled. Who asked earlier has waited for the answer."""
    async with await asyncio.to_thread(_answering, web_socket, make):
        collector.spare_what_is_there()
        await asyncio.Event().wait()


def _answering(web_socket: socket.socket, make: MakeApplication) -> contextlib.AbstractAsyncContextManager[None]:
    from service.web.answering import answering  # noqa: PLC0415 - see `MakeApplication`

    return answering(make(), web_socket)
