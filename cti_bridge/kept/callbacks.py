"""Promised callbacks in Redis, so that they outlive the service: the hash `switchboard:{site}:callbacks`, one record a field.

A promise has no channel that could carry a ticket. It is written before the caller is told, and removed when the customer
was reached or the promise is over. The customer's number stands here and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import cast

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from acd.callback import Terms
from acd.desk import Desk
from acd.errors import RequestRefused
from acd.events import CallbackEnded, CallbackTried, Connected, Offered, PreferenceEnded, Stamped
from acd.names import AgentId, CallbackEnd, CallId, CustomerKey, QueueId, is_callback
from acd.requests import CallbackDropped, CallbackReadBack, CallbackWanted
from cti_bridge.kept.link import RedisAway, RedisLink

COUNT_KEPT_S = 2 * 86_400
"""For how long a number's promises of a day are counted."""

_log = structlog.get_logger("redis")


class NotKept(Exception):
    """Redis did not take the promise, so nothing was promised: it could be lost."""


class StoredCallback(BaseModel):
    """One record. Times in Unix seconds."""

    model_config = ConfigDict(frozen=True)

    number: str
    customer: str
    queue: str
    priority: int
    need: str
    attributes: dict[str, bool | int | float | str]
    joined_at: float
    attempts: int
    next_at: float | None
    most_attempts: int
    pause_s: float
    ring_s: float
    prefer: str | None = None
    """For whom it is kept, until `prefer_until`; records written before there was this have neither."""
    prefer_until: float | None = None


def callbacks_key(site: str) -> str:
    """The hash of all promises."""
    return f"switchboard:{site}:callbacks"


