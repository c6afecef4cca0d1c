"""What lookups are sent with. It is opened beside callers: importing it takes as long as serving fifty of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

from common.late import Late

if TYPE_CHECKING:
    import httpx
    from anyio import lowlevel
else:
    httpx, lowlevel = Late("httpx"), Late("anyio.lowlevel")


def usual() -> httpx.AsyncClient:
    """Make the client. Its cookie jar takes nothing: one caller's would be sent with the next one's lookup."""
    nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(cookies=nobody, timeout=None, headers={"User-Agent": "switchboard"})


class HttpClient:
    """An HTTP client that is not there at once; who asks for it waits until it is."""

    def __init__(self, make: Callable[[], httpx.AsyncClient] = usual) -> None:
        self._make = make
        self._opened: asyncio.Future[httpx.AsyncClient] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        """Import and make it, in a thread."""
        client = await asyncio.to_thread(self._make)
        await (
            lowlevel.checkpoint()
        )  # anyio loads its half of asyncio at its first use, and would hold up every caller then
        self._opened.set_result(client)

    async def opened(self) -> httpx.AsyncClient:
        """Return the client, once it is there."""
        return await asyncio.shield(self._opened)

    async def aclose(self) -> None:
        """End its connections."""
        if self._opened.done():
            await self._opened.result().aclose()
