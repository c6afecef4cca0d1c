"""An agent asks a number outside while their caller waits: judged as any number outside, and only for a caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.facts import DialRefused, NumberDialled
from acd.names import AgentId, AttemptOutcome, CallId, DialDoor, DialRule, PhoneId, QueueId
from acd.requests import CallerJoined, ConversationStarted
from common.tasks import spawn
from ivr.caller import ConversationOver, DialResult, Missed
from ivr.dialling import watch as dial_watch
from ivr.phone_codes import ASK_OUTSIDE, DialledCode, take_code
from ivr.session import DONE
from tests.fakes import FakeCaller, Hangs
from tests.unit.ivr_kit import TestHouse, open_house, settle

CALL = CallId("node1-1700000000.1")
PHONE = PhoneId("PJSIP/phone1")
MOBILE, ABROAD = "13900001111", "0085290001111"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


async def dials(house: TestHouse, number: str, *outcomes: DialResult | Hangs, phone: PhoneId = PHONE) -> list[str]:
    """What becomes of the line on which the number is asked."""
    line = FakeCaller(dials=outcomes)
    await take_code(line, DialledCode(ASK_OUTSIDE, number, phone), house.phones("en", {}))
    return line.acts


async def asks(house: TestHouse) -> tuple[FakeCaller, asyncio.Task[None]]:
    """A line on which the number is being asked."""
    over: asyncio.Future[DialResult] = asyncio.get_running_loop().create_future()
    line = FakeCaller(dials=[over], call="node1-1700000000.9")
    session = spawn(take_code(line, DialledCode(ASK_OUTSIDE, MOBILE, PHONE), house.phones("en", {})), "a line")
    await settle()
    return line, session


def told(answer: str) -> list[str]:
    """A line that nobody was rung from."""
    return ["answer", f"say en/phone-{answer}", f"set {DONE}"]


async def in_conversation(house: TestHouse) -> None:
    await house.agent_is_ready()
    await house.desk.ask(CallerJoined(CALL, QueueId("sales")))
    await house.desk.ask(ConversationStarted(CALL, AgentId("1001")))


async def test_a_listed_number_is_rung_from_the_phones_own_line_and_counted_for_the_agent(house: TestHouse) -> None:
    await in_conversation(house)
    acts = await dials(house, MOBILE, ConversationOver())
    assert acts[0].startswith("dial ")
    assert MOBILE in acts[0]
    assert acts[1:] == [f"set {DONE}"], "the line is not answered by us, and nothing is said after the talk"
    [dialled] = house.events(NumberDialled)
    assert (dialled.call, dialled.door, dialled.agent, dialled.ends_in) == (CALL, DialDoor.AGENT, "1001", "11")
    assert house.dialling.tally.on_day == {"agent:1001": 1}


async def test_they_talk_no_longer_than_dialling_lets_them(house: TestHouse) -> None:
    await in_conversation(house)
    line = FakeCaller(dials=[ConversationOver()])
    await take_code(line, DialledCode(ASK_OUTSIDE, MOBILE, PHONE), house.phones("en", {}))
    assert house.dial_rules is not None
    assert line.longest_talks == [house.dial_rules.talk_s]


async def test_what_rings_for_too_long_is_ended_and_asterisk_is_asked_whether_it_still_does(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial_watch, "ENDS_WITHIN_S", -24.99)  # it rings for 25 s
    monkeypatch.setattr(dial_watch, "LOOKS_EVERY_S", 0.01)
    await in_conversation(house)
    line, session = await asks(house)
    await house.asked_of_dials.acquire()
    await house.asked_of_dials.acquire()
    assert house.ringing_ended[0] == line.call
    assert line.expected_ends == []
    house.dials_over.add(line.call)
    await house.asked_of_dials.acquire()
    await settle()
    assert line.expected_ends
    line.falls_silent()
    await session


async def test_who_is_not_reached_is_said_on_the_line(house: TestHouse) -> None:
    await in_conversation(house)
    acts = await dials(house, MOBILE, Missed(AttemptOutcome.BUSY))
    assert acts[1:] == told("not-reached")


async def test_a_line_that_is_hung_up_or_joined_to_the_caller_ends_there(house: TestHouse) -> None:
    await in_conversation(house)
    [dial] = await dials(house, MOBILE, Hangs())
    assert dial.startswith("dial ")


@pytest.mark.parametrize(
    ("number", "rule"),
    [(ABROAD, DialRule.NOT_ALLOWED), ("?", DialRule.NOT_A_NUMBER), (f"{MOBILE}@trunk", DialRule.NOT_A_NUMBER)],
)
async def test_a_number_that_no_list_names_is_not_dialled(house: TestHouse, number: str, rule: DialRule) -> None:
    await in_conversation(house)
    assert await dials(house, number) == told("not-dialled")
    [refused] = house.events(DialRefused)
    assert (refused.call, refused.rule, refused.agent) == (CALL, rule, "1001")


async def test_the_emergency_stop_the_hours_and_the_caps_hold_for_it(house: TestHouse) -> None:
    await in_conversation(house)
    house.dialling.stop_all("fraud", "test")
    assert await dials(house, MOBILE) == told("not-dialled")
    house.dialling.resume("test")
    assert house.dial_rules is not None
    for _ in range(house.dial_rules.caps.user_hour):
        await dials(house, MOBILE, ConversationOver())
    assert await dials(house, MOBILE) == told("not-dialled")
    assert [each.rule for each in house.events(DialRefused)] == [DialRule.STOPPED, DialRule.USER_HOUR]


async def test_nobody_dials_out_without_a_caller_who_waits_for_it(house: TestHouse) -> None:
    assert await dials(house, MOBILE) == told("nobody-signed-in")
    await house.agent_is_ready()
    assert await dials(house, MOBILE) == told("no-caller")
    await house.desk.ask(CallerJoined(CALL, QueueId("sales")))
    assert await dials(house, MOBILE) == told("no-caller"), "a caller who is only offered is not talked with"
    assert house.events(NumberDialled) == []
