"""Numbers outside, on a real Asterisk: a caller is handed on to one that is listed, and nobody gets another one dialled.

The site lists single digits and dials `PJSIP/phoneN`: number 3, the phone of the third agent, who is not signed in, is outside.
"""

from __future__ import annotations

from http import HTTPStatus

import httpx
import pytest

from deploy.ports import listens
from deploy.telephones.callers import Caller
from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter, RejectBusy
from tests.live.desk_phone import desk_phone
from tests.live.hearing import AUDIBLE, heard_in
from tests.live.house import SOON_S, Agent, AgentDesk, House
from tests.live.told import prompt, until_told
from tests.live.waiting import until

OUTSIDE = "1003"
"""The agent whose phone is outside."""
TALKS_AGAIN_WITHIN_S = 15.0
PREMIUM, ABROAD = "9001234567", "0085290001111"
INJECTIONS = (
    "3&PJSIP/trunk",
    "3@127.0.0.1",
    "3;user=phone",
    "3,30,g",
    "3/n",
    "Local/3@from-phones",
    "PJSIP/phone3",
    "PJSIP/0085290001111@trunk",
    "${EXTEN}",
    "3\r\nAction: Originate",
    "*111001",
)


async def talking(house: House) -> tuple[Caller, Agent]:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("careful")
    await house.until_talking(caller, agent)
    return caller, agent


async def hands_on(house: House, caller: Caller, to: str) -> httpx.Response:
    return await house.api.post(f"/api/v1/calls/{house.life(caller).call}/transfer", json={"to": to})


async def test_a_caller_is_handed_on_to_a_listed_number_and_the_call_is_over_when_they_hang_up(house: House) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    caller, agent = await talking(house)
    call = house.life(caller).call
    answer = await hands_on(house, caller, "3")
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
    await outside.phone.until(HandsetState.ESTABLISHED, SOON_S)
    await agent.until("wrap_up")
    await until(
        lambda: heard_in(caller.heard_files()[-1]).last(0.5).share_of(outside.tone_hz) > 0.9,
        "the caller hears them",
        SOON_S,
    )
    await house.until_event("FarEndAnswered", call=call)
    await outside.phone.hang_up()
    await caller.until(HandsetState.IDLE, SOON_S)
    await house.until_event("FarEndGone", call=call)
    await house.until_event("HandedOver", call=call, to="number", end="talked", agent="1001")
    dialled = await house.until_event("NumberDialled", call=call)
    assert (dialled.data["door"], dialled.data["allowed_by"], dialled.data["ends_in"]) == ("agent", "phones", "")
    assert [talk.phone for talk in house.life(caller).talks] == ["PJSIP/phone1", "PJSIP/phone3"]


async def test_where_the_number_is_busy_the_caller_is_back_in_line_and_served(house: House) -> None:
    await house.agent(OUTSIDE, RejectBusy())
    caller, _ = await talking(house)
    assert (await hands_on(house, caller, "3")).status_code == HTTPStatus.ACCEPTED
    await house.until_event("HandedOver", call=house.life(caller).call, end="busy")
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other, TALKS_AGAIN_WITHIN_S)


async def test_a_flow_hands_its_caller_on_to_a_number_and_then_to_another_flow(house: House) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    caller = await house.caller("handed")
    call = house.life(caller).call
    await outside.phone.until(HandsetState.ESTABLISHED, SOON_S)
    await house.until_event("FarEndAnswered", call=call)
    await outside.phone.hang_up()
    await house.until_event("HandedOver", call=call, to="number", end="talked", flow="handed")
    await house.until_event("HandedOver", call=call, to="flow", end="begun", flow="handed")
    waiting = await house.until_known(caller)
    assert (waiting["queue"], waiting["attributes"]["entry"]) == ("strict", "handed")
    dialled = await house.until_event("NumberDialled", call=call)
    assert (dialled.data["door"], dialled.data["agent"]) == ("flow", None)
    assert [talk.phone for talk in house.life(caller).talks] == ["PJSIP/phone3"]


