"""What an offer can be, on a real Asterisk with real phones: whispered, to be accepted by key, to several at once."""

from __future__ import annotations

import asyncio

import pytest

from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, AnswerIfTold, NeverAnswer, RejectBusy
from tests.live.hearing import AUDIBLE, Heard, heard_in
from tests.live.house import SOON_S, Agent, House
from tests.live.waiting import until

QUEUE_NAME = "whisper-queue-asked"
OTHER = "whisper-wait-hour"
"""What is not said of a caller who has just come."""
ASKED_S = 15.0
"""Longer than the agent of the queue asked is told who calls and waited for."""


def hears(side: Caller | Agent) -> Heard:
    return heard_in((side.phone if isinstance(side, Agent) else side).heard_files()[-1])


def prompt(house: House, name: str) -> Heard:
    """A prompt as the service made it."""
    return heard_in(house.site.prompts / "en" / f"{name}.wav")


async def being_asked(house: House) -> tuple[Agent, Caller]:
    """An agent who has picked up for a caller, and hears who calls."""
    agent = await house.ready_agent("1001", AnswerAfter(0.0))
    # A service that has just begun its life may still be speaking its prompts.
    for name in (QUEUE_NAME, "whisper-wait-now", OTHER, "offer-press-1"):
        await until((house.site.prompts / "en" / f"{name}.wav").exists, f"{name} is spoken", 2 * ASKED_S)
    caller = await house.caller("asked")
    await until(lambda: agent.phone.heard_files() and hears(agent).level > AUDIBLE, "the agent hears something", SOON_S)
    return agent, caller


async def test_an_agent_hears_who_calls_and_takes_the_call_by_key_while_the_caller_hears_music(house: House) -> None:
    agent, caller = await being_asked(house)
    name = prompt(house, QUEUE_NAME)
    await until(lambda: hears(agent).likeness(name) > 0.7, "the agent hears the queue's name", ASKED_S)
    assert hears(agent).likeness(prompt(house, OTHER)) < 0.5
    await until(lambda: hears(caller).last(0.5).level > AUDIBLE, "the caller hears music", SOON_S)
    assert hears(caller).share_of(agent.tone_hz) < 0.5
    assert (await agent.now())["state"] == "offered"
    assert house.life(caller).talks == []

    await agent.phone.press("1")
    await house.until_talking(caller, agent)
    await until(lambda: hears(caller).last(0.5).share_of(agent.tone_hz) > 0.9, "the caller hears the agent", SOON_S)
    await until(lambda: hears(agent).last(0.5).share_of(caller.sound.tone_hz) > 0.9, "and they the caller", SOON_S)


@pytest.mark.parametrize("key", ["7", ""], ids=["the wrong key", "no key"])
async def test_anything_but_the_key_is_a_refusal_and_the_caller_keeps_their_place(house: House, key: str) -> None:
    agent, caller = await being_asked(house)
    await agent.phone.press(key)
    await house.until_event("OfferWithdrawn", ASKED_S, agent="1001", why="refused")
    assert (await house.call_of(caller))["state"] == "waiting"
    assert house.life(caller).talks == []
    await agent.phone.until(HandsetState.IDLE, SOON_S)
    before_s = hears(caller).duration_s
    await until(
        lambda: hears(caller).between(before_s + 0.5, hears(caller).duration_s).level > AUDIBLE, "music goes on", SOON_S
    )


async def test_an_agent_who_hangs_up_instead_of_pressing_the_key_leaves_the_caller_in_line(house: House) -> None:
    agent, caller = await being_asked(house)
    await agent.phone.hang_up()
    await house.until_event("OfferWithdrawn", agent="1001", why="refused")
    assert (await house.call_of(caller))["state"] == "waiting"
    assert house.life(caller).talks == []


async def test_nobody_is_asked_on_for_a_caller_who_has_hung_up(house: House) -> None:
    agent, caller = await being_asked(house)
    await caller.hang_up()
    await agent.phone.until(HandsetState.IDLE, SOON_S)
    await agent.until("ready")
    await house.until_event("Abandoned", call=house.life(caller).call)


