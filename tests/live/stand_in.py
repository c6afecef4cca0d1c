"""Stands for the service in tests of the dialplan: a FastAGI server that does one thing for each entry name.

Run as a process of its own, so that it can be killed: `python stand_in.py PORT`. Writes a line of JSON for every session.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

WAITS = ("ANSWER", "SET VARIABLE SWITCHBOARD_TICKET {ticket}", "SET MUSIC ON")
DIALOGUES = {
    "main": WAITS,
    "waits": WAITS,
    "listens": ("ANSWER", "STREAM FILE demo-congrats ''"),
    "talks": ("ANSWER", "SET MUSIC ON", "EXEC Dial PJSIP/phone1,20,mg"),
    "is-done": ("ANSWER", "SET VARIABLE SWITCHBOARD_DONE 1"),
    "loses": ("ANSWER",),
    "asks-nothing": (),
}
"""Entry → commands; {ticket} is kept from an earlier session where there was one."""
ENDS_ITSELF = {"is-done", "loses", "asks-nothing"}
AFTER_A_TALK = "talked"
"""The last argument where a conversation outlived the service that began it: the service may have something to ask."""


async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    headers = {}
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(": ")
        headers[name.rstrip(":")] = value

    async def command(text: str) -> str:
        writer.write(text.encode() + b"\n")
        return (await reader.readline()).decode().strip()

    with contextlib.suppress(ConnectionError):
        words = [headers[key] for key in sorted(headers) if key.startswith("agi_arg_")]
        had = (await command("GET VARIABLE SWITCHBOARD_TICKET")).partition("(")[2].rstrip(")")
        told = {"path": headers["agi_network_script"], "call": headers["agi_uniqueid"], "words": words, "ticket": had}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        entry = words[0] if headers["agi_network_script"] == "call" else "is-done"
        if AFTER_A_TALK in words:
            entry = "asks-nothing"
        for text in DIALOGUES[entry]:
            await command(text.format(ticket=had or f"ticket-of-{headers['agi_uniqueid']}"))
        if entry not in ENDS_ITSELF:
            await reader.read()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(session, "127.0.0.1", int(sys.argv[1]), backlog=500)
    sys.stdout.write(json.dumps({"listening": sys.argv[1]}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


asyncio.run(main())
