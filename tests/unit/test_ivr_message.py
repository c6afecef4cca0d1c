"""A caller leaves a message: what they said is kept, what they did not say is not, and where they may they hear it first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.names import AgentId, MessageKind, QueueId
from ivr.flows.checks import Known
from ivr.flows.files import load_flows
from ivr.session import take_call
from ivr.talks.message import PROMPTS, TRIES
from tests.fakes import FakeCaller, Hangs, Key
from tests.unit.ivr_kit import TestHouse, open_house
from tests.unit.test_ivr_flow_file import refusal

FLOW = """
start: topic
languages: {chinese: zh}
language: chinese
prompts: {speak: {zh: 请讲}, thanks: {zh: 谢谢}, nothing: {zh: 没有留言}}
steps:
  topic: {do: set, vars: {topic: prices}, then: message}
  message: {do: message, say: speak, least_s: 2, review: true, queue: sales, agent: "1001", then: thanks, otherwise: nothing}
  thanks: {do: hang_up, say: thanks}
  nothing: {do: hang_up, say: nothing}
"""
PLAIN = FLOW.replace("review: true, ", "")
KNOWN = Known({"sales"}, agents={"1001"})
FIRST, SECOND = "node1-1700000000.1-1", "node1-1700000000.1-2"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


async def served(house: TestHouse, folder: Path, flow: str, *keys: Key) -> list[str]:
    """What was done to a caller of this flow, but for their ticket."""
    (folder / "main.yaml").write_text(flow, encoding="utf-8")
    house.flows = load_flows(folder, KNOWN)
    caller = FakeCaller(keys)
    await take_call(caller, house.house)
    return [act for act in caller.acts if not act.startswith("set")]


async def test_a_message_is_kept_for_whom_it_is_with_what_the_flow_learned(house: TestHouse, tmp_path: Path) -> None:
    acts = await served(house, tmp_path, PLAIN)
    assert acts == ["answer", "say zh/speak", f"message /messages/{FIRST}.wav 120 5", "say zh/thanks"]
    assert house.messages.kept == [FIRST]
    (order,) = house.messages.orders
    assert (order.kind, order.flow, order.queue, order.agent) == (
        MessageKind.VOICEMAIL,
        "main",
        QueueId("sales"),
        AgentId("1001"),
    )
    assert dict(order.attributes)["topic"] == "prices"


async def test_who_says_too_little_is_asked_again_and_then_goes_on_without_a_message(
    house: TestHouse, tmp_path: Path
) -> None:
    house.messages.speech_s = [1.9] * TRIES
    acts = await served(house, tmp_path, PLAIN)
    assert acts.count("say zh/message-empty") == TRIES - 1
    assert acts[-1] == "say zh/nothing"
    assert (house.messages.kept, len(house.messages.dropped)) == ([], TRIES)


async def test_a_caller_hears_their_message_says_it_again_and_sends_it(house: TestHouse, tmp_path: Path) -> None:
    acts = await served(house, tmp_path, FLOW, "1", "2", "3")
    assert acts == [
        "answer",
        "say zh/speak",
        f"message /messages/{FIRST}.wav 120 5",
        "ask zh/message-review",
        f"say /messages/{FIRST}",
        "ask zh/message-review",
        f"message /messages/{SECOND}.wav 120 5",
        "ask zh/message-review",
        "say zh/message-sent",
        "say zh/thanks",
    ]
    assert (house.messages.kept, house.messages.dropped) == ([SECOND], [FIRST])


async def test_who_presses_nothing_has_sent_it(house: TestHouse, tmp_path: Path) -> None:
    await served(house, tmp_path, FLOW, "")
    assert house.messages.kept == [FIRST]


async def test_a_star_discards_it(house: TestHouse, tmp_path: Path) -> None:
    acts = await served(house, tmp_path, FLOW, "*")
    assert (house.messages.kept, house.messages.dropped) == ([], [FIRST])
    assert "say zh/nothing" in acts


async def test_who_hangs_up_having_spoken_has_left_a_message(house: TestHouse, tmp_path: Path) -> None:
    await served(house, tmp_path, FLOW, Hangs())
    assert house.messages.kept == [FIRST]


async def test_a_message_that_cannot_be_kept_leads_on_as_none(house: TestHouse, tmp_path: Path) -> None:
    house.messages.refuses = True
    assert "say zh/nothing" in await served(house, tmp_path, PLAIN)


@pytest.mark.parametrize(("wrong", "told"), [("queue: sale", "unknown queue"), ('agent: "9"', "unknown agent '9'")])
def test_for_whom_a_message_is_has_to_be_known(tmp_path: Path, wrong: str, told: str) -> None:
    key = wrong.partition(":")[0]
    right = {"queue": "queue: sales", "agent": 'agent: "1001"'}[key]
    assert any(told in line for line in refusal(tmp_path, FLOW.replace(right, wrong), KNOWN))


def test_every_prompt_of_the_talk_has_both_languages() -> None:
    names = {prompt.name for prompt in PROMPTS}
    assert {(prompt.name, prompt.language) for prompt in PROMPTS} == {(n, lang) for n in names for lang in ("zh", "en")}