async def test_a_service_that_dies_while_an_agent_is_asked_loses_neither(house: House) -> None:
    agent, caller = await being_asked(house)
    house.service.kill()
    await agent.phone.press("1")
    await house.observer.until(lambda: len(house.life(caller).talks) == 1, "they are joined without it", SOON_S)
    house.service.start()
    await house.service.until_ready()
    assert (await agent.until("talking"))["call"] == house.life(caller).call
    await caller.hang_up()
    await agent.until("ready")


async def test_who_is_still_being_asked_is_known_after_a_restart_and_a_refusal_keeps_the_caller(house: House) -> None:
    agent, caller = await being_asked(house)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await agent.phone.hang_up()
    await house.observer.until(
        lambda: house.life(caller).offers[-1].ended_at is not None, "the agent is asked no more", ASKED_S
    )
    other = await house.ready_agent("1002", NeverAnswer())
    await until(lambda: other.phone.state is HandsetState.RINGING, "the caller is offered to the next", 2 * SOON_S)
    assert house.life(caller).talks == []


async def test_of_all_who_ring_the_first_to_answer_has_the_call_and_never_two(house: House) -> None:
    agents = [await house.ready_agent(number, NeverAnswer()) for number in ("1001", "1002", "1003")]
    caller = await house.caller("together")
    for agent in agents:
        await agent.phone.until(HandsetState.RINGING, SOON_S)
        assert (await agent.until("offered"))["call"] == house.life(caller).call
    await asyncio.gather(agents[0].phone.accept(), agents[1].phone.accept())
    await house.observer.until(lambda: bool(house.life(caller).talks), "somebody has the caller", SOON_S)
    winner = next(agent for agent in agents if f"PJSIP/{agent.phone.name}" == house.life(caller).talks[0].phone)
    await house.until_talking(caller, winner)
    for agent in agents:
        if agent is not winner:
            await agent.until("ready")
            await agent.phone.until(HandsetState.IDLE, SOON_S)
    assert winner in agents[:2]
    offered = await house.until_event("Offered", call=house.life(caller).call)
    assert {offered.data["agent"], *(other["agent"] for other in offered.data["others"])} == {"1001", "1002", "1003"}
    withdrawn = [event.data for event in await house.events() if event.kind == "OfferWithdrawn"]
    assert {(each["why"]) for each in withdrawn} == {"answered_elsewhere"}
    assert {each["agent"] for each in withdrawn} == {agent.number for agent in agents if agent is not winner}
    assert len(house.life(caller).talks) == 1


async def test_of_several_one_refuses_and_one_pauses_and_the_last_rings_on(house: House) -> None:
    rejects = await house.ready_agent("1001", RejectBusy())
    pauses = await house.ready_agent("1002", NeverAnswer())
    stays = await house.ready_agent("1003", NeverAnswer())
    caller = await house.caller("together")
    await house.until_event("OfferWithdrawn", agent=rejects.number)
    await pauses.phone.until(HandsetState.RINGING, SOON_S)
    await stays.phone.until(HandsetState.RINGING, SOON_S)
    await pauses.does("pause", reason="lunch")
    await pauses.phone.until(HandsetState.IDLE, SOON_S)
    assert (await house.call_of(caller))["offered_to"] == [stays.number]
    assert stays.phone.state is HandsetState.RINGING
    await stays.phone.accept()
    await house.until_talking(caller, stays)
    assert (await pauses.now())["state"] == "paused"


async def test_several_who_ring_are_known_after_a_restart(house: House) -> None:
    agents = [await house.ready_agent(number, NeverAnswer()) for number in ("1001", "1002")]
    caller = await house.caller("together")
    for agent in agents:
        await agent.phone.until(HandsetState.RINGING, SOON_S)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    for agent in agents:
        await agent.until("offered")
    await agents[1].phone.accept()
    await house.until_talking(caller, agents[1])
    await agents[0].until("ready")


async def test_a_phone_that_is_told_so_picks_up_by_itself(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerIfTold())
    told = await house.caller("automatic")
    await house.until_talking(told, agent)
    await told.hang_up()
    await agent.until("ready")


async def test_an_asterisk_that_cannot_record_rings_and_joins_all_the_same(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.tell_asterisk("module unload app_mixmonitor.so")
    try:
        caller = await house.caller("crowd")
        await house.until_talking(caller, agent)
    finally:
        await house.tell_asterisk("module load app_mixmonitor.so")
    await caller.hang_up()
    await house.until_recorded(house.life(caller).call, lambda found: found["state"] == "incomplete")
