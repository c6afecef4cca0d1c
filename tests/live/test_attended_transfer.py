"""An agent calls a colleague, and joins their caller to them: the attended transfer, on a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from deploy.ports import listens
from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.live.desk_phone import Call, DeskPhone, Refused, desk_phone
from tests.live.hearing import heard_in
from tests.live.house import SOON_S, Agent, AgentDesk, House, Json
from tests.live.waiting import until, until_seen

COLLEAGUE = "102"
"""The number of 1002's phone."""
OUTSIDE, ASK_OUTSIDE = "1003", "*193"
"""The agent whose phone is outside (number 3), and what is dialled to ask there."""
OTHER_QUEUE, OTHER_QUEUE_NUMBER = "take-over", "8001"
CALLS_OF_ONE_WHO_ASKS = 2
SHORTEST_S = 3
"""The least that `dialling` takes for how long a number rings, or is talked with."""
GIVEN_UP_WITHIN_S = 15.0
"""So long may it take, on a busy machine, until what lasts so long is over, and told."""


@asynccontextmanager
async def asking(house: House, whom: str = COLLEAGUE) -> AsyncIterator[tuple[Caller, DeskPhone, Call, Call]]:
    """Agent 1001 talks with a caller of the queue careful (a wrap-up of 4 s), and has phone2 or a number on another call."""
    async with on_hold(house) as (caller, phone, talking):
        consulting = await phone.call(whom)
        # Asterisk answers the phone some milliseconds before it joins the two: who transfers in between, as no person can, joins
        # the caller to a call that nobody is in yet.
        await house.observer.until(lambda: _bridged(house) == CALLS_OF_ONE_WHO_ASKS, "both calls are joined", SOON_S)
        yield caller, phone, talking, consulting


def _bridged(house: House) -> int:
    """How many channels of phone1 talk with somebody."""
    moves = ("BridgeEnter", "BridgeLeave")
    last = {event["Uniqueid"]: event for event in house.observer.events if event["Event"] in moves}
    of_phone = (event for event in last.values() if event["Channel"].startswith("PJSIP/phone1-"))
    return sum(event["Event"] == "BridgeEnter" for event in of_phone)


@asynccontextmanager
async def on_hold(house: House) -> AsyncIterator[tuple[Caller, DeskPhone, Call]]:
    """Agent 1001 has a caller of the queue careful on hold."""
    async with desk_phone("phone1", house.site.secrets.of_phone("phone1"), house.exchange) as phone:
        first = AgentDesk("1001", house.api)
        await first.does("sign-in", phone="PJSIP/phone1")
        await first.does("ready")
        caller = await house.caller("careful")
        talking = await phone.picked_up()
        await first.until("talking")
        await phone.hold(talking)
        await first.until("on_hold")
        yield caller, phone, talking


async def hears(caller: Caller, agent: Agent) -> None:
    """Wait until the caller hears this agent's phone."""
    await until(
        lambda: heard_in(caller.heard_files()[-1]).last(0.5).share_of(agent.tone_hz) > 0.9,
        f"the caller hears {agent.number}",
        SOON_S,
    )


async def test_the_caller_talks_on_with_the_colleague_as_the_same_contact_also_over_a_restart(house: House) -> None:
    second = await house.paused_agent("1002", AnswerAfter(0.1))
    async with asking(house) as (caller, phone, talking, consulting):
        await second.does("ready")
        await second.until("busy_elsewhere")
        await phone.join(talking, consulting)
        await second.until("talking")
        assert (await AgentDesk("1001", house.api).now())["state"] == "wrap_up"
        call = house.life(caller).call
        told = await house.until_event("TakenOver", call=call)
        assert (told.data["before"], told.data["agent"], told.data["queue"]) == ("1001", "1002", "careful")
        await hears(caller, second)
        await house.until_recorded(call, lambda found: found["tags"].get("taken_over_by") == "1002")
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await second.until("talking")
    assert [(each["id"], each["state"], each["agent"]) for each in await house.calls()] == [(call, "talking", "1002")]
    await caller.hang_up()
    ended = await house.until_event("Ended", call=call)
    assert (ended.data["agent"], ended.data["by"]) == ("1002", "caller")
    await second.until("wrap_up")
    recording = await house.until_recorded(call, lambda found: found["state"] == "complete")
    assert (recording["agent"], recording["tags"]["taken_over_by"], recording["ended_by"]) == ("1001", "1002", "caller")


