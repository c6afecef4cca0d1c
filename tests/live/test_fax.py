"""A fax on a real Asterisk, from its own SendFAX to the flow's step: whole pages, the same dots, told of."""

from __future__ import annotations

import asyncio
import base64
import json

from deploy.stack import Part, Stack
from recordings.fax_pages import pages_of
from recordings.shelf import AS_ASTERISK_SEES_IT
from tests.live.house import House
from tests.live.sites import NUMBERS

RECEIVED_WITHIN_S = 90.0
MESSAGE = "do: message\n    say: speak-now\n    most_s: 2\n    queue: sales\n    then: bye\n"
FAX = "do: fax\n    queue: sales\n    then: bye\n    otherwise: bye\n"
PAGE = base64.b64decode(
    "SUkqAHAAAAAAgGWzAoACgGWzAoACgGWzAoACgNkrIAPWpisAgA6A2SsgA9amKwCADoDZKyAD1qYrAIAOgNkrIAPWpisAgA6A2SsgA9amKwCADo"
    "DZKyAD1qYrAIAOgGWzAoACgGWzAoACgGWzAoACABcAAAEDAAEAAADABgAAAQEDAAEAAAAYAAAAAgEDAAEAAAABAAAAAwEDAAEAAAADAAAABgED"
    "AAEAAAAAAAAACgEDAAEAAAACAAAAEQEEAAEAAAAIAAAAEgEDAAEAAAABAAAAFQEDAAEAAAABAAAAFgEEAAEAAAD/////FwEEAAEAAABnAAAAGg"
    "EFAAEAAACKAQAAGwEFAAEAAACSAQAAHAEDAAEAAAABAAAAJAEEAAEAAAAFAAAAKAEDAAEAAAACAAAAKQEDAAIAAAAAAAEAMQECABgAAACaAQAA"
    "MgECABQAAAC+AQAAPAECAAMAAAB2bQAARwEDAAEAAAAAAAAAXogEAAEAAAADAAAAX4gCAAwAAACyAQAAAAAAAMwAAAABAAAAYgAAAAEAAABTcG"
    "FuZHNwIDIwMTEwMTIyIDA3NTAyNAAwMCA0NCAxRiAyMgAyMDI2LzExLzIyIDIxOjMwOjAzAA=="
)
"""A bar on a page of 1728 by 24 dots, as spandsp itself writes it."""


async def test_a_fax_is_kept_as_it_was_sent_and_told_of(house: House, stack: Stack) -> None:
    house.rewrite("flows/spoken.yaml", MESSAGE, FAX)
    await house.reload()
    page = house.site.recordings / "sent.tiff"
    page.write_bytes(PAGE)
    page.chmod(0o644)
    sent = AS_ASTERISK_SEES_IT / page.name
    for words in (
        "module load res_clioriginate.so",
        f"channel originate Local/{NUMBERS['spoken']}@from-callers/n application SendFAX {sent}",
    ):
        await asyncio.to_thread(stack.engine.exec, stack.name(Part.ASTERISK), ["asterisk", "-rx", words])
    told = (await house.until_event("FaxReceived", RECEIVED_WITHIN_S)).data
    assert (told["flow"], told["queue"], told["pages"]) == ("spoken", "sales", 1)
    (note,) = (house.site.recordings / "faxes").glob(f"*/{told['fax']}.json")
    assert json.loads(note.read_text(encoding="utf-8"))["pages"] == 1
    (was,), (came,) = pages_of(PAGE), pages_of(note.with_suffix(".tiff").read_bytes())
    assert (came.width, came.height, came.data) == (was.width, was.height, was.data)
    assert came.data in note.with_suffix(".pdf").read_bytes()