async def test_a_caller_talks_with_a_number_no_longer_than_dialling_lets_them_and_goes_on_in_their_flow(
    house: House,
) -> None:
    await house.dials_for("talk", 3)
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    caller = await house.caller("handed")
    call = house.life(caller).call
    await house.until_event("HandedOver", TALKS_AGAIN_WITHIN_S, call=call, to="number", end="talked", flow="handed")
    assert (await house.until_known(caller))["queue"] == "strict"
    assert [(talk.phone, talk.hung_up_by) for talk in house.life(caller).talks] == [("PJSIP/phone3", "limit")]


async def test_a_caller_whose_talk_with_a_number_outlives_the_service_goes_on_in_their_flow_after_it(
    house: House,
) -> None:
    outside = await house.agent(OUTSIDE, AnswerAfter(0.1))
    caller = await house.caller("handed")
    call = house.life(caller).call
    await house.until_event("FarEndAnswered", call=call)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    agi_port = int(house.service.environment["SWITCHBOARD_AGI_PORT"])
    await until(lambda: listens(house.service.pid, agi_port), "callers are taken", TALKS_AGAIN_WITHIN_S)
    await outside.phone.hang_up()
    await house.until_event("HandedOver", TALKS_AGAIN_WITHIN_S, call=call, to="number", end="talked", flow="handed")
    assert (await house.until_known(caller))["queue"] == "strict"
    assert [talk.phone for talk in house.life(caller).talks] == ["PJSIP/phone3"]


async def test_a_flow_hands_its_caller_on_to_an_agent_who_is_busy_meanwhile(house: House) -> None:
    await house.agent(OUTSIDE, RejectBusy())
    agent = await house.ready_agent("1002", AnswerAfter(0.1))
    caller = await house.caller("handed")
    call = house.life(caller).call
    await house.until_event("HandedOver", call=call, to="number", end="busy")
    await agent.phone.until(HandsetState.ESTABLISHED, SOON_S)
    await agent.until("busy_elsewhere")
    await house.until_event("FarEndAnswered", call=call)
    await agent.phone.hang_up()
    await caller.until(HandsetState.IDLE, SOON_S)
    await house.until_event("HandedOver", call=call, to="agent", end="talked", agent="1002")
    await agent.until("ready")


