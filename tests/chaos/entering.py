"""Callers who are to press keys when the service dies: some are asked how a talk was, some enter a number."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from tests.live.house import Agent, House
from tests.live.told import hears, prompt, until_told
from tests.live.waiting import until

QUESTION, NUMBER_ASKED = "how-was-it", "enter-order"
HALF, OTHER_HALF = "13", "57"
THINK_S = 60.0
"""How long they may think, the longest that flows allow: longer than everybody else takes to be in their places."""
RING_S = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who hears a question; `at_s`: when it began, in seconds of what they heard."""

    caller: Caller
    at_s: float


async def may_think(house: House) -> None:
    """Have the flows give callers time to think."""
    house.rewrite("flows/rated.yaml", "wait_s: 20\n", f"wait_s: {THINK_S:.0f}\n")
    house.rewrite("flows/digits.yaml", "    most: 4\n", f"    most: 4\n    wait_s: {THINK_S:.0f}\n")
    await house.reload()


async def asked_after_a_talk(house: House, asks: Agent, callers: int) -> list[Asked]:
    """Callers whose conversations with this agent are over, and who are asked how it was. In the end the agent finishes up."""
    await prompt(house, QUESTION, "en")
    return [await _asked_after_a_talk(house, asks) for _ in range(callers)]


async def _asked_after_a_talk(house: House, asks: Agent) -> Asked:
    caller = await house.caller("rated")
    await asks.does("ready")
    await house.until_talking(caller, asks, RING_S)
    await until(lambda: hears(caller).last(0.5).share_of(asks.tone_hz) > 0.9, "the caller hears the agent", RING_S)
    await asks.phone.hang_up()
    await asks.until("wrap_up", RING_S)
    return Asked(caller, await until_told(house, caller, QUESTION, "en"))


async def answers(house: House, asked: Asked, asks: Agent) -> None:
    """They have heard the question again, answer it, and are let go; nobody but their agent ever rang for them."""
    await until_told(house, asked.caller, QUESTION, "en", asked.at_s + 1.0)
    life = house.life(asked.caller)
    await asked.caller.press("4")
    answered = await house.until_event("SurveyAnswered", RING_S, call=life.call)
    assert (answered.data["answer"], answered.data["agent"]) == (4, asks.number)
    await asked.caller.until(HandsetState.IDLE, RING_S)
    assert (len(life.offers), len(life.talks)) == (1, 1)


async def entering_half_a_number(house: House, callers: int) -> list[Asked]:
    """Callers who are asked for a number, and have yet to enter the rest of it."""
    await prompt(house, NUMBER_ASKED, "zh")
    return list(await asyncio.gather(*(_enters_half_a_number(house) for _ in range(callers))))


async def _enters_half_a_number(house: House) -> Asked:
    caller = await house.caller("digits")
    asked = Asked(caller, await until_told(house, caller, NUMBER_ASKED, "zh"))
    await caller.press(HALF)
    return asked


async def enters_the_whole_number(house: House, asked: Asked) -> None:
    """They have been asked for it again, enter it, and hear it read back: half of it would be another one's."""
    at_s = await until_told(house, asked.caller, NUMBER_ASKED, "zh", asked.at_s + 1.0)
    await asked.caller.press(HALF + OTHER_HALF)
    await until_told(house, asked.caller, "you-entered", "zh", at_s)
    await asked.caller.hang_up()
    await asked.caller.until(HandsetState.IDLE, RING_S)
