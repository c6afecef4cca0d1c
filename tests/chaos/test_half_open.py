"""Half-open TCP: both sides still believe in their connection, and nothing they say over it arrives.

As a rule something in between swallows the bytes and acknowledges them, which no kernel notices: the worst that can happen. What
a firewall that started anew does, or a host without power, is the one test whose connections die.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.chaos.extent import FULL, Extent, full_only
from tests.chaos.wired import Wired
from tests.live.callback_kit import CUSTOMER, REACHED_WITHIN_S, callbacks, promised
from tests.live.hearing import AUDIBLE
from tests.live.house import SOON_S, House
from tests.live.told import hears
from tests.live.waiting import until

FLOW = "crowd"
FREED_WITHIN_S = 10.0
NOISE_S = 5.0
WAITING = 2
MENU_S = 9.0
"""The menu's prompt and the wait for a key."""
RINGS_S = 3.0
"""Of the queue `sales`."""


def handed_over(house: House) -> dict[str, int]:
    """How often the dialplan has handed each caller over to the service."""
    counts: dict[str, int] = {}
    for event in house.observer.events:
        if (event["Event"], event.get("Context"), event.get("Application")) == ("Newexten", "switchboard", "AGI"):
            counts[event["Uniqueid"]] = counts.get(event["Uniqueid"], 0) + 1
    return counts


async def until_handed_in(wired: Wired, callers: Sequence[Caller], within_s: float, *, dead: bool = False) -> float:
    """Lose the bytes of all sessions that there are, and wait until these callers are in new ones; how long it took, in seconds.

    `dead`: nor does any kernel answer. New connections work, so the watchdog gets through and notices nothing.
    """
    house = wired.house
    calls, at = [house.life(caller).call for caller in callers], house.observer.now()
    if dead:
        wired.agi.die()
    else:
        wired.agi.forget()
    await house.observer.until(
        lambda: all(handed_over(house)[call] > 1 for call in calls), "all are handed in again", within_s + NOISE_S
    )
    return house.observer.now() - at


async def until_said(caller: Caller) -> None:
    """Wait until the caller hears something."""
    await until(lambda: hears(caller).last(0.5).level > AUDIBLE, "the menu is said", SOON_S)


