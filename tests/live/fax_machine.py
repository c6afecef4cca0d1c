"""A caller's fax machine: a flow that notices one, and a page sent by Asterisk itself to the number of that flow."""

from __future__ import annotations

import base64

from recordings.disk.shelf import AS_ASTERISK_SEES_IT
from tests.live.house import House, Json
from tests.live.sites import NUMBERS

RECEIVED_WITHIN_S = 90.0
MESSAGE = "do: message\n    say: speak-now\n    most_s: 2\n    queue: sales\n    then: bye\n"
MENU = """do: menu
    say: speak-now
    keys: {1: bye}
    wait_s: 30
    no_input: bye
  fax: {do: fax, queue: sales, then: bye, otherwise: bye}
"""
PAGE = base64.b64decode(
    "SUkqAHAAAAAAgGWzAoACgGWzAoACgGWzAoACgNkrIAPWpisAgA6A2SsgA9amKwCADoDZKyAD1qYrAIAOgNkrIAPWpisAgA6A2SsgA9amKwCADo"
    "DZKyAD1qYrAIAOgGWzAoACgGWzAoACgGWzAoACABcAAAEDAAEAAADABgAAAQEDAAEAAAAYAAAAAgEDAAEAAAABAAAAAwEDAAEAAAADAAAABgED"
    "AAEAAAAAAAAACgEDAAEAAAACAAAAEQEEAAEAAAAIAAAAEgEDAAEAAAABAAAAFQEDAAEAAAABAAAAFgEEAAEAAAD/////FwEEAAEAAABnAAAAGg"
    "EFAAEAAACKAQAAGwEFAAEAAACSAQAAHAEDAAEAAAABAAAAJAEEAAEAAAAFAAAAKAEDAAEAAAACAAAAKQEDAAIAAAAAAAEAMQECABgAAACaAQAA"
    "MgECABQAAAC+AQAAPAECAAMAAAB2bQAARwEDAAEAAAAAAAAAXogEAAEAAAADAAAAX4gCAAwAAACyAQAAAAAAAMwAAAABAAAAYgAAAAEAAABTcG"
    "FuZHNwIDIwMTEwMTIyIDA3NTAyNAAwMCA0NCAxRiAyMgAyMDI2LzExLzIyIDIxOjMwOjAzAA=="
)
"""A bar on a page of 1728 by 24 dots, as spandsp itself writes it."""


async def listening(house: House) -> None:
    """Have an ordinary menu notice who calls with a machine."""
    house.rewrite("flows/spoken.yaml", MESSAGE, MENU)
    house.rewrite("flows/spoken.yaml", "start: message\n", "start: message\nfax: fax\n")
    await house.reload()


async def fax_comes_in(house: House) -> Json:
    """Let a machine call and send the page; answers what is told of it."""
    page = house.site.recordings / "sent.tiff"
    page.write_bytes(PAGE)
    page.chmod(0o644)
    sent = AS_ASTERISK_SEES_IT / page.name
    for words in (
        "module load res_clioriginate.so",
        f"channel originate Local/{NUMBERS['spoken']}@from-callers/n application SendFAX {sent}",
    ):
        await house.tell_asterisk(words)
    return (await house.until_event("FaxReceived", RECEIVED_WITHIN_S)).data
