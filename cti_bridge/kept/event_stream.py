"""Every event into the Redis stream `switchboard:{site}:events`, once each, also when a write's reply was lost.

Entries carry ids of our own, made from the event's time. After a failure it is asked which of them arrived, and only the
others are written again.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
from redis.typing import EncodableT, FieldT

from acd.events import Stamped
from cti_bridge.kept.link import RedisAway, RedisLink
from cti_bridge.publishing.cloud_events import Envelopes, NotAnEvent, read_event

KEPT = 50_000
"""Events kept while Redis is away, at most; beyond them the oldest are dropped and counted."""
AT_ONCE = 200
"""Events written in one round trip."""
GATHER_S = 0.1
"""Events of so long go to Redis together: a busy floor makes hundreds a second, and each trip there costs. A service that is
killed takes the last so long with it; Redis itself, which writes to disk once a second, takes more."""
READ_AT_ONCE = 250
"""Entries read in one round trip: others on the loop, calls among them, get a turn in between."""
LATEST_AT_ONCE = 100
"""The same of what is read from the newest on."""
LENGTH = 500_000
"""Entries the stream keeps, about."""

_log = structlog.get_logger("redis")

EntryId = tuple[int, int]
"""A stream entry's id: milliseconds, and a number within them."""


def stream_key(site: str) -> str:
    """The stream's key."""
    return f"switchboard:{site}:events"


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    run: str
    wall: float
    envelope: bytes

    def fields(self) -> dict[FieldT, EncodableT]:
        """The stream entry's fields; `type` and `run` stand beside the envelope so that a reader can pass over it unread."""
        return {"type": self.kind, "run": self.run, "event": self.envelope}


@dataclass(frozen=True, slots=True)
class _Stored:
    id: EntryId
    kind: str
    envelope: str


async def _stored(link: RedisLink, question: Awaitable[Any]) -> list[_Stored]:
    """Ask for entries. redis-py's types allow for every protocol at once; these are the shapes of ours."""
    entries: list[tuple[str, dict[str, str]]] = await link.ask(question) or []
    return [_Stored(_entry_id(entry), fields.get("type", ""), fields.get("event", "")) for entry, fields in entries]


class EventStream:
    """A sink of the feed that writes the stream; `run` does the writing."""

    name = "redis_stream"

    def __init__(self, link: RedisLink, envelopes: Envelopes, length: int = LENGTH) -> None:
        self._link = link
        self._envelopes = envelopes
        self._key = stream_key(envelopes.site)
        self._length = length
        self._waiting: deque[_Entry] = deque()
        self._sent: list[tuple[EntryId, _Entry]] = []
        self._last: EntryId = (0, 0)
        self._wake = asyncio.Event()
        self.dropped = 0
        """Events that were never written: Redis was away for too long."""
        self.written = 0
        """Events written."""

    def take(self, stamped: Stamped) -> None:
        """Keep an event for writing."""
        if len(self._waiting) >= KEPT:
            self._waiting.popleft()
            self.dropped += 1
        kind = type(stamped.event).__name__
        self._waiting.append(_Entry(kind, stamped.run, stamped.wall, self._envelopes.of(stamped)))
        self._wake.set()

    def resume(self) -> None:
        """Missed events are missing from the stream: there is nobody to ask for them."""

    async def run(self) -> None:
        """Write until cancelled."""
        sure = False
        while True:
            await self._wake.wait()
            await self._link.wait_until_up()
            try:
                if not sure:
                    await self._make_sure()
                    sure = True
                await self._write()
            except RedisAway:
                sure = False
                await asyncio.sleep(0)
            else:
                if not self._waiting and not self._sent:
                    self._wake.clear()
                await asyncio.sleep(GATHER_S)

    async def _make_sure(self) -> None:
        """After a start or a failure: find out where the stream ends, and which of the entries sent last are in it."""
        newest = await _stored(self._link, self._link.client.xrevrange(self._key, count=1))
        if self._sent:
            first, last = self._sent[0][0], self._sent[-1][0]
            there = await _stored(self._link, self._link.client.xrange(self._key, _text(first), _text(last)))
            arrived = {entry.id for entry in there}
            missing = [entry for entry_id, entry in self._sent if entry_id not in arrived]
            self.written += len(self._sent) - len(missing)
            self._waiting.extendleft(reversed(missing))
            self._sent = []
        if newest:
            self._last = max(self._last, newest[0].id)

    async def _write(self) -> None:
        while self._waiting and len(self._sent) < AT_ONCE:
            entry = self._waiting.popleft()
            self._sent.append((self._next_id(entry.wall), entry))
        pipeline = self._link.client.pipeline(transaction=False)
        for entry_id, entry in self._sent:
            pipeline.xadd(self._key, entry.fields(), id=_text(entry_id), maxlen=self._length, approximate=True)
        await self._link.ask(pipeline.execute())
        self.written += len(self._sent)
        self._sent = []

    def _next_id(self, wall: float) -> EntryId:
        """An id later than all before it, also where the system clock was set back."""
        at = int(wall * 1000)
        self._last = (at, 0) if at > self._last[0] else (self._last[0], self._last[1] + 1)
        return self._last


