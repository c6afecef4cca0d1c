"""A fax on a real Asterisk, noticed by its tone in a menu: whole pages, the same dots, told of."""

from __future__ import annotations

import asyncio
import base64

from deploy.stack import Part, Stack
from recordings.fax_pages import pages_of
from recordings.shelf import AS_ASTERISK_SEES_IT
from tests.live.house import House
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


async def test_who_presses_a_key_is_not_disturbed(house: House) -> None:
    await listening(house)
    caller = await house.caller("spoken")
    await caller.press("1")
    passed = await house.until_event("StepPassed", RECEIVED_WITHIN_S)
    assert (passed.data["step"], passed.data["outcome"]) == ("message", "1")


async def test_a_machine_in_a_menu_has_its_fax_kept_as_it_was_sent_and_told_of(house: House, stack: Stack) -> None:
    await listening(house)
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
    listed = (await house.api.get("/api/v1/recordings", params={"tag": "outcome:fax"})).json()["items"]
    assert [(fax["id"], fax["pages"], fax["queue"]) for fax in listed] == [(told["fax"], 1, "sales")]
    fax = f"/api/v1/recordings/{told['fax']}"
    tiff, pdf = [(await house.api.get(f"{fax}/{kind}")).content for kind in ("tiff", "pdf")]
    (was,), (came,) = pages_of(PAGE), pages_of(tiff)
    assert (came.width, came.height, came.data) == (was.width, was.height, was.data)
    assert came.data in pdf
