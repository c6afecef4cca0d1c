"""Agents' dialling codes: what the desk is asked, what the phone is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.events import AgentStateChanged
from acd.names import AgentId, AgentState, PhoneId
from acd.requests import AgentRestored
from ivr.calendars.switches import Position
from ivr.phone_codes import PROMPTS, DialledCode, take_code
from ivr.session import DONE
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import TestHouse, open_house

PHONE = PhoneId("PJSIP/phone1")
REASONS = {"1": "lunch", "2": "training"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


async def dials(house: TestHouse, code: str, digits: str = "", phone: PhoneId = PHONE) -> str:
    """What the phone is answered."""
    caller = FakeCaller()
    desk = house.phones("zh", REASONS)
    await take_code(caller, DialledCode(code, digits, phone), desk)
    answered, said, done = caller.acts
    assert (answered, done) == ("answer", f"set {DONE}")
    return said.removeprefix("say zh/phone-")


def agent_state(house: TestHouse) -> tuple[AgentState, str]:
    agent = house.desk.floor.agents[AgentId("1001")]
    return agent.state, agent.reason


async def test_a_shift_by_dialling_codes(house: TestHouse) -> None:
    assert await dials(house, "sign-in", "1001") == "signed-in"
    (change,) = house.events(AgentStateChanged)
    assert (change.phone, change.who) == (PHONE, "phone:PJSIP/phone1")
    assert await dials(house, "ready") == "ready"
    assert agent_state(house) == (AgentState.READY, "")
    assert await dials(house, "pause", "2") == "paused"
    assert agent_state(house) == (AgentState.PAUSED, "training")
    assert await dials(house, "sign-out") == "signed-out"
    assert agent_state(house)[0] is AgentState.SIGNED_OUT


async def test_a_pause_without_a_code_has_the_first_reason(house: TestHouse) -> None:
    await dials(house, "sign-in", "1001")
    assert await dials(house, "pause") == "paused"
    assert agent_state(house) == (AgentState.PAUSED, "lunch")


async def test_an_unknown_pause_code_changes_nothing(house: TestHouse) -> None:
    await house.agent_is_ready()
    assert await dials(house, "pause", "9") == "no-such-reason"
    assert agent_state(house)[0] is AgentState.READY


async def test_an_unknown_agent_and_a_taken_phone_are_refused(house: TestHouse) -> None:
    assert await dials(house, "sign-in", "4711") == "refused"
    assert await dials(house, "sign-in") == "refused"
    await dials(house, "sign-in", "1001")
    assert await dials(house, "sign-in", "1002") == "refused"


async def test_a_fixed_wrap_up_says_so_where_it_cannot_be_ended(house: TestHouse) -> None:
    until = house.desk.now() + 60
    await house.desk.ask(AgentRestored(AgentId("1001"), PHONE, AgentState.WRAP_UP, "fixed", 0.0, until, None))
    assert await dials(house, "ready") == "wrap-up-fixed"
    assert agent_state(house)[0] is AgentState.WRAP_UP


async def test_on_a_phone_where_nobody_is_signed_in_only_signing_in_works(house: TestHouse) -> None:
    for code in ("ready", "pause", "sign-out"):
        assert await dials(house, code) == "nobody-signed-in"


async def test_an_unknown_code_is_a_fault_of_the_dialplan_and_leaves_the_answer_to_it(house: TestHouse) -> None:
    await house.agent_is_ready()
    caller = FakeCaller()
    desk = house.phones("zh", REASONS)
    with pytest.raises(ValueError, match="mend extensions"):
        await take_code(caller, DialledCode("dance", "", PHONE), desk)
    assert DONE not in caller.variables


def test_every_answer_has_a_text_in_both_languages() -> None:
    assert {text.language for text in PROMPTS} == {"zh", "en"}
    assert len({text.name for text in PROMPTS}) * 2 == len(PROMPTS)


async def test_an_agent_who_may_closes_a_calendar_by_code_and_gives_it_back(house: TestHouse) -> None:
    await house.agent_is_ready()
    assert await dials(house, "close-hours", "7") == "hours-closed"
    switch = house.calendars.switch("shop")
    assert (switch.position, switch.reason, switch.who) == (Position.CLOSED, "by phone", "agent:1001")
    assert await dials(house, "by-hours", "7") == "hours-hold"
    assert house.calendars.switch("shop").position is Position.BY_HOURS


@pytest.mark.parametrize(("agent", "code", "answer"), [("1002", "7", "not-allowed"), ("1001", "8", "no-such-calendar")])
async def test_nobody_else_and_no_other_code_closes_a_calendar(
    house: TestHouse, agent: str, code: str, answer: str
) -> None:
    await house.agent_is_ready(agent)
    assert await dials(house, "close-hours", code, PhoneId(f"PJSIP/phone{agent[-1]}")) == answer
    assert house.calendars.switch("shop").position is Position.BY_HOURS


async def test_a_phone_on_which_nobody_is_signed_in_closes_nothing(house: TestHouse) -> None:
    assert await dials(house, "close-hours", "7") == "nobody-signed-in"
    assert house.calendars.switch("shop").position is Position.BY_HOURS


async def test_an_agent_who_may_stops_dialling_out_by_code_and_lets_it_go_on(house: TestHouse) -> None:
    await house.agent_is_ready()
    assert await dials(house, "stop-dialling", "9") == "dialling-stopped"
    assert (house.dialling.stop.stopped, house.dialling.stop.who) == (True, "agent:1001")
    assert await dials(house, "resume-dialling", "9") == "dialling-resumed"
    assert not house.dialling.stop.stopped


@pytest.mark.parametrize(("agent", "code"), [("1002", "9"), ("1001", "8"), ("1001", "")])
async def test_nobody_else_stops_dialling_out_and_by_no_other_code(house: TestHouse, agent: str, code: str) -> None:
    await house.agent_is_ready(agent)
    assert await dials(house, "stop-dialling", code, PhoneId(f"PJSIP/phone{agent[-1]}")) == "not-allowed"
    assert not house.dialling.stop.stopped
