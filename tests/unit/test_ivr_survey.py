"""Questions after a talk: asked when the agent has hung up, told with whom they talked, asked again after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.facts import HandedOver, SurveyAnswered
from acd.names import AgentId, HandedTo, HandOverEnd, MessageKind, QueueId
from common.tasks import spawn
from ivr.caller import TALKED, ConversationOver
from ivr.flows.checks import Known
from ivr.flows.files import load_flows
from ivr.session import take_call
from ivr.state import State
from ivr.steps.step import Go, Stay
from ivr.steps.survey import Survey
from ivr.steps.talk import DoAsk, Done, DoNoteAnswer, Pressed
from ivr.transfers.transfer import VARIABLE as TRANSFER
from tests.fakes import Crashes, FakeCaller, Hangs, Key
from tests.unit.ivr_kit import TestHouse, open_house, settle
from tests.unit.test_ivr_flow_file import refusal

FLOW = """
start: line
languages: {chinese: zh}
language: chinese
prompts: {how: {zh: 满意吗}, wrong: {zh: 错}, why: {zh: 为什么}, thanks: {zh: 谢谢}}
steps:
  line: {do: queue, queue: sales, after: rate}
  rate: {do: survey, question: satisfaction, say: how, wrong_say: wrong, then: judge}
  judge: {do: decide, cases: [{when: "call.satisfaction <= 2", then: why}], otherwise: thanks}
  why: {do: message, kind: comment, say: why, then: thanks}
  thanks: {do: hang_up, say: thanks}
