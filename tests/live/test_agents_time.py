"""How agents' time between calls ends and what it counts as, on a real Asterisk: kinds of wrap-up, pauses for work."""

from __future__ import annotations

import httpx

from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, Agent, House
from tests.live.test_scenarios import WRAP_UP_S, rung, two_calls_in_a_row


async def asks_to_be_ready(house: House, agent: Agent) -> httpx.Response:
    """What the service answers an agent who would like to be ready."""
    return await house.api.post(f"/api/v1/agents/{agent.number}/ready")


async def test_a_fixed_wrap_up_lasts_its_time_whatever_the_agent_asks_for(house: House) -> None:
    house.rewrite("queues.yaml", f"wrap_up: {WRAP_UP_S:g}", f"wrap_up: {WRAP_UP_S:g}\n    wrap_up_mode: fixed")
    await house.reload()
    agent, second = await two_calls_in_a_row(house)
    refused = await asks_to_be_ready(house, agent)
    assert refused.status_code == httpx.codes.CONFLICT
    assert refused.json()["type"].endswith("wrap-up-fixed")
    now = await agent.now()
    assert (now["state"], now["reason"]) == ("wrap_up", "fixed")
    assert now["until"] is not None
    assert rung(house, second) == []
    await house.until_talking(second, agent, WRAP_UP_S + SOON_S)


async def test_a_wrap_up_until_finished_ends_when_the_agent_says_so(house: House) -> None:
    house.rewrite("queues.yaml", f"wrap_up: {WRAP_UP_S:g}", "wrap_up_mode: until_finished")
    await house.reload()
    agent, second = await two_calls_in_a_row(house)
    now = await agent.now()
    assert (now["reason"], now["until"]) == ("until_finished", None)
    waiting = await house.call_of(second)
    assert waiting["state"] == "waiting"
    assert "in wrap-up" in waiting["why"]["en"]
    assert rung(house, second) == []
    assert (await asks_to_be_ready(house, agent)).is_success
    await house.until_talking(second, agent)


async def test_a_pause_for_work_is_told_apart_from_an_absence_and_neither_is_rung(house: House) -> None:
    house.rewrite("switchboard.yaml", "name: break,", "name: break, counts_as: work,")
    await house.reload()
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for reason, counts_as in (("break", "work"), ("lunch", "absence")):
        assert (await agent.does("pause", reason=reason))["counts_as"] == counts_as
        await house.until_event("AgentStateChanged", agent=agent.number, reason=reason, counts_as=counts_as)
    caller = await house.waiting_caller("careful")
    assert rung(house, caller) == []
    assert (await agent.does("ready"))["counts_as"] is None
    await house.until_talking(caller, agent)
