"""The configuration is changed while callers wait, choose and talk, on a real Asterisk; the ledger judges after each."""

from __future__ import annotations

from itertools import pairwise

import httpx

from deploy.telephones.phones import AnswerAfter
from tests.live.house import SOON_S, House
from tests.live.test_scenarios import press, rung
from tests.live.waiting import until_seen


async def test_a_waiting_caller_is_served_as_soon_as_the_reloaded_plan_admits_somebody(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.waiting_caller("strict")
    joined_at = (await house.call_of(caller))["joined_at"]
    assert rung(house, caller) == []
    house.rewrite("queues.yaml", "skill.english >= 10", "skill.english >= 8")
    assert (await house.reload())["queues"] == {"added": [], "changed": ["strict"], "removed": []}
    await house.until_talking(caller, agent)
    assert (await house.call_of(caller))["joined_at"] == joined_at


async def test_a_broken_file_is_refused_in_the_middle_of_the_work_and_the_old_plan_goes_on(house: House) -> None:
    callers = [await house.waiting_caller("crowd") for _ in range(3)]
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(callers[0], agent)

    house.rewrite("queues.yaml", "skill.english >= 10", "skill.english >=")
    house.rewrite("flows/sales.yaml", "language: english", "language: englisch")
    refused = await house.service.command("reload")
    assert refused.returncode == 2
    assert "flows/sales.yaml:3:11: unknown language 'englisch', did you mean 'english'?" in refused.stderr
    assert "queues.yaml:" in refused.stderr
    assert refused.stderr.rstrip().endswith("Nothing was changed.")

    for talking, following in pairwise(callers):
        await talking.hang_up()
        await house.until_talking(following, agent)
    house.rewrite("queues.yaml", '"skill.english >="', '"skill.english >= 9"')
    house.rewrite("flows/sales.yaml", "language: englisch", "language: english")
    changed = await house.reload()
    assert (changed["queues"]["changed"], changed["flows"]["changed"]) == (["strict"], [])


async def test_a_caller_in_a_menu_stays_in_the_version_they_entered_and_the_next_enters_the_new_one(
    house: House,
) -> None:
    async def version() -> str:
        flows = (await house.get("/api/v1/centre"))["flows"]
        return next(str(flow["version"]) for flow in flows if flow["name"] == "main")

    async def newer() -> bool:
        return await version() != before

    before = await version()
    early = await house.caller("main")
    house.rewrite("flows/main.yaml", "{1: sales, 2: expert}", "{1: expert, 2: sales}")
    house.service.hang_up()
    await until_seen(newer, "the flow was reloaded", 2 * SOON_S)
    await press(house, early, "1")
    late = await house.caller("main")
    await press(house, late, "1")
    assert [house.life(caller).places[0].queue for caller in (early, late)] == ["sales", "expert"]


async def test_a_queue_with_a_caller_and_an_agent_at_work_stay(house: House) -> None:
    await house.paused_agent("1003", AnswerAfter(0.1))
    caller = await house.waiting_caller("strict")
    agents = house.site.config / "agents.yaml"
    lines = agents.read_text(encoding="utf-8").splitlines(keepends=True)
    agents.write_text("".join(line for line in lines if '"1003"' not in line), encoding="utf-8")
    refused = await house.api.post("/api/v1/reload")
    assert refused.status_code == httpx.codes.CONFLICT, refused.text
    assert refused.json()["reasons"] == ["agent 1003 is paused: they must sign out before they are removed"]
    await house.until_known(caller)
