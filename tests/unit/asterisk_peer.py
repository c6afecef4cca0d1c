"""Asterisk's end of a FastAGI connection over loopback, for unit tests of our end."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

HEADERS = "agi_request: agi://h/{script}\nagi_network_script: {script}\nagi_uniqueid: {call}\nagi_arg_1: main\n\n"

SO_ATTACH_FILTER = 26
"""Of Linux (socket(7)), which Python does not name."""
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A classic BPF program of one instruction: keep nothing of whatever comes."""


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
        program = ctypes.create_string_buffer(DROP_ALL)
        filter_ = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)

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
