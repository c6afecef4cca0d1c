"""Agents' states in Redis, so that they outlive the service: `switchboard:{site}:agent:{id}`, a hash each.

What is written is the agent as the floor has them at that moment, so the newest always wins and a write may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import cast

import structlog
from pydantic import BaseModel, Json, ValidationError
from pydantic_core import to_json
from redis.typing import EncodableT, FieldT

from acd.agents import IN_CONVERSATION, Agent
from acd.desk import Desk
from acd.errors import RequestRefused
from acd.events import AgentStateChanged, AgentWish, SkillsChanged, Stamped
from acd.names import AgentId, AgentState, PhoneId
from acd.plans.plan import WrapUpMode
from acd.plans.wrap_up import wrap_up_after
from acd.requests import AgentPaused, AgentRestored, AgentSignedOut, Request
from cti_bridge.kept.link import RedisAway, RedisLink

GATHER_S = 0.25
"""Changes that nobody waits for go to Redis together when they come within so long."""
SAVE_LIMIT_S = 1.0
"""How long an acknowledgement waits for Redis."""
AT_ONCE = 200
"""Agents written in one round trip."""
TALK_GRACE_S = 5.0
"""An agent who was talking is given nobody for so long after a start: Asterisk says meanwhile whether they still are. Where
they are not, this is their wrap-up, unless the one after that conversation takes longer."""
SYSTEM = "system"

_log = structlog.get_logger("redis")


class StoredAgent(BaseModel):
    """The hash's fields, all text; times in Unix seconds, empty where there is none."""

    phone: str = ""
    state: AgentState
    reason: str = ""
    since: float
    until: float | None = None
    skills: Json[dict[str, int]] | None = None
    """Skills assigned at run time."""
    wish_state: AgentState | None = None
    wish_reason: str = ""
    wrap_up_s: float = 0.0
    """Of an agent who talks: how long the wrap-up afterwards takes, which nobody may be there to begin."""
    wrap_up_reason: str = ""


def agent_key(site: str, agent: AgentId) -> str:
    """The agent's hash."""
    return f"switchboard:{site}:agent:{agent}"


