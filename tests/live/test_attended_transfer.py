"""An agent calls a colleague, and joins their caller to them: the attended transfer, on a real Asterisk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from deploy.callers import Caller
from deploy.handset import HandsetState
from deploy.phones import AnswerAfter
from tests.live.desk_phone import Call, DeskPhone, Refused, desk_phone
from tests.live.hearing import heard_in
from tests.live.house import SOON_S, Agent, AgentDesk, House, Json
from tests.live.waiting import until, until_seen

COLLEAGUE = "102"
"""The number of 1002's phone."""
OUTSIDE, ASK_OUTSIDE = "1003", "*193"
"""The agent whose phone is outside (number 3), and what is dialled to ask there."""
OTHER_QUEUE, OTHER_QUEUE_NUMBER = "take-over", "8001"


@asynccontextmanager
async def asking(house: House, whom: str = COLLEAGUE) -> AsyncIterator[tuple[Caller, DeskPhone, Call, Call]]:
    """Agent 1001 talks with a caller of the queue careful (a wrap-up of 4 s), and has phone2 or a number on another call."""
    async with desk_phone("phone1", house.site.secrets.phone_password, house.exchange) as phone:
        first = AgentDesk("1001", house.api)
        await first.does("sign-in", phone="PJSIP/phone1")
        await first.does("ready")
        caller = await house.caller("careful")
        talking = await phone.picked_up()
        await first.until("talking")
        await phone.hold(talking)
        await first.until("on_hold")
        yield caller, phone, talking, await phone.call(whom)


async def hears(caller: Caller, agent: Agent) -> None:
    """Wait until the caller hears this agent's phone."""
    await until(
        lambda: heard_in(caller.heard_files()[-1]).last(0.5).share_of(agent.tone_hz) > 0.9,
        f"the caller hears {agent.number}",
        SOON_S,
    )


async def until_recorded(house: House, call: str, is_so: Callable[[Json], bool]) -> Json:
    """Wait until there is such a recording of the call."""

    async def found() -> Json | None:
        of_it = [each for each in (await house.get("/api/v1/recordings"))["items"] if each["call"] == call]
        return next((each for each in of_it if is_so(each)), None)

    return await until_seen(found, "the recording is as it should be", 3 * SOON_S)


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
        await until_recorded(house, call, lambda found: found["tags"].get("taken_over_by") == "1002")
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await second.until("talking")
    assert [(each["id"], each["state"], each["agent"]) for each in await house.calls()] == [(call, "talking", "1002")]
    await caller.hang_up()
    ended = await house.until_event("Ended", call=call)
    assert (ended.data["agent"], ended.data["by"]) == ("1002", "caller")
    await second.until("wrap_up")
    recording = await until_recorded(house, call, lambda found: found["state"] == "complete")
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
        await hears(caller, outside)
        await AgentDesk("1001", house.api).until("wrap_up")
    await caller.hang_up()
    await outside.phone.until(HandsetState.IDLE, SOON_S)


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
