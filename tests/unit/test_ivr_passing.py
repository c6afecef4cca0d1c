"""What reports learn of callers' ways: which steps they passed, how long each took, how it was left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.facts import StepPassed
from common.tasks import spawn
from ivr.flows.checks import Known
from ivr.flows.files import load_flows
from ivr.session import take_call
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import TestHouse, open_house, settle
from tests.unit.test_ivr_flow_file import HEAD, refusal

MAIN = HEAD.replace("start: first", "start: hello") + (
    "  hello: {do: say, label: Greeting, say: hello, then: topic}\n"
    "  topic: {do: menu, label: What about, say: hello, keys: {1: verify, 2: bye}, no_input: bye, tries: 2}\n"
    "  verify: {do: flow, label: Identification, flow: verify, then: line}\n"
    "  line: {do: queue, label: Sales, queue: sales}\n"
    "  bye: {do: hang_up, label: Goodbye}\n"
)
VERIFY = HEAD.replace("start: first", "start: pin") + (
    "  pin: {do: ask, say: hello, into: pin, most: 4, then: back, no_input: back, tries: 1}\n  back: {do: return}\n"
)

Key = asyncio.Future[str]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        for name, text in {"main": MAIN, "verify": VERIFY}.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        open_one.flows = load_flows(tmp_path, Known({"sales"}))
        yield open_one


def told(house: TestHouse) -> list[tuple[str, str, str, float]]:
    house.house.desk.tell_now()
    return [(one.flow, one.label, one.outcome, one.spent_s) for one in house.events(StepPassed)]


async def test_each_labelled_step_is_told_with_its_way_and_its_time_a_call_of_a_flow_as_a_whole(
    house: TestHouse,
) -> None:
    keys: list[Key] = [asyncio.get_running_loop().create_future() for _ in range(2)]
    caller = FakeCaller(keys)
    spawn(take_call(caller, house.house), "session")
    for key, pressed in zip(keys, ("1", "4711"), strict=True):
        await settle()
        house.clock.now += 3.0
        key.set_result(pressed)
    await settle()
    assert told(house) == [
        ("main", "Greeting", "then", 0.0),
        ("main", "What about", "1", 3.0),
        ("verify", "pin", "then", 3.0),
        ("main", "Identification", "then", 3.0),
        ("main", "Sales", "to_queue", 0.0),
    ]
    caller.hangs_up()
    await settle()
    assert told(house) == [], "what becomes of callers in line is told by the line"


async def test_who_hangs_up_or_says_nothing_is_told_where(house: TestHouse) -> None:
    caller = FakeCaller([""])
    spawn(take_call(caller, house.house), "session")
    await settle()
    house.clock.now += 4.0
    caller.hangs_up()
    await settle()
    assert told(house) == [("main", "Greeting", "then", 0.0), ("main", "What about", "hung_up", 4.0)]

    await take_call(FakeCaller(["", ""]), house.house)
    await settle()
    assert told(house)[1:] == [("main", "What about", "no_input", 0.0), ("main", "Goodbye", "ended", 0.0)]


async def test_a_service_that_is_stopped_tells_of_nobody_that_they_hung_up(house: TestHouse) -> None:
    session = spawn(take_call(FakeCaller(), house.house), "session")
    await settle()
    session.cancel()
    await settle()
    assert told(house) == [("main", "Greeting", "then", 0.0)]


def test_a_label_is_short_and_plain(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, HEAD + "  first: {do: hang_up, label: 'a\\nb'}\n")
    assert line.startswith("6:31: ")
