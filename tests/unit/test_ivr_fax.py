"""A caller's machine sends a fax: the flow goes on by whether a page came, and knows for whom it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivr.caller import FaxCame
from ivr.flow_checks import Known
from ivr.flow_file import load_flows
from ivr.session import take_call
from tests.fakes import FakeCaller, Hangs
from tests.unit.ivr_kit import TestHouse, open_house
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
    assert await served(house, came) == ["answer", f"fax {FILE}", "hang up"]
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
