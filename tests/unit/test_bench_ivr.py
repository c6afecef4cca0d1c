"""The menus' benchmark counts what Asterisk tells of, and its script sends what the service sends."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from bench.bare_agi import BareCall, commands
from bench.ivr_commands import Commands
from bench.ivr_site import LONG, SHORT, write_flows
from bench.queue_cost import NoSuchProcess, has_children, spent_by_children_s
from bench.queue_site import new_site
from ivr.flows.checks import Known
from ivr.flows.files import load_flows
from ivr.session import take_call
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import open_house


def event(name: str, at: float, channel: str = "1.1") -> dict[str, str]:
    return {"Event": name, "Uniqueid": channel, "Timestamp": str(at)}


def test_the_delay_is_from_a_commands_end_to_the_next_ones_start_on_the_same_channel() -> None:
    commands = Commands()
    for told in (
        event("AGIExecStart", 10.0),
        event("AGIExecStart", 10.5, "1.2"),
        event("AGIExecEnd", 11.0),
        event("AGIExecEnd", 11.5, "1.2"),
        event("AGIExecStart", 11.25),
        event("Hangup", 12.0),
    ):
        commands.take(told)
    assert commands.delays_ms == [250.0]
    assert (commands.started, commands.here, commands.whole_calls) == (3, 1, [2])


def test_a_call_that_was_under_way_is_no_whole_one() -> None:
    commands = Commands()
    commands.take(event("AGIExecStart", 10.0))
    commands.begin()
    commands.take(event("AGIExecStart", 10.5))
    commands.take(event("Hangup", 11.0))
    commands.take(event("Hangup", 11.0, "of a channel that had no menu"))
    assert (commands.started, commands.whole_calls) == (1, [])


async def test_the_flows_ask_as_often_as_is_counted(tmp_path: Path) -> None:
    site = new_site(tmp_path / "site")
    write_flows(site)
    flows = load_flows(site.config / "flows", Known({"calls", "line"}))
    async with open_house(tmp_path) as house:
        house.flows = flows
        for menus in (LONG, SHORT):
            caller = FakeCaller([""] * menus.menus * menus.tries, entry=menus.flow)
            await take_call(caller, house.house)
            assert sum(act.startswith("ask ") for act in caller.acts) == menus.menus * menus.tries


def test_the_bare_server_sends_as_many_commands_one_for_each_reply() -> None:
    transport = Mock(spec=asyncio.Transport)
    call = BareCall({b"short": commands(SHORT.menus, SHORT.tries, "beep", 800)})
    call.connection_made(transport)
    call.data_received(b"agi_network_script: call\nagi_arg_1: sh")
    assert not transport.write.called, "the headers have not ended"
    call.data_received(b"ort\n\n")
    for sent in range(1, SHORT.commands + 1):
        assert transport.write.call_count == sent
        call.data_received(b"200 result=0\n")
    assert transport.close.called
    assert transport.write.call_count == SHORT.commands


def test_a_process_that_is_not_there_has_no_cost() -> None:
    with pytest.raises(NoSuchProcess, match="its children"):
        spent_by_children_s(4_194_305)


def test_a_child_counts_until_it_has_been_waited_for() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert has_children(os.getpid())
        assert not has_children(child.pid)
        child.communicate(b"\n")
    assert not has_children(child.pid)