async def test_who_took_a_caller_over_sends_them_on_by_their_phone_as_anybody_does(house: House) -> None:
    second = await house.paused_agent("1002", AnswerAfter(0.1))
    async with asking(house) as (caller, phone, talking, consulting):
        await second.does("ready")
        await second.until("busy_elsewhere")
        await phone.join(talking, consulting)
        await second.until("talking")
        await hears(caller, second)
        await second.phone.transfer(OTHER_QUEUE_NUMBER)
        call = house.life(caller).call
        ended = await house.until_event("Ended", call=call)
        assert (ended.data["agent"], ended.data["by"]) == ("1002", "transfer")

        async def waits_there() -> Json | None:
            return next(
                (each for each in await house.calls() if (each["id"], each["queue"]) == (call, OTHER_QUEUE)), None
            )

        await until_seen(waits_there, "the caller is in the other queue", SOON_S)
    await caller.hang_up()
    await house.until_floor_is_empty()


async def test_a_caller_who_is_joined_to_a_phone_without_an_agent_leaves_the_floor_and_talks_on(house: House) -> None:
    other = await house.agent("1002", AnswerAfter(0.1))
    async with asking(house) as (caller, phone, talking, consulting):
        call = house.life(caller).call
        await phone.join(talking, consulting)
        ended = await house.until_event("Ended", call=call)
        assert (ended.data["agent"], ended.data["by"]) == ("1001", "transfer")
        await house.until_floor_is_empty()
        await hears(caller, other)
    await caller.hang_up()
    await other.phone.until(HandsetState.IDLE, SOON_S)


async def test_the_caller_is_joined_to_a_number_outside_that_the_agent_asked_first(house: House) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    async with asking(house, ASK_OUTSIDE) as (caller, phone, talking, consulting):
        call = house.life(caller).call
        await outside.phone.until(HandsetState.ESTABLISHED, SOON_S)
        dialled = await house.until_event("NumberDialled", call=call)
        assert (dialled.data["door"], dialled.data["allowed_by"], dialled.data["agent"]) == ("agent", "phones", "1001")
        await phone.join(talking, consulting)
        ended = await house.until_event("Ended", call=call)
        assert (ended.data["agent"], ended.data["by"]) == ("1001", "transfer")
        await house.until_event("FarEndAnswered", call=call)
        await hears(caller, outside)
        await AgentDesk("1001", house.api).until("wrap_up")
    await caller.hang_up()
    await outside.phone.until(HandsetState.IDLE, SOON_S)
    await house.until_event("FarEndGone", call=call)
    await house.until_event("HandedOver", call=call, to="number", end="caller_gone", agent="1001")


async def test_a_caller_and_a_number_that_were_joined_talk_no_longer_than_dialling_lets_them(house: House) -> None:
    await house.dials_for("talk", SHORTEST_S)
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    async with asking(house, ASK_OUTSIDE) as (caller, phone, talking, consulting):
        call = house.life(caller).call
        await phone.join(talking, consulting)
        await house.until_event("FarEndAnswered", call=call)
        await house.until_event("HandedOver", GIVEN_UP_WITHIN_S, call=call, to="number", end="talked", agent="1001")
        await house.until_event("FarEndGone", call=call)
        await caller.until(HandsetState.IDLE, SOON_S)
    [_, outside_talk] = house.life(caller).talks
    assert (outside_talk.phone, outside_talk.hung_up_by) == ("PJSIP/phone3", "limit"), "nobody hung up"


