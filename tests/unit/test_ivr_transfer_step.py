"""`do: transfer`: a caller handed on to a number, an agent or another flow, and back in the flow where nobody answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.events import Queued
from acd.facts import DialRefused, FarEndAnswered, FarEndGone, HandedOver, NumberDialled
from acd.names import AgentId, AttemptOutcome, DialDoor, HandedTo, HandOverEnd
from acd.requests import AgentPaused
from common.tasks import spawn
from ivr.caller import DIAL_STATUS, TALKED, ConversationOver, DialResult, Missed
from ivr.dialling import watch as dial_watch
from ivr.flows.checks import Known
from ivr.flows.files import load_flows
from ivr.session import FAIL_SAFE, MOST_FLOWS, take_call
from ivr.tickets.ticket import VARIABLE as TICKET
from ivr.tickets.ticket import Ticket
from tests.fakes import FakeCaller, Hangs
from tests.unit.ivr_kit import TestHouse, open_house, settle
from tests.unit.test_ivr_flow_file import refusal

HEAD = """
start: on
languages: {english: en, chinese: zh}
language: chinese
prompts:
  bye: {en: Bye, zh: 再见}
  sorry: {en: Sorry, zh: 抱歉}
  press: {en: Press, zh: 请按}
steps:
"""
REST = """
  bye: {do: hang_up, say: bye}
  sorry: {do: hang_up, say: sorry}
