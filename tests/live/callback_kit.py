"""Somebody is promised a callback: by key, to number 3, the third agent's phone, who is not signed in."""

from __future__ import annotations

import asyncio

from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from tests.live.hearing import AUDIBLE, Heard, heard_in
from tests.live.house import SOON_S, Agent, House, Json
from tests.live.told import prompt
from tests.live.waiting import until

PROMISED_WITHIN_S = 20.0
"""The offer, the number read back, its confirmation."""
REACHED_WITHIN_S = 15.0
"""An agent's phone, then the customer's."""
PRESS_AGAIN_S = 0.5
PLAIN, ASKED = "1", "2"
"""The keys by which a callback is chosen: of a plain queue, and of one that tells and asks its agents."""
CUSTOMER = "1003"
"""The agent whose phone the customer's is."""


def hears(phone: Agent | Caller) -> Heard:
    handset = phone.phone if isinstance(phone, Agent) else phone
    return heard_in(handset.heard_files()[-1])


async def callbacks(house: House) -> list[Json]:
    items: list[Json] = (await house.get("/api/v1/callbacks"))["items"]
    return items


async def asks_for_callback(house: House, choice: str = PLAIN) -> Caller:
    """Somebody calls, chooses the callback, enters the number, confirms it, and is rid of."""
    await prompt(house, "wait-or-callback", "en")  # without it the menu is over before anybody can press a key
    caller = await house.caller("callback")
    await until(lambda: hears(caller).last(0.5).level > AUDIBLE, "the menu is said", SOON_S)
    await caller.press(f"{choice}3#")

    async with asyncio.timeout(PROMISED_WITHIN_S):
        # Keys are not heard while the number is read back: the confirmation is pressed until it was.
        while caller.state is HandsetState.ESTABLISHED:
            await caller.press("1")
            await asyncio.sleep(PRESS_AGAIN_S)
    return caller


async def promised(house: House, choice: str = PLAIN) -> str:
    """A callback that waits; its id."""
    await asks_for_callback(house, choice)
    (callback,) = await callbacks(house)
    assert callback["state"] == "waiting"
    return str(callback["id"])
