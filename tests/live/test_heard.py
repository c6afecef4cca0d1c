"""What callers hear at the steps that keep or hand them on, told by which prompt, or which music, reached their telephone."""

from __future__ import annotations

import asyncio

import numpy as np
import soundfile

from deploy.stack import Part, Stack
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter
from recordings.disk.shelf import AS_ASTERISK_SEES_IT
from tests.live.hearing import RATE_HZ, Heard
from tests.live.house import SOON_S, House
from tests.live.told import hears, prompt, until_begun, until_told
from tests.live.waiting import until

MUSIC = "/usr/share/asterisk/moh"
BEGINNING_S = 30.0
"""So much of each piece is looked through: whoever begins to wait hears one from its beginning."""
LISTENED_S = 1.0
WAITS = "wait_s: 1\n"
CALLBACK = ("wait-or-callback", "callback-enter", "callback-number-is", "callback-confirm", "callback-promised")


async def pieces(house: House, stack: Stack) -> list[Heard]:
    """The beginnings of the pieces of music that Asterisk has, as it decodes them for a telephone."""
    folder = house.site.recordings / "music"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o777)
    copy = f"cp {MUSIC}/*.gsm {AS_ASTERISK_SEES_IT}/music/ && chmod a+r {AS_ASTERISK_SEES_IT}/music/*"
    await asyncio.to_thread(stack.engine.exec, stack.name(Part.ASTERISK), ["sh", "-c", copy])
    found = []
    for file in sorted(folder.glob("*.gsm")):
        samples, _ = soundfile.read(
            file, frames=int(BEGINNING_S * RATE_HZ), samplerate=RATE_HZ, channels=1, format="RAW", subtype="GSM610"
        )
        found.append(Heard(np.asarray(samples, dtype="float64")))
    assert found, f"no music in {MUSIC}"
    return found


async def test_who_waits_hears_the_music_that_asterisk_has(house: House, stack: Stack) -> None:
    music = await pieces(house, stack)
    caller = await house.waiting_caller("patient")

    def of_the_music() -> bool:
        heard = hears(caller).last(LISTENED_S)
        return heard.duration_s >= LISTENED_S and any(piece.begins_s(heard) is not None for piece in music)

    await until(of_the_music, "a second of a piece", 2 * SOON_S)


async def test_who_asks_to_be_called_back_is_asked_for_the_number_and_promised_the_call(house: House) -> None:
    menu, enter, number_is, confirm, promised = CALLBACK
    for name in CALLBACK:
        await prompt(house, name, "en")  # all are made before the first is to be heard
    house.rewrite("flows/callback.yaml", WAITS, "wait_s: 20\n")
    await house.reload()
    caller = await house.caller("callback")
    await until_begun(house, caller, menu, "en")
    await caller.press("1")
    await until_begun(house, caller, enter, "en")
    await caller.press("3#")
    number_s = await until_told(house, caller, number_is, "en")
    confirm_s = await until_begun(house, caller, confirm, "en", number_s)
    await caller.press("1")
    await until_begun(house, caller, promised, "en", confirm_s)


async def test_who_is_put_through_to_an_agent_is_told_so_before_and_hears_the_agent_then(house: House) -> None:
    await prompt(house, "put-through", "en")
    agent = await house.ready_agent("1002", AnswerAfter(0.1))
    caller = await house.caller("colleague")
    await until_told(house, caller, "put-through", "en")
    await agent.phone.until(HandsetState.ESTABLISHED, 2 * SOON_S)
    await until(lambda: hears(caller).last(0.5).share_of(agent.tone_hz) > 0.9, "they hear the agent", SOON_S)
    await caller.hang_up()