"""
NUMBER = HEAD + '  on: {do: transfer, number: "13900001111", then: bye, refused: sorry, otherwise: bye}' + REST
AGENT = HEAD + '  on: {do: transfer, agent: "1001", busy: sorry, otherwise: bye}' + REST
FLOW = HEAD + "  on: {do: transfer, flow: other}\n"
OTHER = HEAD + "  on: {do: menu, say: press, keys: {1: line}, no_input: line}\n  line: {do: queue, queue: sales}\n"
KNOWN = Known(
    {"sales", "service"},
    agents={"1001"},
    dials=lambda number: number.startswith("139"),
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


async def served(
    house: TestHouse,
    folder: Path,
    flow: str,
    *dials: DialResult | asyncio.Future[DialResult],
    number: str = "",
    other: str = OTHER,
) -> FakeCaller:
    """A caller who comes in by this flow."""
    (folder / "main.yaml").write_text(flow, encoding="utf-8")
    (folder / "other.yaml").write_text(other, encoding="utf-8")
    house.flows = load_flows(folder, KNOWN)
    caller = FakeCaller(["1"], dials=dials, number=number)
    spawn(take_call(caller, house.house), "session")
    await settle()
    return caller


def dialled(caller: FakeCaller) -> list[str]:
    return [act for act in caller.acts if act.startswith("dial")]


async def test_a_caller_talks_with_a_number_outside_and_goes_on_afterwards(house: TestHouse, tmp_path: Path) -> None:
    caller = await served(house, tmp_path, NUMBER, ConversationOver(), number="021555")
    assert caller.acts[1:] == [
        "set SWITCHBOARD_TICKET",
        "dial PJSIP/13900001111@trunk 25 4008001234",
        "set DIALSTATUS",
        "say zh/bye",
        "set SWITCHBOARD_DONE",
    ]
    told = [stamped.event for stamped in house.feed.take()]
    assert NumberDialled(caller.call, DialDoor.FLOW, "mobile", "11") in told
    assert HandedOver(caller.call, HandedTo.NUMBER, HandOverEnd.TALKED, "main") in told
    assert dict(house.dialling.tally.on_day) == {"customer:021555": 1}


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (AttemptOutcome.BUSY, HandOverEnd.BUSY),
        (AttemptOutcome.NO_ANSWER, HandOverEnd.NO_ANSWER),
        (AttemptOutcome.FAILED, HandOverEnd.FAILED),
    ],
)
async def test_who_is_not_reached_has_a_way_on(
    house: TestHouse, tmp_path: Path, outcome: AttemptOutcome, end: HandOverEnd
) -> None:
    caller = await served(
        house, tmp_path, NUMBER.replace("otherwise: bye", f"{end.value}: sorry, otherwise: bye"), Missed(outcome)
    )
    assert "say zh/sorry" in caller.acts
    assert [over.end for over in house.events(HandedOver)] == [end]


async def test_without_a_way_on_the_call_is_over_when_the_far_end_hangs_up(house: TestHouse, tmp_path: Path) -> None:
    caller = await served(house, tmp_path, NUMBER.replace("then: bye, ", ""), ConversationOver())
    assert caller.acts[-1] == "set SWITCHBOARD_DONE"
    assert not [act for act in caller.acts if act.startswith("say")]


async def test_a_caller_who_hangs_up_meanwhile_is_told_of(house: TestHouse, tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text(NUMBER, encoding="utf-8")
    house.flows = load_flows(tmp_path, KNOWN)
    caller = FakeCaller(dials=[Hangs()])
    await take_call(caller, house.house)
    await settle()
    assert [over.end for over in house.events(HandedOver)] == [HandOverEnd.CALLER_GONE]


async def test_a_talk_with_a_number_outside_that_ami_says_is_over_has_to_end_in_the_session_too(
    house: TestHouse, tmp_path: Path
) -> None:
    over: asyncio.Future[DialResult] = asyncio.get_running_loop().create_future()
    caller = await served(house, tmp_path, NUMBER, over)
    house.desk.note(FarEndAnswered(caller.call))
    await settle()
    assert caller.expected_ends == []
    house.desk.note(FarEndGone(caller.call))
    await settle()
    assert caller.expected_ends == [dial_watch.ENDS_WITHIN_S]
    caller.falls_silent()
    await settle()
    assert house.handed_in == [caller.call]
    assert house.events(HandedOver) == [], "the caller is still there: what came of it is told when they are back"


AGENT_THEN = AGENT.replace("busy: sorry", "then: bye, busy: sorry")
TO_NUMBER, TO_AGENT = (HandedTo.NUMBER, None), (HandedTo.AGENT, AgentId("1001"))


async def back_after_the_talk(house: TestHouse, folder: Path, flow: str) -> FakeCaller:
    """A caller whose service was killed while they talked with whom the flow had handed them on to."""
    await house.agent_is_ready()
    over: asyncio.Future[DialResult] = asyncio.get_running_loop().create_future()
    talking = await served(house, folder, flow, over)
    talking.falls_silent()
    await settle()
    again = FakeCaller(variables={**talking.variables, DIAL_STATUS: "ANSWER", TALKED: "talked"})
    await take_call(again, house.house)
    await settle()
    return again


@pytest.mark.parametrize(("flow", "whom"), [(NUMBER, TO_NUMBER), (AGENT_THEN, TO_AGENT)])
async def test_a_caller_whose_talk_outlived_the_session_that_had_handed_them_on_goes_on_after_it(
    house: TestHouse, tmp_path: Path, flow: str, whom: tuple[HandedTo, AgentId | None]
) -> None:
    again = await back_after_the_talk(house, tmp_path, flow)
    assert again.acts == ["answer", "set DIALSTATUS", "say zh/bye", "set SWITCHBOARD_DONE"]
    assert again.variables[DIAL_STATUS] == "", "the dialplan may hand them in again"
    assert [(told.to, told.agent, told.end) for told in house.events(HandedOver)] == [(*whom, HandOverEnd.TALKED)]


async def test_where_the_step_leads_nowhere_after_it_the_call_is_over(house: TestHouse, tmp_path: Path) -> None:
    again = await back_after_the_talk(house, tmp_path, AGENT)
    assert again.acts == ["answer", "set DIALSTATUS", "set SWITCHBOARD_DONE"]


async def test_a_talk_at_a_step_that_hands_nobody_on_was_the_last_of_the_call(house: TestHouse, tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text(NUMBER, encoding="utf-8")
    house.flows = load_flows(tmp_path, KNOWN)
    ticket = Ticket(FakeCaller().call, "main", "1", "bye", ())
    again = FakeCaller(variables={TICKET: house.tickets.write(ticket), DIAL_STATUS: "ANSWER", TALKED: "talked"})
    await take_call(again, house.house)
    assert again.acts == ["answer", "set SWITCHBOARD_DONE"]
    assert house.events(HandedOver) == []


async def test_of_a_talk_outside_asterisk_is_asked_now_and_then_where_ami_may_have_missed_its_end(
    house: TestHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial_watch, "ENDS_WITHIN_S", -24.99)  # it rings for 25 s
    monkeypatch.setattr(dial_watch, "LOOKS_EVERY_S", 0.01)
    over: asyncio.Future[DialResult] = asyncio.get_running_loop().create_future()
    caller = await served(house, tmp_path, NUMBER, over)
    await house.asked_of_dials.acquire()
    assert caller.expected_ends == []
    house.dials_over.add(caller.call)
    while not caller.expected_ends:
        await house.asked_of_dials.acquire()
        await settle()
    caller.hangs_up()
    await settle()


VARIABLE = (
    HEAD
    + '  on: {do: set, vars: {owner: "VALUE"}, then: ring}\n'
    + '  ring: {do: transfer, number: "{owner}", refused: sorry, otherwise: bye}'
    + REST
)


async def test_a_number_may_be_a_variable(house: TestHouse, tmp_path: Path) -> None:
    caller = await served(house, tmp_path, VARIABLE.replace("VALUE", "13900002222"), ConversationOver())
    assert dialled(caller) == ["dial PJSIP/13900002222@trunk 25 4008001234"]


@pytest.mark.parametrize("value", ["0085290001111", "13900001111&PJSIP/trunk", "Local/1@from-phones", "phone1"])
async def test_whatever_a_variable_holds_only_listed_numbers_are_dialled(
    house: TestHouse, tmp_path: Path, value: str
) -> None:
    caller = await served(house, tmp_path, VARIABLE.replace("VALUE", value))
    assert dialled(caller) == []
    assert "say zh/sorry" in caller.acts
    assert [refused.door for refused in house.events(DialRefused)] == [DialDoor.FLOW]


async def test_a_caller_who_comes_again_and_again_has_so_many_numbers_dialled_an_hour(
    house: TestHouse, tmp_path: Path
) -> None:
    for _ in range(2):
        await served(house, tmp_path, NUMBER, ConversationOver(), number="021555")
    assert dialled(await served(house, tmp_path, NUMBER, number="021555")) == []
    assert dialled(await served(house, tmp_path, NUMBER, ConversationOver(), number="021666"))


async def test_an_agent_who_is_ready_is_rung_at_their_phone(house: TestHouse, tmp_path: Path) -> None:
    await house.agent_is_ready()
    caller = await served(house, tmp_path, AGENT, ConversationOver())
    assert dialled(caller) == ["dial PJSIP/phone1 20"]
    (over,) = house.events(HandedOver)
    assert (over.to, over.end, over.agent) == (HandedTo.AGENT, HandOverEnd.TALKED, AgentId("1001"))


async def test_an_agent_who_is_not_there_is_not_rung(house: TestHouse, tmp_path: Path) -> None:
    signed_out = await served(house, tmp_path, AGENT)
    await house.agent_is_ready()
    await house.desk.ask(AgentPaused(AgentId("1001"), "lunch", "test"))
    paused = await served(house, tmp_path, AGENT)
    assert dialled(signed_out) == dialled(paused) == []
    assert [over.end for over in house.events(HandedOver)] == [HandOverEnd.REFUSED] * 2


async def test_another_flow_is_entered_at_its_beginning_with_what_was_learned(house: TestHouse, tmp_path: Path) -> None:
    caller = await served(house, tmp_path, FLOW)
    told = [stamped.event for stamped in house.feed.take()]
    assert HandedOver(caller.call, HandedTo.FLOW, HandOverEnd.BEGUN, "main") in told
    (queued,) = (event for event in told if isinstance(event, Queued))
    assert dict(queued.attributes)["entry"] == "main"
    assert house.ticket(caller.variables["SWITCHBOARD_TICKET"]).flow == "other"
    caller.hangs_up()
    await settle()


async def test_a_caller_who_goes_round_flows_without_end_comes_to_the_fail_safe(
    house: TestHouse, tmp_path: Path
) -> None:
    variables: dict[str, str] = {"SWITCHBOARD_FAULTS": "2"}
    asks = "  on: {do: menu, say: press, keys: {1: round}, no_input: line}\n  round: {do: transfer, flow: main}\n"
    (tmp_path / "main.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(HEAD + asks + "  line: {do: queue, queue: sales}\n", encoding="utf-8")
    house.flows = load_flows(tmp_path, KNOWN)
    caller = FakeCaller(["1"] * MOST_FLOWS, variables=variables)
    await take_call(caller, house.house)
    assert caller.acts[-1] == f"leave to {FAIL_SAFE}"


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('{do: transfer, number: "0085290001111", otherwise: bye}', "this number is never dialled"),
        ('{do: transfer, agent: "1009", otherwise: bye}', "unknown agent '1009'"),
        ("{do: transfer, flow: othr}", "unknown flow 'othr'"),
        ('{do: transfer, number: "{owner}", otherwise: bye}', "no step sets the variable 'owner'"),
        ("{do: transfer, otherwise: bye}", "to whom?"),
        ('{do: transfer, agent: "1001", flow: main, otherwise: bye}', "to whom?"),
        ('{do: transfer, agent: "1001", busy: bye}', "no step for refused, no_answer, failed"),
        ("{do: transfer, flow: main, otherwise: bye}", "entered for good"),
        ('{do: transfer, number: "Local/1", otherwise: bye}', "should match pattern"),
        ('{do: transfer, number: "13900001111", ring_s: 9, otherwise: bye}', "`dialling.ring`"),
    ],
)
def test_a_transfer_that_cannot_be_meant_is_told(tmp_path: Path, step: str, told: str) -> None:
    text = HEAD + f"  on: {step}\n  bye: {{do: hang_up, say: bye}}\n"
    assert any(told in line for line in refusal(tmp_path, text, KNOWN))


CARD = "  on: {do: ask, say: press, into: card, most: 16, masked: true, then: next, no_input: bye}\n"


@pytest.mark.parametrize(
    ("step", "place", "told"),
    [
        ('{do: transfer, number: "{card}", otherwise: bye}', 32, "'card' is masked, and what is dialled stands in"),
        ("{do: queue, queue: sales, attributes: [card]}", 48, "'card' is masked, and whoever it is given to"),
    ],
)
def test_masked_digits_are_not_dialled_and_do_not_go_along(tmp_path: Path, step: str, place: int, told: str) -> None:
    (line,) = refusal(tmp_path, HEAD + CARD + f"  next: {step}\n  bye: {{do: hang_up, say: bye}}\n", KNOWN)
    assert line.startswith(f"11:{place}: {told}"), line
