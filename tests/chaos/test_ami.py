"""The service's link to AMI breaks while people come and go: what happened meanwhile is known once it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from deploy.telephones.handset import HandsetState
from deploy.telephones.phones import AnswerAfter
from tests.chaos.extent import Extent, full_only
from tests.chaos.line import Line
from tests.chaos.wired import Wired
from tests.live.house import SOON_S, House
from tests.live.pairs import talking_pair
from tests.live.waiting import until_seen

FLOW = "crowd"
NOISE_S = 3.0
"""How much later than promised something may be on a machine that is short of processors."""
KNOWN_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which the link breaks."""

    begins: Callable[[Line], None]
    noticed_within_s: float


FAULTS = {
    "reset": Fault(Line.refuse, 1.0),
    "silent": Fault(Line.swallow, 6.0),
    "stalled": Fault(Line.hold, 6.0),
}
SLOW = {"stalled"}
"""Much like another, as the service sees it."""


async def ami_is(house: House, up: bool) -> bool:
    """Whether the service says so of its link."""
    link: dict[str, Any] = (await house.api.get("/readyz")).json()
    return link["parts"][f"ami:{house.site.node}"] is up


async def agrees(house: House) -> bool:
    """Whether the service has the callers that Asterisk has, in line and in conversation, and no agent talks to a ghost."""
    lives = house.observer.ledger.present
    here = {life.call: any(talk.ended_at is None for talk in life.talks) for life in lives}
    known = {call["id"]: call["state"] == "talking" for call in await house.calls()}
    agents = [agent for agent in (await house.get("/api/v1/agents"))["items"] if agent["state"] == "talking"]
    return here == known and {agent["call"] for agent in agents} == {call for call, talks in here.items() if talks}


async def corrections(house: House) -> float:
    """How much the service had to correct after logins."""
    name = f'switchboard_ami_corrections_total{{node="{house.site.node}"}} '
    lines = (await house.api.get("/metrics")).text.splitlines()
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


@pytest.mark.parametrize("kind", FAULTS)
async def test_what_happened_while_ami_was_away_is_known_right_after(
    wired: Wired, kind: str, extent: Extent, figures: list[str]
) -> None:
    if kind in SLOW:
        full_only(extent)
    house, fault = wired.house, FAULTS[kind]
    loop = asyncio.get_running_loop()
    pair = await talking_pair(house, "1001")
    leaves, stays = [await house.waiting_caller(FLOW) for _ in range(2)]
    at = loop.time()
    fault.begins(wired.ami)
    await until_seen(lambda: ami_is(house, up=False), "the lost link is noticed", fault.noticed_within_s + NOISE_S)
    noticed_s = loop.time() - at
    # The service hears of neither: who waits is in its own session, who talks is known by AMI alone.
    await pair.caller.hang_up()
    await pair.agent.phone.until(HandsetState.IDLE, NOISE_S)
    await leaves.hang_up()
    comes = await house.waiting_caller(FLOW)
    assert (await pair.agent.now())["state"] == "talking"
    wired.ami.flow()
    back = loop.time()
    await until_seen(lambda: ami_is(house, up=True), "the link is up", KNOWN_WITHIN_S + 2 * NOISE_S)
    await until_seen(lambda: agrees(house), "the service knows what Asterisk has", NOISE_S)
    known_s = loop.time() - back
    figures.append(f"AMI {kind}: noticed after {noticed_s:.1f} s, all known {known_s:.1f} s after it flows again")
    for caller in (stays, comes):
        await house.until_talking(caller, pair.agent)
        await caller.hang_up()
    assert [len(house.life(caller).offers) for caller in (stays, comes)] == [1, 1]
    assert await corrections(house) > 0


async def test_a_private_call_that_began_or_ended_while_ami_was_away_is_known_right_after(wired: Wired) -> None:
    house = wired.house
    one, other = [await house.ready_agent(number, AnswerAfter(0.1)) for number in ("1001", "1002")]
    wired.ami.refuse()
    await until_seen(lambda: ami_is(house, up=False), "the lost link is noticed", 1.0 + NOISE_S)
    await one.phone.dial("102")
    for each in (one, other):
        await each.phone.until(HandsetState.ESTABLISHED, SOON_S)
        assert (await each.now())["state"] == "ready"
    wired.ami.flow()
    for each in (one, other):
        await each.until("busy_elsewhere")
    wired.ami.refuse()
    await until_seen(lambda: ami_is(house, up=False), "the lost link is noticed", 1.0 + NOISE_S)
    await one.phone.hang_up()
    await other.phone.until(HandsetState.IDLE, SOON_S)
    wired.ami.flow()
    for each in (one, other):
        await each.until("ready")
