"""One service a site: who has the claim, who waits for it, who is refused, and what a Redis that is away means."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest

from common.tasks import spawn
from cti_bridge.faults import SiteServed
from cti_bridge.kept.claim import LASTS_S, Claim, Held
from cti_bridge.kept.link import RedisAway


class Kept:
    """The claim as Redis would keep it; time passes with `passes`."""

    def __init__(self) -> None:
        self.holder = ""
        self.left_s = 0.0
        self.away = False
        self.looks = 0

    def passes(self, seconds: float) -> None:
        """Let time go by without anybody's renewing."""
        self.left_s = max(0.0, self.left_s - seconds)

    async def reach(self) -> None:
        """As a ping."""
        if self.away:
            raise RedisAway("away")

    async def hold(self, holder: str, over: str) -> Held:
        """As the script in Redis does."""
        self.looks += 1
        if self.away:
            raise RedisAway("away")
        if self.left_s <= 0 or self.holder == holder or self.holder.startswith(over):
            self.holder, self.left_s = holder, LASTS_S
        return Held(self.holder, self.left_s)


def claim(kept: Kept, seat: str, run: str) -> Claim:
    return Claim(kept, "main", seat, run, renew_every_s=0)


async def looked_once_more(kept: Kept, during: Coroutine[Any, Any, None], then: Callable[[], None]) -> None:
    """Let this run, do `then` after its next look, and see it through."""
    before = kept.looks
    async with asyncio.timeout(5):
        task = spawn(during, "the claim")
        while kept.looks == before:  # noqa: ASYNC110 - the fake is looked at without a signal
            await asyncio.sleep(0)
        then()
        try:
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, SiteServed):
                await task


async def test_a_second_service_is_refused_as_soon_as_the_first_has_renewed_its_claim() -> None:
    kept = Kept()
    await claim(kept, "here:8080", "one").take()
    kept.passes(1)

    def renewed() -> None:
        kept.left_s = LASTS_S

    with pytest.raises(SiteServed, match="site main is served already, by the service at here:8080: stop that one"):
        await looked_once_more(kept, claim(kept, "there:8080", "two").take(), renewed)
    assert kept.holder == "here:8080 one"


async def test_a_successor_elsewhere_waits_until_a_dead_services_claim_has_lapsed() -> None:
    kept = Kept()
    await claim(kept, "here:8080", "one").take()
    await looked_once_more(kept, claim(kept, "there:8080", "two").take(), lambda: kept.passes(LASTS_S))
    assert kept.holder == "there:8080 two"


async def test_who_has_the_seat_need_not_wait_for_the_run_that_had_it_before() -> None:
    kept = Kept()
    await claim(kept, "here:8080", "one").take()
    await claim(kept, "here:8080", "two").take()
    assert (kept.holder, kept.looks) == ("here:8080 two", 2)


async def test_a_seat_whose_name_begins_alike_is_another_seat() -> None:
    kept = Kept()
    await claim(kept, "here:80801", "one").take()
    await looked_once_more(kept, claim(kept, "here:8080", "two").take(), lambda: kept.passes(LASTS_S))
    assert kept.looks > 2


async def test_a_service_whose_claim_another_has_taken_ends() -> None:
    kept = Kept()
    first = claim(kept, "here:8080", "one")
    await first.take()
    kept.passes(LASTS_S)
    await claim(kept, "there:8080", "two").take()
    with pytest.raises(SiteServed, match="there:8080"):
        await first.keep()
    assert kept.holder == "there:8080 two"


async def test_without_redis_the_service_starts_and_claims_the_site_when_redis_is_back() -> None:
    kept = Kept()
    await claim(kept, "here:8080", "one").take()
    kept.away = True
    second = claim(kept, "here:8080", "two")
    await second.take()
    assert kept.holder == "here:8080 one"
    keeping = spawn(second.keep(), "keep")
    kept.away = False
    async with asyncio.timeout(5):
        while kept.holder != "here:8080 two":  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    keeping.cancel()


async def test_of_two_that_started_without_redis_the_one_that_comes_later_to_the_claim_ends() -> None:
    kept = Kept()
    kept.away = True
    one, two = claim(kept, "here:8080", "one"), claim(kept, "there:8080", "two")
    await one.take()
    await two.take()
    kept.away = False
    await one.take()
    kept.passes(1)

    def renewed() -> None:
        kept.left_s = LASTS_S

    with pytest.raises(SiteServed, match="here:8080"):
        await looked_once_more(kept, two.keep(), renewed)


async def test_who_had_the_claim_before_redis_went_away_has_it_again_first() -> None:
    kept = Kept()
    had = claim(kept, "here:8080", "one")
    await had.take()
    kept.away = True
    late = Claim(kept, "main", "there:8080", "two", renew_every_s=0.01)
    await late.take()
    kept.passes(LASTS_S)
    keeping = [spawn(one.keep(), "keep") for one in (late, had)]
    kept.away = False
    with pytest.raises(SiteServed, match="here:8080"):
        await asyncio.wait_for(keeping[0], 5)
    assert kept.holder == "here:8080 one"
    keeping[1].cancel()