async def test_callers_whose_sessions_are_cut_off_are_soon_in_new_ones_and_served_in_their_order(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    callers = [await house.waiting_caller(FLOW) for _ in range(WAITING)]
    took_s = await until_handed_in(wired, callers, FREED_WITHIN_S)
    figures.append(f"half-open FastAGI: callers handed in again after {took_s:.1f} s")
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for caller in callers:
        await house.until_talking(caller, agent)
        await caller.hang_up()
    assert [len(house.life(caller).offers) for caller in callers] == [1] * WAITING
    assert [handed_over(house)[house.life(caller).call] for caller in callers] == [2] * WAITING


@pytest.mark.parametrize(("how", "within_s"), [("swallowed", MENU_S + NOISE_S), ("dead", FREED_WITHIN_S)])
async def test_a_caller_in_a_menu_whose_session_is_cut_off_is_soon_asked_again(
    wired: Wired, extent: Extent, figures: list[str], how: str, within_s: float
) -> None:
    house = wired.house
    caller = await house.caller("main")
    await until_said(caller)
    took_s = await until_handed_in(wired, [caller], within_s, dead=how == "dead")
    figures.append(f"half-open FastAGI in a menu ({how}): handed in again after {took_s:.1f} s")
    if extent is FULL:
        assert took_s <= within_s
    await until_said(caller)
    await caller.press("1")
    await house.observer.until(lambda: bool(house.life(caller).places), "a place in line", SOON_S)


async def test_a_caller_whose_session_is_cut_off_while_a_phone_rings_in_vain_waits_again(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    rings = await house.ready_agent("1001", NeverAnswer())
    caller = await house.caller("sales")
    await house.observer.until(lambda: len(house.life(caller).offers) == 1, "the phone rings", SOON_S)
    took_s = await until_handed_in(wired, [caller], RINGS_S + FREED_WITHIN_S)
    figures.append(f"half-open FastAGI while a phone rings: handed in again after {took_s:.1f} s")
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other)
    assert rings.number != other.number


async def test_a_caller_whose_session_is_cut_off_while_they_talk_is_let_go_when_the_agent_hangs_up(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.waiting_caller(FLOW)
    await house.until_talking(caller, agent)
    life = house.life(caller)
    wired.agi.forget()
    at = house.observer.now()
    await agent.phone.hang_up()
    await house.observer.until(lambda: life.gone_at is not None, "the call is over", FREED_WITHIN_S + NOISE_S)
    figures.append(f"half-open FastAGI in a talk: let go {house.observer.now() - at:.1f} s after the agent hung up")
    assert (len(life.talks), life.failsafe_at) == (1, None)
    await house.until_floor_is_empty()


async def test_a_caller_whose_session_is_cut_off_while_a_number_is_said_soon_hears_it_again(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    caller = await house.caller("counted")
    await until_said(caller)
    took_s = await until_handed_in(wired, [caller], FREED_WITHIN_S)
    figures.append(f"half-open FastAGI while a number is said: handed in again after {took_s:.1f} s")
    before_s = hears(caller).duration_s
    await until(
        lambda: hears(caller).between(before_s, hears(caller).duration_s).last(0.5).level > AUDIBLE,
        "the number is said again",
        SOON_S,
    )
    await caller.hang_up()


async def test_a_caller_whose_session_is_cut_off_while_they_talk_outside_goes_on_when_that_is_over(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    outside = await house.agent(CUSTOMER, AnswerAfter(0.1))
    caller = await house.caller("handed")
    life = house.life(caller)
    await house.until_event("FarEndAnswered", call=life.call)
    wired.agi.forget()
    at = house.observer.now()
    await outside.phone.hang_up()
    await house.observer.until(lambda: bool(life.places), "the flow's next queue", FREED_WITHIN_S + NOISE_S)
    figures.append(f"half-open FastAGI in a talk outside: on {house.observer.now() - at:.1f} s after they hung up")
    assert [place.queue for place in life.places] == ["strict"]
    await house.until_event("HandedOver", call=life.call, to="number", end="talked")
    assert (len(life.talks), life.failsafe_at) == (1, None)


async def test_an_agent_whose_session_is_cut_off_while_they_call_a_customer_back_is_free_when_that_is_over(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    customer = await house.agent(CUSTOMER, AnswerAfter(0.3))
    await promised(house)
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await customer.phone.until(HandsetState.ESTABLISHED, REACHED_WITHIN_S)
    await agent.until("talking")
    wired.agi.forget()
    at = house.observer.now()
    await customer.phone.hang_up()
    await agent.phone.until(HandsetState.IDLE, FREED_WITHIN_S + NOISE_S)
    figures.append(
        f"half-open FastAGI in a callback: the agent let go {house.observer.now() - at:.1f} s after they hung up"
    )
    await agent.until("ready")
    assert await callbacks(house) == [], "who was reached is not called again"
    await house.until_talking(await house.caller(FLOW), agent)


async def test_callers_of_a_service_that_is_out_of_reach_altogether_are_in_the_fail_safe_in_time(
    wired: Wired, extent: Extent, figures: list[str]
) -> None:
    full_only(extent)
    house = wired.house
    caller = await house.waiting_caller(FLOW)
    life, at = house.life(caller), house.observer.now()
    for line in (wired.ami, wired.redis, wired.mqtt, wired.agi):
        line.swallow()
    await house.observer.until(lambda: life.failsafe_at is not None, "the fail-safe", FREED_WITHIN_S + NOISE_S)
    figures.append(f"service out of reach: the fail-safe after {house.observer.now() - at:.1f} s")
    for line in (wired.ami, wired.redis, wired.mqtt, wired.agi):
        line.flow()
    await house.service.until_ready()
    # Nobody takes them out of the fail-safe again; what the service believed of them is put right.
    await caller.hang_up()
    await house.until_floor_is_empty()
