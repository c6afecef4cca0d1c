"""`do: lookup` in a flow: what it is refused for, where it goes on, and what its caller hears meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.tasks import spawn
from common.yaml_file import ConfigurationRefused
from ivr.lookups.port import Failure, Learned, Method, NotLearned
from ivr.session import take_call
from ivr.talks import lookup
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import TestHouse, flows_of, open_house, settle

FLOW = """
start: topic
languages: {chinese: zh}
language: chinese
prompts:
  topic: {zh: 请选}
  one-moment: {zh: 请稍候}
  hello: {zh: 您好}
  slow: {zh: 慢}
  unknown: {zh: 未知}
steps:
  topic: {do: menu, say: topic, keys: {1: sales, 2: service}, no_input: bye}
  sales: {do: set, vars: {topic: sales}, then: who}
  service: {do: set, vars: {topic: service}, then: who}
  who:
    do: lookup
    at: crm
    path: /customers/{topic}
    query: {from: "{caller_number}"}
    take:
      name: {from: customer.name}
      vip: {from: customer.vip, as: yes_no, default: false}
    then: known
    timeout: slow
    otherwise: unknown
  known: {do: decide, cases: [{when: "call.vip", then: hello}], otherwise: bye}
  hello: {do: say, say: hello, then: bye}
  slow: {do: say, say: slow, then: bye}
  unknown: {do: say, say: unknown, then: bye}
  bye: {do: hang_up}
