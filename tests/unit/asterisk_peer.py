"""Asterisk's end of a FastAGI connection over loopback, for unit tests of our end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.deaf_socket import deafen

HEADERS = "agi_request: agi://h/{script}\nagi_network_script: {script}\nagi_uniqueid: {call}\nagi_arg_1: main\n\n"


class AsteriskPeer:
    """One channel's connection: sends headers and replies, reads commands."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def sends(self, text: str) -> None:
        """Write text to the wire as it is."""
        self._writer.write(text.encode())

    def hands_over(self, script: str = "call", call: str = "node1-1.1") -> None:
        """Send the headers."""
        self.sends(HEADERS.format(script=script, call=call))

    async def hears(self) -> str:
        """Return the next command line; empty when the other end closed."""
        async with asyncio.timeout(5):
            return (await self._reader.readline()).decode().removesuffix("\n")

    async def answers(self, *replies: str) -> list[str]:
        """Answer the next commands in turn, and return them."""
        commands = []
        for reply in replies:
            commands.append(await self.hears())
            self.sends(f"{reply}\n")
        return commands

    def is_cut_off(self) -> None:
        """Have the kernel drop every segment that comes, unanswered: as behind a firewall that forgot the connection."""
        deafen(self._writer.transport)

    def leaves(self) -> None:
        """Close the connection."""
        self._writer.close()


@asynccontextmanager
async def asterisk(port: int) -> AsyncIterator[AsteriskPeer]:
    """Connect as an Asterisk does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield AsteriskPeer(reader, writer)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