"""
KNOWN = Known({"sales"})
CALL = "node1-1700000000.1"
QUESTION = Survey("satisfaction", ("how",), 1, 5, ("wrong",), 5.0, 2, "on", "")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        (tmp_path / "main.yaml").write_text(FLOW, encoding="utf-8")
        open_one.flows = load_flows(tmp_path, KNOWN)
        await open_one.agent_is_ready()
        yield open_one


async def served(house: TestHouse, *keys: Key, variables: dict[str, str] | None = None) -> FakeCaller:
    """A caller who talked with agent 1001, and what they press afterwards."""
    caller = FakeCaller(keys, [ConversationOver()], variables=variables)
    await take_call(caller, house.house)
    await settle()
    return caller


async def test_when_the_agent_has_hung_up_the_caller_is_asked_and_the_answer_told(house: TestHouse) -> None:
    caller = await served(house, "5")
    assert [act for act in caller.acts if act.startswith(("ask", "say"))] == ["ask zh/how", "say zh/thanks"]
    assert caller.acts[-1] == "set SWITCHBOARD_DONE"
    (answered,) = house.events(SurveyAnswered)
    assert answered == SurveyAnswered(caller.call, "main", "satisfaction", 5, QueueId("sales"), AgentId("1001"))


async def test_an_answer_may_lead_to_a_comment_by_voice_about_the_same_talk(house: TestHouse) -> None:
    await served(house, "1")
    (order,) = house.messages.orders
    assert (order.kind, order.queue, order.agent) == (MessageKind.COMMENT, QueueId("sales"), AgentId("1001"))
    assert dict(order.attributes)["satisfaction"] == 1
    assert house.messages.kept == [f"{CALL}-1"]


async def test_who_hangs_up_is_asked_no_more(house: TestHouse) -> None:
    await served(house, Hangs())
    assert house.events(SurveyAnswered) == []


async def test_the_dialplan_is_told_that_the_call_goes_on_and_the_recording_ends_before_the_question(
    house: TestHouse,
) -> None:
    caller = await served(house, "5")
    asked = caller.acts.index("ask zh/how")
    assert caller.acts[asked - 4 : asked] == [
        "set SWITCHBOARD_TICKET",
        "stop recording",
        "set DIALSTATUS",
        "set SWITCHBOARD_TICKET",
    ]
    assert caller.variables["DIALSTATUS"] == ""


async def test_a_caller_whose_service_is_killed_in_a_survey_is_asked_the_same_question_again(house: TestHouse) -> None:
    first = await served(house, Crashes())
    assert house.ticket(first.variables["SWITCHBOARD_TICKET"]).step == "rate"
    again = FakeCaller(["4"], variables=first.variables)
    await take_call(again, house.house)
    await settle()
    assert [act for act in again.acts if act.startswith(("ask", "say", "offer"))] == ["ask zh/how", "say zh/thanks"]
    (answered,) = house.events(SurveyAnswered)
    assert (answered.answer, answered.queue, answered.agent) == (4, "sales", "1001")


async def handed_in_after_the_talk(house: TestHouse, variables: dict[str, str]) -> FakeCaller:
    """Their service was killed during the talk with 1001, and is back."""
    talking = FakeCaller(offers=[asyncio.get_running_loop().create_future()])
    lost = spawn(take_call(talking, house.house), "session")
    await settle()
    lost.cancel()
    await settle()
    again = FakeCaller(["4"], variables={**talking.variables, TALKED: "talked", **variables})
    await take_call(again, house.house)
    await settle()
    return again


async def test_a_caller_whose_talk_outlived_the_service_is_asked_after_it(house: TestHouse) -> None:
    again = await handed_in_after_the_talk(house, {})
    assert [act for act in again.acts if act.startswith(("ask", "say", "offer"))] == ["ask zh/how", "say zh/thanks"]
    (answered,) = house.events(SurveyAnswered)
    assert (answered.answer, answered.queue, answered.agent) == (4, "sales", "1001")
    assert again.variables["DIALSTATUS"] == "", "the dialplan may hand them in again"


async def test_a_talk_with_a_number_that_outlived_the_service_was_the_last_of_the_call(house: TestHouse) -> None:
    again = await handed_in_after_the_talk(house, {TRANSFER: "13900001111"})
    assert again.acts == ["answer", "set SWITCHBOARD_DONE"]
    told = [stamped.event for stamped in house.feed.take()]
    assert [event for event in told if isinstance(event, SurveyAnswered)] == []
    assert HandedOver(again.call, HandedTo.NUMBER, HandOverEnd.TALKED, "main", AgentId("1001")) in told


def test_a_key_that_is_no_answer_is_asked_about_again_and_then_let_pass() -> None:
    state = State("rate", ())
    assert QUESTION.enter(state) == DoAsk(("how",), 5.0, barge_in=True)
    again = QUESTION.after(state, Pressed("9"))
    assert isinstance(again, Stay)
    assert again.do == DoAsk(("wrong", "how"), 5.0, barge_in=True)
    passed = QUESTION.after(again.state, Pressed(""))
    assert isinstance(passed, Stay)
    assert passed.do == DoNoteAnswer("satisfaction", None)
    gone = QUESTION.after(passed.state, Done())
    assert isinstance(gone, Go)
    assert (gone.to, dict(gone.learned)) == ("on", {})


@pytest.mark.parametrize("key", ["1", "5"])
def test_an_answer_becomes_a_variable(key: str) -> None:
    told = QUESTION.after(State("rate", ()), Pressed(key))
    assert isinstance(told, Stay)
    gone = QUESTION.after(told.state, Done())
    assert isinstance(gone, Go)
    assert dict(gone.learned) == {"satisfaction": int(key)}


@pytest.mark.parametrize("key", ["0", "6", "*", "#", ""])
def test_what_lies_outside_is_no_answer(key: str) -> None:
    again = QUESTION.after(State("rate", ()), Pressed(key))
    assert isinstance(again, Stay)
    assert isinstance(again.do, DoAsk)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("after: rate", "after: rte", "unknown step 'rte'"),
        ("question: satisfaction", "question: language", "set by the flow itself"),
        ("question: satisfaction", "question: satisfaction, least: 5", "nothing between them"),
        ("say: how", "say: hwo", "unknown prompt 'hwo'"),
        ("kind: comment", "kind: coment", "did you mean 'comment'"),
    ],
)
def test_a_survey_that_cannot_be_meant_is_told(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert any(told in line for line in refusal(tmp_path, FLOW.replace(right, wrong), KNOWN))