@dataclass(frozen=True, slots=True)
class History:
    """What the stream still has. `whole_since` is from when on nothing is missing, in Unix seconds; None: it is empty."""

    whole_since: float | None


async def history_of(link: RedisLink, site: str) -> History:
    """Look how far back the stream reaches. Raises RedisAway."""
    oldest = await _stored(link, link.client.xrange(stream_key(site), count=1))
    return History(oldest[0].id[0] / 1000 if oldest else None)


async def read_events(
    link: RedisLink, site: str, since: float, kinds: frozenset[str], before: float = math.inf
) -> AsyncIterator[Stamped]:
    """Read the stream's events of these kinds from `since` on and `before` (Unix seconds). Raises RedisAway."""
    async for entry in _entries(link, site, since, before):
        if entry.kind in kinds:
            for stamped in _read([entry]):
                yield stamped


async def latest_events(link: RedisLink, site: str, since: float, most: int, kinds: frozenset[str]) -> list[Stamped]:
    """Read what is of these kinds among the stream's last `most` entries, from `since` on, in order. Raises RedisAway."""
    key, end, start = stream_key(site), "+", f"{int(since * 1000)}-0"
    found: list[Stamped] = []
    for _ in range(0, most, LATEST_AT_ONCE):
        entries = await _stored(link, link.client.xrevrange(key, end, start, count=LATEST_AT_ONCE))
        found.extend(_read([entry for entry in entries if entry.kind in kinds]))
        if len(entries) < LATEST_AT_ONCE:
            break
        end = f"({_text(entries[-1].id)}"
    found.reverse()
    return found


def _read(entries: list[_Stored]) -> Iterator[Stamped]:
    for entry in entries:
        try:
            yield read_event(entry.envelope)
        except NotAnEvent as error:
            _log.warning("an entry of the event stream was passed over", reason=str(error))


async def read_envelopes(link: RedisLink, site: str, since: float, before: float) -> AsyncIterator[str]:
    """Read the stream's CloudEvents as they were written, from `since` on and `before` (Unix seconds). Raises RedisAway."""
    async for entry in _entries(link, site, since, before):
        yield entry.envelope


async def _entries(link: RedisLink, site: str, since: float, before: float) -> AsyncIterator[_Stored]:
    key, start = stream_key(site), f"{int(since * 1000)}-0"
    end = "+" if before == math.inf else f"({math.ceil(before * 1000)}-0"
    while True:
        entries = await _stored(link, link.client.xrange(key, start, end, count=READ_AT_ONCE))
        for entry in entries:
            yield entry
        if len(entries) < READ_AT_ONCE:
            return
        start = f"({_text(entries[-1].id)}"


def _text(entry_id: EntryId) -> str:
    return f"{entry_id[0]}-{entry_id[1]}"


def _entry_id(text: str) -> EntryId:
    at, _, number = text.partition("-")
    return int(at), int(number)
