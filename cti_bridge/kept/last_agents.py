"""Whom each customer talked with last: in memory, and in Redis so that it outlives the service.

`switchboard:{site}:customer:{key}` holds the agent's number, and expires. It is kept only where a queue's plan asks for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from acd.desk import Desk
from acd.events import (
    Abandoned,
    CallbackEnded,
    CallbackPromised,
    CallbackRestored,
    Connected,
    Diverted,
    Ended,
    Queued,
    Restored,
    Stamped,
    TakenOver,
)
from acd.names import AgentId, CallId, CustomerKey
from acd.preference import asks_for_last_agent
from cti_bridge.kept.link import RedisAway, RedisLink

READ_LIMIT_S = 0.15
"""How long a caller may wait for Redis to say whom they talked with: longer, and they are anybody's."""
REMEMBERED = 20_000
"""How many customers are remembered in memory, and how many wait for Redis at the most."""
AT_ONCE = 200
"""Customers written in one round trip."""
GATHER_S = 0.05
"""What comes within so long is written together."""

_log = structlog.get_logger("redis")


@dataclass(frozen=True, slots=True)
class _Talk:
    agent: AgentId
    until: float
    """Unix seconds: remembered until then."""


class LastAgents:
    """A sink of the feed; `run` writes to Redis what it hears.

    `keep_s`: for how many seconds a customer is remembered, as configured now.
    """

    name = "last_agents"

    def __init__(self, link: RedisLink, site: str, desk: Desk, keep_s: Callable[[], float]) -> None:
        self._link = link
        self._site = site
        self._desk = desk
        self._keep_s = keep_s
        self._callers: dict[CallId, CustomerKey] = {}
        self._known: dict[CustomerKey, _Talk] = {}
        self._pending: dict[CustomerKey, AgentId] = {}
        self._wake = asyncio.Event()

    def take(self, stamped: Stamped) -> None:
        """Note who calls, and with whom they talk."""
        event = stamped.event
        match event:
            case Queued() | Restored() | CallbackPromised() | CallbackRestored() if event.customer is not None:
                self._callers[event.call] = event.customer
            case Connected() | TakenOver() if (customer := self._callers.get(event.call)) is not None:
                self._note(customer, event.agent, stamped.wall)
            case Ended() | Abandoned() | Diverted() | CallbackEnded():
                self._callers.pop(event.call, None)
            case _:
                pass

    def resume(self) -> None:
        """Conversations that were missed are not remembered; who is on the floor is known from there."""
        calls = self._desk.floor.calls.values()
        self._callers = {call.id: call.customer for call in calls if call.customer is not None}

    async def of(self, customer: CustomerKey) -> AgentId | None:
        """Whom the customer talked with last; None where that is not known within `READ_LIMIT_S`. Raises nothing."""
        if (talk := self._known.get(customer)) is not None:
            return talk.agent if talk.until > self._desk.wall(self._desk.now()) else None
        if not self._link.is_up:
            return None
        try:
            async with asyncio.timeout(READ_LIMIT_S):
                found = await self._link.ask(self._link.client.get(self._key(customer)))
        except (TimeoutError, RedisAway):
            return None
        return AgentId(found) if isinstance(found, str) else None

    async def run(self) -> None:
        """Write until cancelled; what Redis does not take is written once it is back."""
        while True:
            await self._wake.wait()
            await self._link.wait_until_up()
            self._wake.clear()
            pending, self._pending = self._pending, {}
            try:
                await self._write(pending)
            except RedisAway:
                self._pending = {**pending, **self._pending}
                self._wake.set()
            else:
                await asyncio.sleep(GATHER_S)

    async def _write(self, talks: dict[CustomerKey, AgentId]) -> None:
        customers = list(talks)
        for begin in range(0, len(customers), AT_ONCE):
            pipeline = self._link.client.pipeline(transaction=False)
            for customer in customers[begin : begin + AT_ONCE]:
                pipeline.set(self._key(customer), talks[customer], ex=round(self._keep_s()))
            await self._link.ask(pipeline.execute())

    def _note(self, customer: CustomerKey, agent: AgentId, wall: float) -> None:
        floor = self._desk.floor
        if not any(asks_for_last_agent(queue, floor) for queue in floor.plans):
            return
        self._known.pop(customer, None)  # the newest stands last
        self._known[customer] = _Talk(agent, wall + self._keep_s())
        self._pending[customer] = agent
        for kept in (self._known, self._pending):
            if len(kept) > REMEMBERED:
                del kept[next(iter(kept))]
        self._wake.set()

    def _key(self, customer: CustomerKey) -> str:
        return f"switchboard:{self._site}:customer:{customer}"
