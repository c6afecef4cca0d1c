"""One service a site: a claim in Redis, renewed while the service lives, by which a second one is refused.

Callers always come to one service, whose address Asterisk has. A second one would write agents' states and events of its
own beside the first's. A claim is `SEAT RUN`: the seat is a machine and a port that the service listens on, so that who has
the seat knows that the run before on it is over; any other claim counts until it was not renewed for `LASTS_S`.
Redis away is no reason not to serve: the claim is then made as soon as it is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

import structlog
from redis.asyncio import Redis

from cti_bridge.faults import SiteServed
from cti_bridge.kept.link import RedisAway, answer_of

LASTS_S = 15.0
"""Longer than a Redis that stalls for ten seconds, so that nobody comes between. A service that died on another machine
holds up its successor for so long."""
RENEW_EVERY_S = 1.0
DEFERS = 3
"""So many renewals a run that never had the claim waits after Redis is back: who had it before comes first."""
HOLD = """\
local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] or string.sub(holder, 1, #ARGV[2]) == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
  return {ARGV[1], tonumber(ARGV[3])}
end
return {holder, redis.call('PTTL', KEYS[1])}
"""

_Answer = TypeVar("_Answer")
_log = structlog.get_logger("claim")


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds the claim, and for how many more seconds without renewing it."""

    holder: str
    left_s: float


class Claims(Protocol):
    """Where a site's claim is kept."""

    async def hold(self, holder: str, over: str) -> Held:
        """Make the claim this holder's, unless it is of one whose name does not begin with `over`. Raises RedisAway."""

    async def reach(self) -> None:
        """Return when the claims can be asked. Raises RedisAway."""


class RedisClaims:
    """The claim of one site in Redis: `switchboard:{site}:service`."""

    def __init__(self, client: Redis, site: str) -> None:
        self._client = client
        self._key = f"switchboard:{site}:service"

    async def hold(self, holder: str, over: str) -> Held:
        """Do it in one step, so that of two only one has it."""
        asked = self._client.eval(HOLD, 1, self._key, holder, over, str(round(LASTS_S * 1000)))
        # redis-py's types allow for its synchronous client as well
        found, left_ms = await self._answer(cast("asyncio.Future[tuple[str, int]]", asked))
        return Held(found, left_ms / 1000)

    async def reach(self) -> None:
        """See that Redis answers."""
        await self._answer(cast("asyncio.Future[bool]", self._client.ping()))

    async def close(self) -> None:
        """Leave Redis; the claim itself lapses, or goes to the next run on this seat."""
        await self._client.aclose()

    async def _answer(self, question: Awaitable[_Answer]) -> _Answer:
        try:
            return await answer_of(question)
        except RedisAway:
            # A connection that was given up in the middle of an answer must not be used for the next.
            await self._client.connection_pool.disconnect()
            raise


class Claim:
    """This run's claim on its site. `take` before anything is done for callers, `keep` from then on."""

    def __init__(self, claims: Claims, site: str, seat: str, run: str, *, renew_every_s: float = RENEW_EVERY_S) -> None:
        """`seat` names the machine and the port that this run listens on."""
        self._claims = claims
        self._site = site
        self._seat = f"{seat} "
        self._holder = f"{seat} {run}"
        self._renew_every_s = renew_every_s
        self._held = False
        self._other: Held | None = None

    async def take(self) -> None:
        """Return when nobody else serves the site, as far as Redis tells. Raises SiteServed.

        Waits while another's claim may be that of a service that died: until it is renewed, or lapses.
        """
        while not self._held:
            try:
                await self._look()
            except RedisAway:
                _log.warning(
                    "Redis does not answer: whether another service serves this site is not known until it does"
                )
                return
            if not self._held:
                _log.info("another service has claimed this site: waiting until it proves alive, or its claim lapses")
                await asyncio.sleep(self._renew_every_s)

    async def keep(self) -> None:
        """Renew the claim until cancelled. Raises SiteServed where another service has it."""
        while True:
            await asyncio.sleep(self._renew_every_s)
            try:
                if not self._held:
                    await self._claims.reach()
                    await asyncio.sleep(DEFERS * self._renew_every_s)
                await self._look()
            except RedisAway:
                continue  # the link to Redis says so already, and routing never waits for it

    async def _look(self) -> None:
        held = await self._claims.hold(self._holder, self._holder if self._held else self._seat)
        before, self._other = self._other, held
        if held.holder == self._holder:
            self._held = True
        elif self._held or self._renewed(before, held):
            where = held.holder.rpartition(" ")[0]
            raise SiteServed(
                f"site {self._site} is served already, by the service at {where}: stop that one, "
                "or give this one a site of its own (SWITCHBOARD_SITE) with its own Asterisk"
            )

    def _renewed(self, before: Held | None, now: Held) -> bool:
        """Whether the other lives: between two looks, its claim lost less than half of the time that passed."""
        return (
            before is not None and before.holder == now.holder and before.left_s - now.left_s < self._renew_every_s / 2
        )
