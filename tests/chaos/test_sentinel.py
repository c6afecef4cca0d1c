"""Redis fails over: Sentinels name another one, and what agents and calls did is whole there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from acd.names import PhoneId
from acd.requests import AgentPaused, AgentSignedIn
from common.clock import unix_seconds
from cti_bridge.kept.agents import AgentStore, agent_key
from cti_bridge.kept.link import RedisLink, Sentinels, connect
from cti_bridge.links import REDIS, Links
from cti_bridge.publishing.publisher import Publisher
from deploy.containers import Access, Engine, Mount
from deploy.ports import free_ports
from deploy.sites import LOOPBACK
from deploy.stack import Part, owner_of_parts
from tests.live.cti_kit import WANG, desk, going
from tests.live.waiting import until, until_seen

SITE = f"live-{os.getpid()}"
PASSWORD = "only for this test"  # noqa: S105 - as it says
MASTER = "switchboard"
FAILED_OVER_WITHIN_S = 20.0
DOWN_AFTER_MS = 1000


@dataclass(frozen=True, slots=True)
class Family:
    """Two Redis, of which one is the master, and a Sentinel who watches over it. Each is a container, by its port."""

    engine: Engine
    first: int
    second: int
    sentinel: int

    def name(self, port: int) -> str:
        """A container's name."""
        return f"switchboard-{SITE}-redis-{port}"

    async def role(self, port: int) -> str:
        """What one of the two says it is: `master` or `slave`; empty where it says nothing."""
        async with Redis(host=LOOPBACK, port=port, password=PASSWORD, decode_responses=True) as client:
            try:
                return str((await client.info("replication"))["role"])
            except (RedisError, OSError):
                return ""


@asynccontextmanager
async def family(engine: Engine, folder: Path) -> AsyncIterator[Family]:
    """Start the three, and wait until the second follows the first."""
    ports = free_ports()
    of_us = Family(engine, ports.redis, ports.mqtt, ports.ami)
    common = f'bind {LOOPBACK}\nrequirepass {PASSWORD!r}\nmasterauth {PASSWORD!r}\nsave ""\n'.replace("'", '"')
    texts = {
        of_us.first: f"port {of_us.first}\n{common}",
        of_us.second: f"port {of_us.second}\n{common}replicaof {LOOPBACK} {of_us.first}\nrepl-diskless-sync-delay 0\n",
        of_us.sentinel: f"bind {LOOPBACK}\nport {of_us.sentinel}\n"
        f"sentinel monitor {MASTER} {LOOPBACK} {of_us.first} 1\n"
        f'sentinel auth-pass {MASTER} "{PASSWORD}"\n'
        f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}\n"
        f"sentinel failover-timeout {MASTER} 5000\n",
    }
    owner = owner_of_parts()
    try:
        for port, text in texts.items():
            place = folder / str(port)
            place.mkdir(mode=0o755)
            (place / "redis.conf").write_text(f"{text}dir /data\n", encoding="utf-8")
            os.chown(place, owner.uid, owner.gid)
            os.chown(place / "redis.conf", owner.uid, owner.gid)
            kind = ("--sentinel",) if port == of_us.sentinel else ()
            await asyncio.to_thread(
                engine.run,
                of_us.name(port),
                Part.REDIS.image,
                site=SITE,
                mounts=(Mount(place, "/data", Access.READ_WRITE),),
                args=("redis-server", "/data/redis.conf", *kind),
                options=(f"--user={owner.uid}:{owner.gid}",),
            )
        yield of_us
    finally:
        await asyncio.to_thread(engine.remove, [of_us.name(port) for port in texts])


@pytest.mark.usefixtures("stack")
async def test_another_redis_takes_over_and_has_what_agents_did(
    engine: Engine, tmp_path: Path, figures: list[str]
) -> None:
    loop = asyncio.get_running_loop()
    async with family(engine, tmp_path) as redis, desk("run1") as one:
        await until_seen(lambda: _is(redis, redis.second, "slave"), "the second follows", FAILED_OVER_WITHIN_S)
        links, places = Links(unix_seconds), ((LOOPBACK, 1), (LOOPBACK, redis.sentinel))  # the first Sentinel is dead
        link = RedisLink(connect(f"redis://:{PASSWORD}@nowhere:1/0", Sentinels(places, MASTER)), links)
        store = AgentStore(link, SITE, one)
        async with going(link.run(), store.run(), Publisher(one.feed, [store]).run()):
            await until(lambda: links.is_up(REDIS), "the link is up", FAILED_OVER_WITHIN_S)
            await one.ask(AgentSignedIn(WANG, PhoneId("PJSIP/phone1"), "test"))
            assert await store.save(WANG)
            await asyncio.to_thread(engine.kill, [redis.name(redis.first)])
            killed = loop.time()
            await one.ask(AgentPaused(WANG, "lunch", "test"))
            await until(lambda: not links.is_up(REDIS), "the loss is noticed", FAILED_OVER_WITHIN_S)
            await until_seen(lambda: _is(redis, redis.second, "master"), "the second took over", FAILED_OVER_WITHIN_S)
            took_over = loop.time()
            async with Redis(host=LOOPBACK, port=redis.second, password=PASSWORD, decode_responses=True) as client:

                async def whole() -> bool:
                    kept: dict[Any, Any] = await client.hgetall(agent_key(SITE, WANG))
                    return (kept.get("phone"), kept.get("reason")) == ("PJSIP/phone1", "lunch")

                await until_seen(whole, "the state is whole", FAILED_OVER_WITHIN_S)
            figures.append(
                f"Sentinel: another Redis after {took_over - killed:.1f} s, state whole {loop.time() - took_over:.1f} s later"
            )


async def _is(redis: Family, port: int, role: str) -> bool:
    return await redis.role(port) == role