class CallbackStore:
    """A sink of the feed; `run` reads the promises back once, then writes what changed."""

    name = "callback_store"

    def __init__(self, link: RedisLink, site: str, desk: Desk) -> None:
        self._link = link
        self._site = site
        self._desk = desk
        self._numbers: dict[CallId, str] = {}
        self._offers: dict[CallId, Offered] = {}
        self._pending: set[CallId] = set()
        self._wake = asyncio.Event()
        self.restored = asyncio.Event()
        """Set once the promises were read back."""

    def number(self, call: CallId) -> str | None:
        """The customer's number; personal, never to be logged."""
        return self._numbers.get(call)

    def last_offer(self, call: CallId) -> Offered | None:
        """The offer under which the callback is being carried out."""
        return self._offers.get(call)

    # ------------------------------------------------------------------------------------------------ promising

    async def count(self, customer: CustomerKey, day: str) -> int:
        """Count one more promise to this customer on this day, and say how many there are. Raises NotKept."""
        key = f"switchboard:{self._site}:callbacks:{day}:{customer}"
        pipeline = self._link.client.pipeline(transaction=False)
        pipeline.incr(key)
        pipeline.expire(key, COUNT_KEPT_S)
        try:
            counted, _ = cast(list[int], await self._link.ask(pipeline.execute()))
        except RedisAway as away:
            raise NotKept("Redis is away") from away
        return counted

    async def promise(self, wanted: CallbackWanted, number: str) -> None:
        """Promise, and return once the promise is kept. Raises NotKept, RequestRefused; then nothing is promised."""
        self._numbers[wanted.call] = number
        try:
            await self._desk.ask(wanted)
        except RequestRefused:
            if wanted.call not in self._desk.floor.calls:
                del self._numbers[wanted.call]
            raise
        try:
            await self._write({wanted.call})
        except RedisAway as away:
            await self._desk.ask(CallbackDropped(wanted.call, CallbackEnd.CANCELLED))
            raise NotKept("Redis is away") from away

    # ------------------------------------------------------------------------------------------------ following

    def take(self, stamped: Stamped) -> None:
        """Note whose record has changed."""
        match stamped.event:
            case CallbackTried() | CallbackEnded() as event:
                self._note(event.call)
            case (Connected() | PreferenceEnded()) as event if is_callback(event.call):
                self._note(event.call)
            case Offered() as event if is_callback(event.call):
                self._offers[event.call] = event
            case _:
                pass

    def _write_every_promise(self) -> None:
        """A Redis that was away may have lost its last second, or be another one that took over."""
        if self.restored.is_set():
            self.resume()

    def resume(self) -> None:
        """Any record may have changed."""
        for call in list(self._numbers):
            self._note(call)

    def _note(self, call: CallId) -> None:
        self._pending.add(call)
        self._wake.set()

    async def run(self) -> None:
        """Read the promises back, then write, until cancelled."""
        self._link.on_return(self._write_every_promise)
        await self._read_back()
        while True:
            await self._wake.wait()
            await self._link.wait_until_up()
            calls, self._pending = self._pending, set()
            self._wake.clear()
            try:
                await self._write(calls)
            except RedisAway:
                self._pending |= calls
                self._wake.set()

    async def _write(self, calls: set[CallId]) -> None:
        """Write each as it stands now: a repeated write changes nothing, and who was reached is not called again."""
        pipeline = self._link.client.pipeline(transaction=False)
        for call in calls:
            record = self._record(call)
            if record is None:
                pipeline.hdel(callbacks_key(self._site), call)
            else:
                pipeline.hset(callbacks_key(self._site), call, record.model_dump_json())
        await self._link.ask(pipeline.execute())
        for call in calls:
            if call not in self._desk.floor.calls:
                self._numbers.pop(call, None)
                self._offers.pop(call, None)

    def _record(self, call: CallId) -> StoredCallback | None:
        known, number = self._desk.floor.calls.get(call), self._numbers.get(call)
        if known is None or known.callback is None or number is None or known.in_conversation:
            return None
        agreed = known.callback
        return StoredCallback(
            number=number,
            customer=agreed.customer,
            queue=known.queue,
            priority=known.priority - self._desk.floor.added_priority(known),
            need=known.need,
            attributes=dict(known.attributes),
            joined_at=self._desk.wall(known.joined_at),
            attempts=agreed.attempts,
            next_at=None if agreed.next_at is None else self._desk.wall(agreed.next_at),
            most_attempts=agreed.terms.most_attempts,
            pause_s=agreed.terms.pause_s,
            ring_s=agreed.terms.ring_s,
            prefer=known.prefer,
            prefer_until=None if known.prefer_until is None else self._desk.wall(known.prefer_until),
        )

    # ------------------------------------------------------------------------------------------------ reading back

    async def _read_back(self) -> None:
        while True:
            await self._link.wait_until_up()
            try:
                fields = await self._link.ask(self._link.client.hgetall(callbacks_key(self._site)))
            except RedisAway:
                continue
            break
        for call, record in _readable(cast(dict[str, str], fields)):
            self._numbers[call] = record.number
            try:
                await self._desk.ask(self._request(call, record))
            except RequestRefused as refused:
                # Its queue was taken out, for example: it stays in Redis until the queue is back or somebody removes it.
                _log.error("a promised callback has no place any more", call=call, reason=str(refused))
        self.restored.set()

    def _request(self, call: CallId, record: StoredCallback) -> CallbackReadBack:
        return CallbackReadBack(
            call,
            CustomerKey(record.customer),
            QueueId(record.queue),
            Terms(record.most_attempts, record.pause_s, record.ring_s),
            record.priority,
            record.need,
            tuple(sorted(record.attributes.items())),
            self._desk.at(record.joined_at),
            record.attempts,
            None if record.next_at is None else self._desk.at(record.next_at),
            None if record.prefer is None else AgentId(record.prefer),
            None if record.prefer_until is None else self._desk.at(record.prefer_until),
        )


def _readable(fields: dict[str, str]) -> Iterator[tuple[CallId, StoredCallback]]:
    for call, text in fields.items():
        try:
            yield CallId(call), StoredCallback.model_validate_json(text)
        except ValidationError as error:
            wrong = ", ".join(str(each["loc"][0]) for each in error.errors() if each["loc"])
            _log.error("a promised callback in Redis cannot be read; it stays there", call=call, fields=wrong)
