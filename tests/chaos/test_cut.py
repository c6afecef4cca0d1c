"""FastAGI's connections are cut for a moment, while the service lives and AMI stays up: callers come back one by one."""

from __future__ import annotations

from datetime import datetime

import pytest

from acd.evolving.lines import BACK_WITHIN_S
from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter
from tests.chaos.wired import Wired
from tests.live.house import SOON_S, Agent, House, Json
from tests.live.waiting import until_seen

FLOW = "crowd"
ATTEMPTS = 5
"""On a machine that is busy with much else the dialplan may hand callers in too late for what is promised here."""


async def until_waiting(house: House, caller: Caller, hindrance: str | None) -> Json | None:
    """Wait until the service says that this hinders the caller; returns how they stand then, None where they wait no longer."""

    async def decisions() -> Json | None:
        said = await house.get(f"/api/v1/calls/{house.life(caller).call}/decisions")
        return said if said["now"] is None or said["now"]["hindrance"] == hindrance else None

    said = await until_seen(decisions, f"{caller.name} is hindered by {hindrance}", SOON_S)
    stands: Json | None = said["now"]
    return stands


async def cut_and_back(wired: Wired, first: Caller, second: Caller, agent: Agent) -> tuple[float, Json | None]:
    """Cut both, make the agent ready meanwhile, and let the first in line be back after the second.

    How long the first was without a session, in seconds, and how the second stood before.
    """
    house = wired.house
    wired.agi.keep_back(house.life(first).call.encode())
    wired.agi.cut()
    for caller in (first, second):
        await until_waiting(house, caller, "session")
    await agent.does("ready")
    stood = await until_waiting(house, second, None)
    wired.agi.let_in()
    call = house.life(first).call
    lost = await house.until_event("SessionDetached", call=call)
    back = await house.until_event("SessionAttached", call=call)
    return (datetime.fromisoformat(back.at) - datetime.fromisoformat(lost.at)).total_seconds(), stood


async def test_whoever_is_back_first_after_a_cut_does_not_overtake_the_first_in_line(
    wired: Wired, figures: list[str]
) -> None:
    house = wired.house
    agent = await house.paused_agent("1001", AnswerAfter(0.1))
    late: set[str] = set()
    house.could_serve = lambda _, life: life.call not in late
    for _ in range(ATTEMPTS):
        first, second = [await house.waiting_caller(FLOW) for _ in range(2)]
        away_s, stood = await cut_and_back(wired, first, second, agent)
        if away_s < BACK_WITHIN_S:
            figures.append(f"FastAGI cut: the first in line, back last and after {away_s:.1f} s, is served first")
            assert not house.life(second).offers, "the second was back first and was offered the agent"
            assert stood is not None
            assert "kept" in [candidate["verdict"] for candidate in stood["candidates"]]
            await house.until_talking(first, agent)
            return
        late.add(house.life(first).call)
        await agent.does("pause", reason="lunch")
        for caller in (first, second):
            await caller.hang_up()
        await house.until_floor_is_empty()
        await agent.until("paused")
    pytest.fail(f"no caller of {ATTEMPTS} was back within {BACK_WITHIN_S} s")