class NothingOutside:
    """What Asterisk dialled: nothing but these phones may ring, and no channel come but theirs and the callers'."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __call__(self, callers: int) -> None:
        """Judge what was seen since the scenario began."""
        came = [event["Channel"] for event in self._house.observer.events if event.get("Event") == "Newchannel"]
        rang = [event["DestChannel"] for event in self._house.observer.events if event.get("Event") == "DialBegin"]
        assert all(channel.startswith("PJSIP/phone1-") for channel in rang), rang
        assert sum(channel.startswith("PJSIP/trunk-") for channel in came) == callers, came
        assert all(channel.startswith(("PJSIP/trunk-", "PJSIP/phone1-")) for channel in came), came


async def test_no_channel_comes_of_an_abused_transfer_by_the_api(house: House) -> None:
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    caller, _ = await talking(house)
    for to in (PREMIUM, ABROAD, f"+{ABROAD[2:]}", *INJECTIONS):
        answer = await hands_on(house, caller, to)
        assert answer.status_code == HTTPStatus.FORBIDDEN, (to, answer.text)
        assert answer.json()["rule"] == ("not_allowed" if to.strip("+").isdecimal() else "not_a_number"), to
    await house.api.post("/api/v1/dialling/stop", json={"reason": "fraud"})
    assert (await hands_on(house, caller, "3")).json()["rule"] == "stopped"
    await house.api.post("/api/v1/dialling/resume", json={})
    assert (await house.call_of(caller))["state"] == "talking", "they talk on"
    NothingOutside(house)(callers=1)


@pytest.mark.parametrize("to", [ABROAD, "3&PJSIP", "trunk"])
async def test_no_channel_comes_of_an_abused_transfer_by_a_phone(house: House, to: str) -> None:
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    caller, agent = await talking(house)
    await agent.phone.transfer(to)
    refused = await house.until_event("DialRefused", call=house.life(caller).call, door="agent")
    assert refused.data["rule"] == ("not_allowed" if to.isdecimal() else "not_a_number")
    assert to not in str(refused.data)
    await agent.until("wrap_up")
    await agent.does("ready")
    await house.until_talking(caller, agent, TALKS_AGAIN_WITHIN_S)
    NothingOutside(house)(callers=1)


async def test_no_channel_comes_of_an_abused_callback(house: House) -> None:
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    await prompt(house, "wait-or-callback", "en")  # without it the menu is over before anybody can press a key
    caller = await house.caller("callback")
    await until(lambda: heard_in(caller.heard_files()[-1]).last(0.5).level > AUDIBLE, "the menu is said", SOON_S)
    await caller.press(f"1{ABROAD}#")
    refused = await house.until_event("DialRefused", TALKS_AGAIN_WITHIN_S, call=house.life(caller).call)
    assert (refused.data["door"], refused.data["rule"], refused.data["ends_in"]) == ("callback", "not_allowed", "11")
    await caller.hang_up()
    NothingOutside(house)(callers=1)


async def test_no_channel_comes_of_a_flow_that_is_told_a_number_off_the_list_and_its_caller_goes_on(
    house: House,
) -> None:
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    await prompt(house, "which-number", "en")
    caller = await house.caller("outward")
    call = house.life(caller).call
    await until_told(house, caller, "which-number", "en")
    await caller.press(f"{ABROAD}#")
    refused = await house.until_event("DialRefused", TALKS_AGAIN_WITHIN_S, call=call)
    assert (refused.data["door"], refused.data["rule"], refused.data["ends_in"]) == ("flow", "not_allowed", "11")
    await house.until_event("HandedOver", call=call, to="number", end="refused", flow="outward")
    assert (await house.until_known(caller))["queue"] == "strict", "the step's way of who is refused"
    NothingOutside(house)(callers=1)


async def test_a_registered_phone_reaches_nothing_outside(house: House) -> None:
    agent = await house.agent("1001", AnswerAfter(0.1))
    for number in (ABROAD, PREMIUM, "110", "3", "trunk", "4000", "s", "caller", "10;3", "phone", "callback.1"):
        await agent.phone.dial(number)
        await agent.phone.until(HandsetState.IDLE, SOON_S)
    NothingOutside(house)(callers=0)


async def test_no_channel_comes_of_an_abused_consultation(house: House) -> None:
    await house.agent(OUTSIDE, AnswerAfter(0.1))
    async with desk_phone("phone1", house.site.secrets.of_phone("phone1"), house.exchange) as phone:
        agent = AgentDesk("1001", house.api)
        await agent.does("sign-in", phone="PJSIP/phone1")
        lines = [await phone.call("*193")]  # listed, but no caller waits for it
        await until(lines[0].over.is_set, "the line without a caller is hung up", TALKS_AGAIN_WITHIN_S)
        await agent.does("ready")
        caller = await house.caller("careful")
        await phone.hold(await phone.picked_up())
        await agent.until("on_hold")
        lines += [await phone.call(f"*19{number}") for number in (ABROAD, f"+{ABROAD[2:]}", "3&PJSIP")]
        await house.api.post("/api/v1/dialling/stop", json={"reason": "fraud"})
        lines.append(await phone.call("*193"))
        await until(lambda: all(line.over.is_set() for line in lines), "every line is hung up", TALKS_AGAIN_WITHIN_S)
        await house.api.post("/api/v1/dialling/resume", json={})
        call = house.life(caller).call
        refused = [each.data for each in await house.events() if each.kind == "DialRefused"]
        assert [each["rule"] for each in refused] == ["not_allowed", "not_allowed", "not_a_number", "stopped"]
        assert {(each["call"], each["agent"], each["door"]) for each in refused} == {(call, "1001", "agent")}
        assert (await agent.now())["state"] == "on_hold", "the caller waits as before"
        NothingOutside(house)(callers=1)
        await caller.hang_up()
