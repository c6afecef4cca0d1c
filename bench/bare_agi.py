"""The benchmark's menus by the barest server there can be: prepared bytes, sent one after the other, whatever the replies say.

What a command costs it is the machine's and Python's own: the loop woken, a read, a write that wakes Asterisk. Run as a
process: `python -m bench.bare_agi PORT SOUND WAIT_MS ENTRY:MENUS:TRIES …`; says a line once it listens.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from collections.abc import Iterator, Mapping
from typing import cast

import uvloop

TICKET = "x" * 400
"""As long as the service's, which puts one on the channel before each menu."""
_ENTRY = re.compile(rb"^agi_arg_1: (.*)$", re.MULTILINE)


class BareCall(asyncio.Protocol):
    """One channel: its commands by the entry that it came in by."""

    def __init__(self, commands: Mapping[bytes, list[bytes]]) -> None:
        self._commands = commands
        self._left: Iterator[bytes] = iter(())
        self._headers = b""
        self._begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Send the next command, for the headers' end as for every reply; after the last the connection ends."""
        if not self._begun:
            self._headers += data
            if not self._headers.endswith(b"\n\n"):
                return
            entry = _ENTRY.search(self._headers)
            self._begun, self._left = True, iter(self._commands[entry[1]] if entry else ())
        if (command := next(self._left, None)) is not None:
            self._transport.write(command)
        else:
            self._transport.close()


def commands(menus: int, tries: int, sound: str, wait_ms: int) -> list[bytes]:
    """All of a call's commands."""
    ticket, asks = f'SET VARIABLE "SWITCHBOARD_TICKET" "{TICKET}"\n', f'GET DATA "{sound}" "{wait_ms}" "1"\n'
    ends = 'SET VARIABLE "SWITCHBOARD_DONE" "1"\n'
    return [line.encode() for line in [*[ticket, *[asks] * tries] * menus, ends]]


async def main(port: str, sound: str, wait_ms: str, *entries: str) -> None:
    """Serve until killed."""
    by_entry = {}
    for entry in entries:
        name, menus, tries = entry.split(":")
        by_entry[name.encode()] = commands(int(menus), int(tries), sound, int(wait_ms))
    server = await asyncio.get_running_loop().create_server(
        lambda: BareCall(by_entry), "127.0.0.1", int(port), backlog=1024
    )
    gc.collect()
    gc.freeze()
    print("listens", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
