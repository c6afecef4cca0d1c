"""A caller's machine sends a fax: the flow goes on by whether a page came, and knows for whom it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivr.caller import FAX, FaxCame
from ivr.flows.checks import Known
from ivr.flows.files import load_flows
from ivr.session import take_call
from ivr.talks.fax_tone import DETECTION
from tests.fakes import FakeCaller, Hangs
from tests.unit.ivr_kit import TestHouse, open_house, settle
from tests.unit.test_ivr_flow_file import refusal

FLOW = """
start: fax
languages: {chinese: zh}
language: chinese
prompts: {nobody: {zh: 没有收到传真}}
steps:
  fax: {do: fax, queue: sales, agent: "1001", then: end, otherwise: nothing}
  end: {do: hang_up}
  nothing: {do: hang_up, say: nobody}
"""
KNOWN = Known({"sales"}, agents={"1001"})
FILE = "/messages/node1-1700000000.1.tiff"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        (tmp_path / "main.yaml").write_text(FLOW, encoding="utf-8")
        open_one.flows = load_flows(tmp_path, KNOWN)
        yield open_one


async def served(house: TestHouse, fax: FaxCame | Hangs) -> list[str]:
    caller = FakeCaller(())
    caller.fax = fax
    await take_call(caller, house.house)
    return [act for act in caller.acts if not act.startswith("set")]


async def test_a_fax_is_kept_for_whom_it_is(house: TestHouse) -> None:
    came = FaxCame(complete=True, error="", station="1")
    assert await served(house, came) == ["answer", f"fax {FILE}"]
    assert house.faxes.kept == [came]
    assert [(order.flow, order.queue, order.agent) for order in house.faxes.orders] == [("main", "sales", "1001")]


async def test_pages_count_and_not_how_it_ended(house: TestHouse) -> None:
    assert "say zh/nobody" not in await served(house, FaxCame(complete=False, error="RX_NOEOP", station=""))


async def test_where_no_page_came_the_caller_goes_on(house: TestHouse) -> None:
    house.faxes.pages = 0
    assert "say zh/nobody" in await served(house, FaxCame(complete=False, error="NO_FAX", station=""))


async def test_a_machine_that_hangs_up_has_its_fax_kept(house: TestHouse) -> None:
    await served(house, Hangs())
    assert house.faxes.kept == [None]


@pytest.mark.parametrize(("right", "wrong"), [("queue: sales", "queue: sale"), ('"1001"', '"9"')])
def test_for_whom_a_fax_is_has_to_be_known(tmp_path: Path, right: str, wrong: str) -> None:
    assert any("unknown" in line for line in refusal(tmp_path, FLOW.replace(right, wrong), KNOWN))


def test_a_fax_needs_a_way_for_whoever_is_no_machine(tmp_path: Path) -> None:
    assert any("otherwise" in line for line in refusal(tmp_path, FLOW.replace(", otherwise: nothing", ""), KNOWN))


MENU = """
start: menu
fax: fax
languages: {chinese: zh}
language: chinese
prompts: {nobody: {zh: 没有收到传真}}
steps:
  menu: {do: menu, say: nobody, keys: {1: line, 2: end}, no_input: end}
  line: {do: queue, queue: sales}
  fax: {do: fax, queue: sales, then: end, otherwise: end}
  end: {do: hang_up}
"""


def listening(house: TestHouse, folder: Path) -> None:
    (folder / "main.yaml").write_text(MENU, encoding="utf-8")
    house.flows = load_flows(folder, KNOWN)


async def test_a_machine_noticed_in_a_menu_sends_its_fax(house: TestHouse, tmp_path: Path) -> None:
    listening(house, tmp_path)
    caller = FakeCaller((Hangs(),))
    await take_call(caller, house.house)
    assert caller.variables[DETECTION].startswith("cng")
    again = FakeCaller((), variables={**caller.variables, FAX: "fax"})
    await take_call(again, house.house)
    assert [act for act in again.acts if not act.startswith("set")] == ["answer", f"fax {FILE}"]


async def test_a_machine_noticed_before_any_ticket_sends_its_fax(house: TestHouse, tmp_path: Path) -> None:
    listening(house, tmp_path)
    caller = FakeCaller((), variables={FAX: "fax"})
    await take_call(caller, house.house)
    assert f"fax {FILE}" in caller.acts


async def test_nobody_listens_where_the_flow_has_no_place_for_faxes(house: TestHouse) -> None:
    caller = FakeCaller((), variables={FAX: "fax"})
    await take_call(caller, house.house)
    assert DETECTION not in caller.variables


async def test_who_stands_in_line_is_not_listened_to(house: TestHouse, tmp_path: Path) -> None:
    listening(house, tmp_path)
    caller = FakeCaller(("1",))
    async with asyncio.TaskGroup() as calls:
        calls.create_task(take_call(caller, house.house))
        await settle()
        assert caller.variables[DETECTION] == "no"
        caller.hangs_up()
    again = FakeCaller((), variables={**caller.variables, FAX: "fax"})
    async with asyncio.TaskGroup() as calls:
        calls.create_task(take_call(again, house.house))
        await settle()
        assert any(act.startswith("music") for act in again.acts)
        assert not any(act.startswith("fax") for act in again.acts)
        again.hangs_up()


def test_where_a_fax_goes_has_to_be_a_step(tmp_path: Path) -> None:
    lines = refusal(tmp_path, MENU.replace("fax: fax\n", "fax: faks\n", 1), KNOWN)
    assert lines == ["3:6: unknown step 'faks'"]


def test_a_flow_that_returns_notices_no_machine(tmp_path: Path) -> None:
    lines = refusal(tmp_path, MENU.replace("end: {do: hang_up}", "end: {do: return}"), KNOWN)
    assert any("entered by no caller" in line for line in lines)