async def test_what_came_of_a_join_is_told_where_the_service_was_killed_meanwhile(house: House) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    async with asking(house, ASK_OUTSIDE) as (caller, phone, talking, consulting):
        call = house.life(caller).call
        await phone.join(talking, consulting)
        await house.until_event("FarEndAnswered", call=call)
        await house.observer.until(lambda: _sent_to(house, call) == "*19", "the channel tells where they are", SOON_S)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    agi_port = int(house.service.environment["SWITCHBOARD_AGI_PORT"])
    await until(lambda: listens(house.service.pid, agi_port), "callers are taken", GIVEN_UP_WITHIN_S)
    assert await house.calls() == [], "who talks outside is on no floor"
    await outside.phone.hang_up()
    await house.until_event("HandedOver", GIVEN_UP_WITHIN_S, call=call, to="number", end="talked", agent="1001")
    await caller.until(HandsetState.IDLE, SOON_S)


def _sent_to(house: House, call: str) -> str:
    """What the caller's channel says of where they were sent."""
    of_it = (event for event in house.observer.events if event["Event"] == "VarSet" and event["Uniqueid"] == call)
    return next((event["Value"] for event in of_it if event["Variable"] == "SWITCHBOARD_TRANSFER"), "")


async def test_an_agent_whose_caller_is_gone_talks_outside_no_longer_than_dialling_lets_them(house: House) -> None:
    await house.dials_for("talk", SHORTEST_S)
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    began = house.observer.now()
    async with asking(house, ASK_OUTSIDE) as (caller, _, _, consulting):
        await caller.hang_up()
        await until(consulting.over.is_set, "the line is hung up", GIVEN_UP_WITHIN_S)
        assert house.observer.now() - began > SHORTEST_S, "they talked on when the caller had gone"
        await outside.phone.until(HandsetState.IDLE, SOON_S)


async def test_the_emergency_stop_ends_a_line_outside_once_its_caller_is_gone_also_after_a_restart(
    house: House,
) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    async with asking(house, ASK_OUTSIDE) as (caller, _, _, consulting):
        house.service.kill()
        house.service.start()
        await house.service.until_ready()
        await house.api.post("/api/v1/dialling/stop", json={"reason": "fraud"})
        try:
            await house.until_known(caller)
            assert not consulting.over.is_set(), "whose caller waits asks on"
            await caller.hang_up()
            await until(consulting.over.is_set, "the line is hung up", GIVEN_UP_WITHIN_S)
            await outside.phone.until(HandsetState.IDLE, SOON_S)
        finally:
            await house.api.post("/api/v1/dialling/resume", json={})


async def test_a_number_that_rings_in_vain_is_given_up_and_the_agent_has_the_caller_back(house: House) -> None:
    await house.dials_for("ring", SHORTEST_S)
    outside = await house.agent(OUTSIDE, NeverAnswer())
    async with on_hold(house) as (caller, phone, talking):
        answered = await phone.call(ASK_OUTSIDE)  # by the service, which says that nobody was reached
        await outside.phone.until(HandsetState.IDLE, SOON_S)
        await until(answered.over.is_set, "the line is hung up", GIVEN_UP_WITHIN_S)
        await phone.resume(talking)
        await AgentDesk("1001", house.api).until("talking")
        assert (await house.call_of(caller))["state"] == "talking"
        await caller.hang_up()


async def test_who_was_asked_outside_is_sent_on_to_nothing_and_leaves_the_caller_to_the_agent(house: House) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    async with asking(house, ASK_OUTSIDE) as (caller, phone, _, consulting):
        await outside.phone.until(HandsetState.ESTABLISHED, SOON_S)
        for target in ("*111002", COLLEAGUE, OTHER_QUEUE_NUMBER, "*193"):
            with pytest.raises(Refused):
                await phone.send_on(consulting, target)
        assert outside.phone.state is HandsetState.ESTABLISHED, "they talk on"
        await outside.phone.hang_up()
        await until(consulting.over.is_set, "the second line is hung up", SOON_S)
        assert (await house.call_of(caller))["state"] == "on_hold"
        await caller.hang_up()
