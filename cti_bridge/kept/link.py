"""The link to Redis: one client with time limits and no silent repeats, and whether it is up.

Routing never waits for Redis. Whoever writes keeps what is to be written, bounded, and writes it once the link is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from cti_bridge.links import REDIS, Links

LIMIT_S = 1.0
"""How long one question to Redis may take."""
SENTINEL_LIMIT_S = 0.3
"""How long one Sentinel may take to say where Redis is, so that a dead one leaves time for the next."""
PING_EVERY_S = 1.0
CONNECT_LIMIT_S = 3.0
"""How long a ping may take with the connection that it may need first, on a slow and lossy line. Nobody waits for it."""

_log = structlog.get_logger("redis")
_Answer = TypeVar("_Answer")


class RedisAway(Exception):
    """Redis did not answer in time, or refused; what was asked may have been done, or not."""


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Who knows which Redis is the one to write to now: their places, and the name under which they know it."""

    places: tuple[tuple[str, int], ...]
    master: str
    password: str = field(default="", repr=False)
    """Of the Sentinels themselves; empty: they ask for none."""


class _Pool(SentinelConnectionPool):
    """Connections to whichever Redis is the master when they are made."""

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """End all of them, and those to the Sentinels: what they said may no longer be so."""
        await super().disconnect(inuse_connections)
        for sentinel in self.sentinel_manager.sentinels:
            await sentinel.connection_pool.disconnect()


def connect(url: str, sentinels: Sentinels | None = None) -> Redis:
    """A client for `redis://`, `rediss://` or `unix://`: each question at most `LIMIT_S`, never asked again by itself.

    With `sentinels` the URL gives all but the place.
    """
    if sentinels is None:
        return Redis.from_url(url, decode_responses=True, **_patience(LIMIT_S))
    known: dict[str, Any] = {**parse_url(url)}
    secure = known.pop("connection_class", None) is SSLConnection
    place_of = Sentinel(  # type: ignore[no-untyped-call] # redis-py's Sentinels are not typed
        sentinels.places,
        sentinel_kwargs={"password": sentinels.password or None, **_patience(SENTINEL_LIMIT_S)},
        **{name: value for name, value in known.items() if name not in ("host", "port")},
        **_patience(LIMIT_S),
    )
    # `ssl` chooses the kind of connection; said as False it would be handed on to one that does not know it.
    how: dict[str, Any] = {"decode_responses": True, **({"ssl": True} if secure else {})}
    client: Redis = place_of.master_for(sentinels.master, connection_pool_class=_Pool, **how)
    return client


def _patience(limit_s: float) -> dict[str, Any]:
    """No more is asked of a new connection than it takes: on a slow line each question costs a fifth of a second."""
    return {
        "socket_timeout": limit_s,
        "socket_connect_timeout": limit_s,
        "retry": Retry(NoBackoff(), 0),
        "driver_info": None,
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }


async def answer_of(question: Awaitable[_Answer], limit_s: float = LIMIT_S) -> _Answer:
    """Await an answer within the time limit. Raises RedisAway."""
    try:
        async with asyncio.timeout(limit_s):
            answer = await question
    except (RedisError, OSError) as error:
        _heed_cancellation()
        raise RedisAway(f"Redis did not do what it was asked: {type(error).__name__}") from error
    _heed_cancellation()
    return answer


class RedisLink:
    """Keeps watch over Redis, and asks it."""

    def __init__(self, client: Redis, links: Links) -> None:
        self.client = client
        self._links = links
        self._up = asyncio.Event()
        self._heralds: list[Callable[[], None]] = []
        links.expect(REDIS)

    @property
    def is_up(self) -> bool:
        """Whether Redis answered when last asked."""
        return self._up.is_set()

    async def ask(self, question: Awaitable[_Answer], limit_s: float = LIMIT_S) -> _Answer:
        """Await an answer within the time limit. Raises RedisAway, and then the link is down until it answers a ping."""
        try:
            return await answer_of(question, limit_s)
        except RedisAway as away:
            self._down(type(away.__cause__).__name__)
            raise

    def on_return(self, herald: Callable[[], None]) -> None:
        """Call this whenever Redis is there, at first and again: it may have forgotten what it had not written down."""
        self._heralds.append(herald)

    async def wait_until_up(self) -> None:
        """Return once Redis answers."""
        await self._up.wait()

    async def run(self) -> None:
        """Watch until cancelled, then close the client."""
        try:
            while True:
                try:
                    await self.ask(self.client.ping(), CONNECT_LIMIT_S)
                except RedisAway:
                    # A connection that was given up in the middle of an answer must not be used for the next.
                    await self.client.connection_pool.disconnect()
                else:
                    self._come_up()
                await asyncio.sleep(PING_EVERY_S)
        finally:
            await self.client.aclose()

    def _come_up(self) -> None:
        if not self._up.is_set():
            _log.info("Redis link up")
            self._up.set()
            self._links.up(REDIS)
            for herald in self._heralds:
                herald()

    def _down(self, reason: str) -> None:
        if self._up.is_set():
            _log.warning("Redis link down; routing goes on, and what is to be written is kept", reason=reason)
            self._up.clear()
            self._links.down(REDIS)


def _heed_cancellation() -> None:
    """Stop where this task was cancelled: redis-py 8.1 goes on as if it had not been, when it comes at certain moments."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
