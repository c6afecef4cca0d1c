"""Small texts that outlive the service, by name: one Redis hash, read back once at the start, written when one changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

from redis.typing import EncodableT, FieldT

from cti_bridge.kept.link import RedisAway, RedisLink

SAVE_LIMIT_S = 1.0
"""How long whoever changes one waits for Redis."""

ReadBack = Callable[[Mapping[str, str]], None]


class KeptTexts:
    """`run` reads back, then writes. `read_back` is told what was kept, without what was put since the start."""

    def __init__(self, link: RedisLink, key: str) -> None:
        self.read_back: ReadBack = _nobody
        self.restored = asyncio.Event()
        """Set once they were read back."""
        self._link = link
        self._key = key
        self._put: dict[str, str] = {}
        """What was put since the start."""
        self._unwritten: set[str] = set()
        self._wake = asyncio.Event()
        self._written = asyncio.Condition()

    def put(self, name: str, text: str) -> None:
        """Keep this text from now on."""
        self._put[name] = text
        self._unwritten.add(name)
        self._wake.set()

    def _write_all(self) -> None:
        """A Redis that was away may have lost its last second, or be another one that took over."""
        self._unwritten.update(self._put)
        self._wake.set()

    async def saved(self, name: str) -> bool:
        """Wait until Redis has what was put, at most `SAVE_LIMIT_S`; say whether it has."""
        try:
            async with asyncio.timeout(SAVE_LIMIT_S), self._written:
                await self._written.wait_for(lambda: name not in self._unwritten)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Read back, then write, until cancelled. Redis away delays both, and loses nothing."""
        self._link.on_return(self._write_all)
        await self._read()
        while True:
            await self._wake.wait()
            await self._link.wait_until_up()
            self._wake.clear()
            await self._write()

    async def _read(self) -> None:
        while not self.restored.is_set():
            await self._link.wait_until_up()
            try:
                kept = await self._link.ask(
                    cast("asyncio.Future[dict[str, str]]", self._link.client.hgetall(self._key))
                )
            except RedisAway:
                continue
            self.read_back({name: text for name, text in kept.items() if name not in self._put})
            self.restored.set()

    async def _write(self) -> None:
        names = set(self._unwritten)
        if not names:
            return
        fields: dict[FieldT, EncodableT] = {name: self._put[name] for name in names}
        try:
            await self._link.ask(cast("asyncio.Future[int]", self._link.client.hset(self._key, mapping=fields)))
        except RedisAway:
            self._wake.set()
            return
        async with self._written:
            # One that was put again meanwhile is written again.
            self._unwritten -= {name for name in names if self._put[name] == fields[name]}
            self._written.notify_all()


def _nobody(_texts: Mapping[str, str]) -> None:
    """Nobody asked for them."""
