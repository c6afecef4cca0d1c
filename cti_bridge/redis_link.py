"""The link to Redis: one client with time limits and no silent repeats, and whether it is up.

Routing never waits for Redis. Whoever writes keeps what is to be written, bounded, and writes it once the link is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from cti_bridge.links import REDIS, Links

LIMIT_S = 1.0
"""How long one question to Redis may take."""
PING_EVERY_S = 1.0

_log = structlog.get_logger("redis")
_Answer = TypeVar("_Answer")


class RedisAway(Exception):
    """Redis did not answer in time, or refused; what was asked may have been done, or not."""


def connect(url: str) -> Redis:
    """A client for `redis://`, `rediss://` or `unix://`: each question at most `LIMIT_S`, never asked again by itself."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=LIMIT_S,
        socket_connect_timeout=LIMIT_S,
        retry=Retry(NoBackoff(), 0),
    )


async def answer_of(question: Awaitable[_Answer]) -> _Answer:
    """Await an answer within the time limit. Raises RedisAway."""
    try:
        async with asyncio.timeout(LIMIT_S):
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
        links.expect(REDIS)

    @property
    def is_up(self) -> bool:
        """Whether Redis answered when last asked."""
        return self._up.is_set()

    async def ask(self, question: Awaitable[_Answer]) -> _Answer:
        """Await an answer within the time limit. Raises RedisAway, and then the link is down until it answers a ping."""
        try:
            return await answer_of(question)
        except RedisAway as away:
            self._down(type(away.__cause__).__name__)
            raise

    async def wait_until_up(self) -> None:
        """Return once Redis answers."""
        await self._up.wait()

    async def run(self) -> None:
        """Watch until cancelled, then close the client."""
        try:
            while True:
                try:
                    await self.ask(self.client.ping())
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