class AgentStore:
    """A sink of the feed; `run` restores the agents once, then writes changes."""

    name = "agent_store"

    def __init__(self, link: RedisLink, site: str, desk: Desk) -> None:
        self._link = link
        self._site = site
        self._desk = desk
        self._pending: set[AgentId] = set()
        self._savers: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()
        self.restored = asyncio.Event()
        """Set once the agents were read back."""

    def take(self, stamped: Stamped) -> None:
        """Note whose record has changed."""
        if isinstance(stamped.event, AgentStateChanged | AgentWish | SkillsChanged):
            self._note(stamped.event.agent)

    def _write_everybody(self) -> None:
        """A Redis that was away may have lost its last second, or be another one that took over."""
        if self.restored.is_set():
            self.resume()

    def resume(self) -> None:
        """Anybody's record may have changed."""
        for agent in self._desk.floor.agents:
            self._note(agent)

    async def save(self, agent: AgentId) -> bool:
        """Write this agent's record now; say whether Redis has it. At most `SAVE_LIMIT_S`, Redis away or not."""
        saved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._savers.append(saved)
        self._hurry.set()
        self._note(agent)
        try:
            async with asyncio.timeout(SAVE_LIMIT_S):
                await saved
        except TimeoutError:
            return False
        return True

    def _note(self, agent: AgentId) -> None:
        self._pending.add(agent)
        self._wake.set()

    # ------------------------------------------------------------------------------------------------ writing

    async def run(self) -> None:
        """Restore, then write, until cancelled."""
        self._link.on_return(self._write_everybody)
        await self._restore_once()
        while True:
            await self._wake.wait()
            await self._link.wait_until_up()
            agents, self._pending = self._pending, set()
            savers, self._savers = self._savers, []
            self._wake.clear()
            try:
                await self._write(agents)
            except RedisAway:
                self._pending |= agents
                self._savers = [saver for saver in (*savers, *self._savers) if not saver.done()]
                self._wake.set()
            else:
                for saver in savers:
                    if not saver.done():
                        saver.set_result(None)
                await self._gather()

    async def _gather(self) -> None:
        """Let changes come together for `GATHER_S`, unless somebody waits for theirs to be kept."""
        self._hurry.clear()
        if not self._savers:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_S):
                    await self._hurry.wait()

    async def _write(self, agents: set[AgentId]) -> None:
        known = [agent for agent in agents if agent in self._desk.floor.agents]
        for begin in range(0, len(known), AT_ONCE):
            pipeline = self._link.client.pipeline(transaction=False)
            for agent in known[begin : begin + AT_ONCE]:
                pipeline.hset(agent_key(self._site, agent), mapping=self._fields(agent))
            await self._link.ask(pipeline.execute())

    def _fields(self, agent: AgentId) -> dict[FieldT, EncodableT]:
        known = self._desk.floor.agents[agent]
        assigned = known.skills != known.profile.skills
        return {
            "phone": known.phone or "",
            "state": known.state.value,
            "reason": known.reason,
            "since": f"{self._desk.wall(known.since):.3f}",
            "until": "" if known.until is None else f"{self._desk.wall(known.until):.3f}",
            "skills": to_json(dict(known.skills)).decode() if assigned else "",
            "wish_state": "" if known.wish is None else known.wish.state.value,
            "wish_reason": "" if known.wish is None else known.wish.reason,
            **self._wrap_up_to_come(known),
        }

    def _wrap_up_to_come(self, agent: Agent) -> dict[FieldT, EncodableT]:
        floor = self._desk.floor
        call = floor.calls.get(agent.call) if agent.call is not None and agent.state in IN_CONVERSATION else None
        wrap_up = None if call is None else wrap_up_after(floor.plan(call.queue), agent.profile)
        if wrap_up is None:
            return {"wrap_up_s": "", "wrap_up_reason": ""}
        return {"wrap_up_s": "" if wrap_up.lasts_s is None else wrap_up.lasts_s, "wrap_up_reason": wrap_up.reason}

    # ------------------------------------------------------------------------------------------------ restoring

    async def _restore_once(self) -> None:
        while not self.restored.is_set():
            await self._link.wait_until_up()
            try:
                records = await self._read()
            except RedisAway:
                continue
            for agent, record in records:
                await self._restore(agent, record)
            self.restored.set()

    async def _read(self) -> list[tuple[AgentId, StoredAgent]]:
        agents = list(self._desk.floor.agents)
        records: list[tuple[AgentId, StoredAgent]] = []
        for begin in range(0, len(agents), AT_ONCE):
            some = agents[begin : begin + AT_ONCE]
            pipeline = self._link.client.pipeline(transaction=False)
            for agent in some:
                pipeline.hgetall(agent_key(self._site, agent))
            hashes = cast(list[dict[str, str]], await self._link.ask(pipeline.execute()))
            records.extend(_readable(zip(some, hashes, strict=True)))
        return records

    async def _restore(self, agent: AgentId, record: StoredAgent) -> None:
        """Bring one agent back. Who did something since the start is left as they are."""
        if agent in self._pending:
            return
        try:
            for request in self._requests(agent, record):
                await self._desk.ask(request)
        except RequestRefused as refused:
            _log.warning("an agent could not be restored", agent=agent, reason=str(refused))

    def _requests(self, agent: AgentId, record: StoredAgent) -> Iterator[Request]:
        state, until, reason = record.state, record.until, record.reason
        if state is AgentState.OFFERED:
            state = AgentState.READY
        elif state in IN_CONVERSATION:
            state, reason = AgentState.WRAP_UP, record.wrap_up_reason
            until = self._desk.wall(self._desk.now()) + max(TALK_GRACE_S, record.wrap_up_s)
            if reason == WrapUpMode.UNTIL_FINISHED:
                until = None
        yield AgentRestored(
            agent,
            PhoneId(record.phone),
            state,
            reason,
            self._desk.at(record.since),
            None if until is None else self._desk.at(until),
            None if record.skills is None else tuple(sorted(record.skills.items())),
        )
        if record.wish_state is AgentState.PAUSED:
            yield AgentPaused(agent, record.wish_reason, SYSTEM)
        elif record.wish_state is AgentState.SIGNED_OUT:
            yield AgentSignedOut(agent, SYSTEM)


def _readable(records: Iterator[tuple[AgentId, dict[str, str]]]) -> Iterator[tuple[AgentId, StoredAgent]]:
    for agent, fields in records:
        if not fields:
            continue
        try:
            yield agent, StoredAgent.model_validate({name: value for name, value in fields.items() if value})
        except ValidationError as error:
            wrong = ", ".join(str(each["loc"][0]) for each in error.errors())
            _log.warning("an agent's record in Redis cannot be read; they begin signed out", agent=agent, fields=wrong)
