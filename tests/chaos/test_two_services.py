"""Two services on one installation by mistake: the second refuses, in a sentence, and nobody on the phone notices."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from common.tasks import spawn
from deploy.ports import free_ports
from deploy.stack import Part, Stack, service_environment
from deploy.telephones.phones import AnswerAfter
from tests.chaos.extent import Extent, full_only
from tests.chaos.traffic import CALLS_A_SECOND, came, crew, in_words, traffic
from tests.live.house import House
from tests.live.service import Service

ENDS_WITHIN_S = 20.0
"""A start of the program on a busy machine, and two looks at the claim a second apart."""
FLOW = "crowd"
CALLS = 2_000


@pytest.fixture
def second(stack: Stack, service: Service, tmp_path: Path) -> Iterator[Service]:
    """The same installation's service on other ports, not yet started."""
    ports = free_ports()
    elsewhere = replace(stack.site, ports=replace(stack.site.ports, api=ports.api, agi=ports.agi))
    second = Service(service.environment | service_environment(elsewhere), tmp_path / "second", Path.cwd())
    try:
        yield second
    finally:
        second.stop()


async def test_a_second_service_refuses_in_a_sentence_while_the_first_goes_on(house: House, second: Service) -> None:
    first, last = [await house.waiting_caller(FLOW) for _ in range(2)]
    second.start()
    assert await second.until_ended(ENDS_WITHIN_S) == 1
    assert f"site {house.site.name} is served already, by the service at" in second.last_words()
    assert house.service.url.removeprefix("http://") in second.last_words()
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(first, agent)
    await first.hang_up()
    await house.until_talking(last, agent)
    assert [len(life.offers) for life in house.observer.ledger.lives.values()] == [1, 1]


async def test_a_second_service_that_came_while_redis_was_away_ends_when_it_is_back(
    house: House, second: Service, stack: Stack
) -> None:
    caller = await house.waiting_caller(FLOW)
    await asyncio.to_thread(stack.kill, Part.REDIS)
    try:
        second.start()
        await second.until_ready()
    finally:
        await asyncio.to_thread(stack.restart, Part.REDIS)
    assert await second.until_ended(ENDS_WITHIN_S) == 1
    assert "is served already" in second.last_words()
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await house.until_talking(caller, agent)
    assert len(house.life(caller).offers) == 1


async def test_a_second_service_that_is_started_again_and_again_in_two_thousand_calls_has_nobody_offered_twice(
    house: House, second: Service, extent: Extent, figures: list[str]
) -> None:
    full_only(extent)
    starts = 0
    async with crew(house, "1001", "1002", "1003"), traffic(house, CALLS) as stream:
        over = spawn(stream.until_over(), "the traffic")
        while not over.done():
            second.start()
            assert await second.until_ended(2 * ENDS_WITHIN_S) == 1
            starts += 1
    lives = came(house)
    assert len(lives) == CALLS
    assert "is served already" in second.last_words()
    assert any(life.talks for life in lives)
    figures.append(f"a second service started {starts} x in {CALLS / CALLS_A_SECOND:.0f} s: {in_words(lives)}")
