"""A flow that calls another: killed within it, the caller goes on there, and what it found out goes with them to the line."""

from __future__ import annotations

import re

from tests.live.house import SOON_S, House
from tests.live.told import hears, prompt
from tests.live.waiting import until


async def test_who_is_handed_in_again_within_a_called_flow_goes_on_there_and_it_returns(house: House) -> None:
    question = await prompt(house, "customer-number", "en")
    caller = await house.caller("called")
    await until(lambda: hears(caller).begins_s(question) is not None, "they are asked", 2 * SOON_S)
    back_s = hears(caller).duration_s
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await until(
        lambda: hears(caller).between(back_s, hears(caller).duration_s).begins_s(question) is not None,
        "they are asked again",
        2 * SOON_S,
    )
    await caller.press("471")
    await house.observer.until(lambda: bool(house.life(caller).places), f"{caller.name} is in line", 2 * SOON_S)
    await house.until_known(caller)
    call = house.life(caller).call
    queued = await house.until_event("Queued", call=call)
    attributes = queued.data["attributes"]
    assert (attributes["known_customer"], attributes["customer"], queued.data["priority"]) == (True, "471", 20)
    assert "number" not in attributes, "what the called flow calls its own stays there"
    passed = [event.data for event in await house.events() if event.kind == "StepPassed" and event.data["call"] == call]
    assert [(one["flow"], one["label"], one["outcome"]) for one in passed] == [
        ("verify", "Customer number", "then"),
        ("called", "Verification", "then"),
    ]
    today = await house.service.command("flow", "graph", "verify", "--day", "today")
    assert today.returncode == 0, today.stderr
    assert re.search(r'"customer<br/>ask<br/>\d+ passed', today.stdout), today.stdout
    long_ago = await house.service.command("flow", "graph", "verify", "--day", "2020-01-01")
    assert (long_ago.returncode, long_ago.stdout) == (1, "")
    assert "nobody passed a step of flow 'verify'" in long_ago.stderr