"""
FOUND = Learned((("name", "Li"), ("vip", True)))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as house:
        house.flows = flows_of(FLOW, tmp_path)
        yield house


async def served(house: TestHouse, key: str = "1", number: str = "13800000000") -> FakeCaller:
    caller = FakeCaller([key], number=number)
    await take_call(caller, house.house)
    return caller


def refused(folder: Path, right: str, wrong: str) -> str:
    assert FLOW.count(right) == 1
    with pytest.raises(ConfigurationRefused) as told:
        flows_of(FLOW.replace(right, wrong), folder)
    [mistake] = told.value.mistakes
    return f"{mistake.line}:{mistake.column} {mistake.text}"


async def test_what_is_learned_decides_where_the_caller_goes(house: TestHouse) -> None:
    house.lookups.answer = FOUND
    caller = await served(house)
    assert "say zh/hello" in caller.acts
    [asked] = house.lookups.asked
    assert (asked.target, asked.method, asked.path, asked.query) == (
        "crm",
        Method.GET,
        "/customers/sales",
        (("from", "13800000000"),),
    )
    assert (asked.within_s, asked.attempts) == (3.0, 2)


@pytest.mark.parametrize(
    ("why", "said"),
    [
        (Failure.TIMEOUT, "slow"),
        (Failure.REFUSED, "unknown"),
        (Failure.BROKEN, "unknown"),
        (Failure.BAD_ANSWER, "unknown"),
    ],
)
async def test_every_failure_has_its_way(house: TestHouse, why: Failure, said: str) -> None:
    house.lookups.answer = NotLearned(why)
    assert f"say zh/{said}" in (await served(house)).acts


async def test_a_caller_with_a_withheld_number_is_not_looked_up_by_it(house: TestHouse) -> None:
    assert "say zh/unknown" in (await served(house, number="")).acts
    assert house.lookups.asked == []


async def test_the_caller_hears_music_once_the_answer_is_slow_and_it_stops_with_the_answer(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "QUIET_S", 0.0)
    house.lookups.answer = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["1"], number="13800000000")
    session = spawn(take_call(caller, house.house), "session")
    await settle()
    assert caller.acts[-1] == "music default"
    house.lookups.answer.set_result(FOUND)
    await session
    assert caller.acts[caller.acts.index("music default") + 1 :][:2] == ["music off", "say zh/hello"]


async def test_an_answer_that_is_there_at_once_brings_no_music(house: TestHouse) -> None:
    house.lookups.answer = FOUND
    assert "music default" not in (await served(house)).acts


async def test_a_prompt_is_said_while_the_answer_is_waited_for(house: TestHouse, tmp_path: Path) -> None:
    house.flows = flows_of(
        FLOW.replace("    at: crm\n", "    at: crm\n    say: one-moment\n    music: waltz\n"), tmp_path
    )
    house.lookups.answer = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["1"], number="13800000000")
    caller.lasting["zh/one-moment"] = asyncio.get_running_loop().create_future()
    session = spawn(take_call(caller, house.house), "session")
    await settle()
    assert caller.acts[-1] == "say zh/one-moment"
    assert len(house.lookups.asked) == 1
    caller.lasting["zh/one-moment"].set_result(None)
    await settle()
    assert caller.acts[-1] == "music waltz"
    house.lookups.answer.set_result(FOUND)
    await session
    assert "say zh/hello" in caller.acts


async def test_a_caller_who_hangs_up_ends_the_lookup(house: TestHouse) -> None:
    house.lookups.answer = waiting = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["1"], number="13800000000")
    session = spawn(take_call(caller, house.house), "session")
    await settle()
    assert house.lookups.asked
    caller.hangs_up()
    await session
    await settle()
    assert waiting.cancelled()


async def test_a_caller_handed_in_again_during_a_lookup_is_looked_up_again(house: TestHouse) -> None:
    house.lookups.answer = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2"], number="13800000000")
    session = spawn(take_call(caller, house.house), "session")
    await settle()
    session.cancel()
    await asyncio.gather(session, return_exceptions=True)
    house.lookups.answer = FOUND
    again = FakeCaller(number="13800000000", variables=caller.variables)
    await take_call(again, house.house)
    assert [asked.path for asked in house.lookups.asked] == ["/customers/service"] * 2
    assert "say zh/hello" in again.acts


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("    otherwise: unknown\n", "", "no step for refused, broken, bad_answer: name one for each"),
        ("at: crm", "at: crn", "unknown lookup 'crn', did you mean 'crm'?"),
        ("/customers/{topic}", "/customers/{topik}", "no step sets the variable 'topik', did you mean 'topic'?"),
        ("/customers/{topic}", "/customers/{topic", "a brace without its other"),
        ("/customers/{topic}", "https://elsewhere/{topic}", "should match pattern"),
        ("/customers/{topic}", "/customers?id={topic}", "write what follows a ? as `query`"),
        ("customer.name", "customer..name", "is no place in an answer"),
        ("default: false", "default: 3", "the default is not yes_no"),
        ("      name: {", "      language: {", "'language' is set by the flow itself"),
        ("    at: crm\n", "    at: crm\n    body: {a: b}\n", "get has no body"),
        ("    at: crm\n", "    at: crm\n    method: post\n    retries: 1\n", "post is never repeated"),
        ("    at: crm\n", "    at: crm\n    say: one-momend\n", "unknown prompt 'one-momend'"),
        ("timeout: slow", "timeout: slo", "unknown step 'slo', did you mean 'slow'?"),
    ],
)
def test_a_lookup_that_cannot_be_is_refused_with_its_place(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    assert says in refused(tmp_path, right, wrong)


CARD = (
    FLOW.replace("then: who}", "then: card}")
    .replace(
        "  who:\n",
        "  card: {do: ask, say: topic, into: card, most: 4, masked: true, then: who, no_input: bye}\n  who:\n",
    )
    .replace("    at: crm\n", '    at: crm\n    method: post\n    body: {card: "{card}"}\n')
)


async def test_masked_digits_are_sent_in_a_body_and_written_nowhere(house: TestHouse, tmp_path: Path) -> None:
    house.flows = flows_of(CARD, tmp_path)
    house.lookups.answer = FOUND
    caller = FakeCaller(["1", "4929"], number="13800000000")
    await take_call(caller, house.house)
    assert house.lookups.asked[0].body == (("card", "4929"),)
    assert "4929" not in str(house.lookups.asked[0])
    assert "4929" not in str(caller.acts)


def test_masked_digits_in_an_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match=r"'card' is masked, and an address is written down on its way"):
        flows_of(CARD.replace("/customers/{topic}", "/cards/{card}"), tmp_path)


def test_a_post_is_sent_once_unless_said_otherwise_and_put_is_repeated(tmp_path: Path) -> None:
    for method, attempts in (("post", 1), ("put", 2)):
        flows = flows_of(FLOW.replace("    at: crm\n", f"    at: crm\n    method: {method}\n"), tmp_path)
        step = flows.by_name["main"].steps["who"]
        assert step.inquiry.attempts == attempts  # type: ignore[attr-defined]
