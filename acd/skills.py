"""Needs, who satisfies them, and how well.

A *pool* is one distinct need in one queue: the agents who satisfy it, those of them who are ready (best first), and
the callers who wait with it (first first). Needs are evaluated when skills or plans change, never per decision: to decide
is to look at the heads of two sorted lists.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field

from acd.agents import PRESENT, Agent
from acd.expressions import Expression
from acd.messages import AgentId, AgentState, Attributes, CallerNeed, CallId, PlanStep, QueueId

_CALL_NAME = re.compile(r"""\bcall(?:\.(\w+)|\[\s*(?:'([^']+)'|"([^"]+)")\s*\])""")
_CALL_WORD = re.compile(r"\bcall\b")
_SKILL_NAME = re.compile(r"""\bskill(?:\.(\w+)|\[\s*(?:'([^']+)'|"([^"]+)")\s*\])""")

Place = tuple[int, float, int, CallId]
"""A place in line: (minus priority, joined at, serial number, call): the smallest is served first."""
Standing = tuple[int, float, AgentId]
"""A ready agent's standing in a pool: (minus score, idle since, agent): the smallest is chosen first."""


@dataclass(frozen=True, slots=True)
class NeedKey:
    """What makes two needs the same: the queue, both texts, and the call's facts that the texts mention."""

    queue: QueueId
    step_need: str
    caller_need: str
    facts: Attributes


@dataclass(slots=True)
class Pool:
    """One distinct need: who satisfies it, who of them is ready, who waits with it."""

    key: NeedKey
    eligible: dict[AgentId, int] = field(default_factory=dict)
    """Agents who satisfy the need, with their score: the sum of their levels in the skills that the need names."""
    ready: list[Standing] = field(default_factory=list)
    line: list[Place] = field(default_factory=list)
    present: int = 0
    """Eligible agents who will take a call sooner or later by themselves."""

    @property
    def need(self) -> str:
        """The need in force, as CEL text."""
        return join_needs(self.key.step_need, self.key.caller_need)

    def standing(self, agent: Agent) -> Standing:
        """Where the agent stands among the ready ones."""
        return (-self.eligible[agent.id], agent.idle_since, agent.id)


def join_needs(step_need: str, caller_need: str) -> str:
    """Both needs as one CEL text."""
    if step_need and caller_need:
        return f"({step_need}) && ({caller_need})"
    return step_need or caller_need


class Pools:
    """All pools of a floor, kept true as agents and callers come and go. Only `floor.evolve` calls what changes them."""

    def __init__(self) -> None:
        self._pools: dict[NeedKey, Pool] = {}
        self._of_agent: dict[AgentId, list[Pool]] = {}
        self._expressions: dict[str, Expression] = {}

    def clear(self) -> None:
        """Forget all pools: plans or agents have changed."""
        self._pools.clear()
        self._of_agent.clear()

    def expression(self, text: str) -> Expression:
        """The compiled need; raises BadNeed where it is not valid."""
        if text not in self._expressions:
            self._expressions[text] = Expression(text)
        return self._expressions[text]

    def of_agent(self, agent: AgentId) -> list[Pool]:
        """The pools whose need the agent satisfies."""
        return self._of_agent.get(agent, [])

    def pool(
        self, queue: QueueId, step: PlanStep, need: str, attributes: Attributes, agents: dict[AgentId, Agent]
    ) -> Pool:
        """The pool of this need, filled from the queue's agents the first time it is asked for."""
        caller_need = need if step.caller_need is CallerNeed.REQUIRED else ""
        key = NeedKey(queue, step.need, caller_need, mentioned(step.need + " " + caller_need, attributes))
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = Pool(key)
            for agent in agents.values():
                self._admit(pool, agent)
        return pool

    def _admit(self, pool: Pool, agent: Agent) -> None:
        if pool.key.queue not in agent.profile.queues:
            return
        need = pool.need
        if need and not self.expression(need).holds({**agent.facts, "call": dict(pool.key.facts)}):
            return
        levels = dict(agent.skills)
        pool.eligible[agent.id] = sum(levels.get(name, 0) for name in skills_named(need))
        self._of_agent.setdefault(agent.id, []).append(pool)
        if agent.state in PRESENT:
            pool.present += 1
        if agent.state is AgentState.READY:
            insort(pool.ready, pool.standing(agent))

    def withdraw_agent(self, agent: Agent) -> None:
        """Take the agent out of all pools (their skills are about to change)."""
        self.leave_state(agent)
        for pool in self._of_agent.pop(agent.id, []):
            del pool.eligible[agent.id]

    def admit_agent(self, agent: Agent) -> None:
        """Put the agent into every pool whose need they satisfy."""
        for pool in self._pools.values():
            self._admit(pool, agent)

    def leave_state(self, agent: Agent) -> None:
        """The agent is about to leave the present state."""
        for pool in self.of_agent(agent.id):
            if agent.state in PRESENT:
                pool.present -= 1
            if agent.state is AgentState.READY:
                del pool.ready[bisect_left(pool.ready, pool.standing(agent))]

    def enter_state(self, agent: Agent) -> None:
        """The agent has come into the present state."""
        for pool in self.of_agent(agent.id):
            if agent.state in PRESENT:
                pool.present += 1
            if agent.state is AgentState.READY:
                insort(pool.ready, pool.standing(agent))

    def __iter__(self) -> Iterator[Pool]:
        return iter(self._pools.values())


def mentioned(text: str, attributes: Attributes) -> Attributes:
    """The call's facts that a need mentions; all of them where it uses `call` in a way that cannot be told apart."""
    names = {a or b or c for a, b, c in _CALL_NAME.findall(text)}
    if len(_CALL_WORD.findall(text)) > len(_CALL_NAME.findall(text)):
        return attributes
    return tuple(pair for pair in attributes if pair[0] in names)


def skills_named(need: str) -> tuple[str, ...]:
    """The skills that a need names, in its order, each once."""
    return tuple(dict.fromkeys(a or b or c for a, b, c in _SKILL_NAME.findall(need)))
