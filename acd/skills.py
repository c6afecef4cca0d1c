"""Needs, who satisfies them, and how well.

A *pool* is one distinct need in one queue: the agents who satisfy it, those of them who are ready (best first), and
the callers who wait with it (first first). Needs are evaluated when skills or plans change, never per decision: to decide
is to look at the heads of sorted lists.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from acd.agents import PRESENT, Agent
from acd.expressions import Expression
from acd.line import Place
from acd.names import AgentId, AgentState, Attributes, QueueId
from acd.need_parts import parts_of
from acd.plans.plan import CallerNeed, Choice, PlanStep
from acd.ranking import Standing, standing

_CALL_NAME = re.compile(r"""\bcall(?:\.(\w+)|\[\s*(?:'([^']+)'|"([^"]+)")\s*\])""")
_CALL_WORD = re.compile(r"\bcall\b")
_SKILL_NAME = re.compile(r"""\bskill(?:\.(\w+)|\[\s*(?:'([^']+)'|"([^"]+)")\s*\])""")
_SKILL_WORD = re.compile(r"\bskill\b")
_SKILL_OF_CALL = re.compile(r"\bskill\[\s*call\.(\w+)\s*\]")
_AGENT_WORD = re.compile(r"\bagent\b")


@dataclass(frozen=True, slots=True)
class NeedKey:
    """What makes two needs the same: queue, both texts, how to choose, whom to prefer, and the call's facts that count."""

    queue: QueueId
    step_need: str
    caller_need: str
    choose: tuple[Choice, ...]
    prefer: AgentId | None
    facts: Attributes


@dataclass(slots=True, eq=False)
class Pool:
    """One distinct need: who satisfies it, who of them is ready, who waits with it."""

    key: NeedKey
    need: str
    """Both needs as one CEL text."""
    skills: tuple[str, ...]
    """The skills whose levels make an agent's score."""
    plain: bool
    """Whether the need asks for no other skills than these (it does not look at `skill` as a whole)."""
    by_levels: bool
    """Whether nothing else about an agent than their levels in these skills decides."""
    verdicts: dict[tuple[int | None, ...], bool] = field(default_factory=dict, compare=False)
    """What the need is for agents of these levels, where they decide: it is evaluated once for all who have the same."""
    eligible: dict[AgentId, int] = field(default_factory=dict)
    """Agents who satisfy the need, in the configuration's order, with the sum of their levels in `skills`."""
    ready: list[Standing] = field(default_factory=list)
    standings: dict[AgentId, Standing] = field(default_factory=dict)
    """Where each of the ready stands."""
    line: list[Place] = field(default_factory=list)
    lost: list[Place] = field(default_factory=list)
    """Places of callers who wait with this need, and have no session just now."""
    counts: dict[AgentState, int] = field(default_factory=lambda: dict.fromkeys(AgentState, 0))
    """Eligible agents by state."""
    unmet: tuple[str, ...] | None = field(default=None, compare=False)
    """The parts of the need that no agent of the queue meets, as far as anybody asked since skills last changed."""

    @property
    def present(self) -> bool:
        """Whether an eligible agent will take a call sooner or later by themselves."""
        return any(self.counts[state] for state in PRESENT)

    @property
    def signed_in(self) -> int:
        """Eligible agents who are signed in."""
        return len(self.eligible) - self.counts[AgentState.SIGNED_OUT]


class Pools:
    """All pools of a floor, kept true as agents and callers come and go. Only `floor.evolve` calls what changes them."""

    def __init__(self) -> None:
        self._pools: dict[NeedKey, Pool] = {}
        self._of_queue: dict[QueueId, list[Pool]] = {}
        self._of_agent: dict[AgentId, list[Pool]] = {}
        self._expressions: dict[str, Expression] = {}
        self._names: dict[str, frozenset[str] | None] = {}

    def clear(self) -> None:
        """Forget all pools: plans or agents have changed."""
        self._pools.clear()
        self._of_queue.clear()
        self._of_agent.clear()

    def expression(self, text: str) -> Expression:
        """The compiled need; raises BadNeed where it is not valid."""
        if text not in self._expressions:
            self._expressions[text] = Expression(text)
        return self._expressions[text]

    def of_agent(self, agent: AgentId) -> list[Pool]:
        """The pools whose need the agent satisfies."""
        return self._of_agent.get(agent, _NO_POOLS)

    def all(self) -> Iterable[Pool]:
        """Every pool there is."""
        return self._pools.values()

    def pool(
        self,
        queue: QueueId,
        step: PlanStep,
        need: str,
        attributes: Attributes,
        prefer: AgentId | None,
        members: Iterable[Agent],
    ) -> Pool:
        """The pool of this need, filled from the queue's agents the first time it is asked for."""
        caller_need = need if step.caller_need is CallerNeed.REQUIRED else ""
        facts = self._mentioned(f"{step.need} {caller_need}", attributes)
        key = NeedKey(queue, step.need, caller_need, step.choose, prefer, facts)
        pool = self._pools.get(key)
        if pool is None:
            text = join_needs(step.need, caller_need)
            plain = names_all_skills(text)
            by_levels = plain and not _AGENT_WORD.search(text)
            pool = self._pools[key] = Pool(key, text, skills_named(text, facts), plain, by_levels)
            self._of_queue.setdefault(queue, []).append(pool)
            for agent in members:
                self._admit(pool, agent)
        return pool

    def _mentioned(self, text: str, attributes: Attributes) -> Attributes:
        if text not in self._names:
            self._names[text] = names_mentioned(text)
        names = self._names[text]
        return attributes if names is None else tuple(pair for pair in attributes if pair[0] in names)

    def _admit(self, pool: Pool, agent: Agent) -> bool:
        """Put the agent into the pool if they satisfy its need; whether they do."""
        key = pool.key
        if key.queue not in agent.orders or key.prefer not in (None, agent.id):
            return False
        levels = dict(agent.skills)
        if pool.need and not self._satisfied(pool, agent, levels):
            return False
        pool.eligible[agent.id] = sum(levels.get(name, 0) for name in pool.skills)
        self._of_agent.setdefault(agent.id, []).append(pool)
        _enter(pool, agent)
        return True

    def _satisfied(self, pool: Pool, agent: Agent, levels: Mapping[str, int]) -> bool:
        if not pool.by_levels:
            return self._holds(pool, agent)
        those = tuple(levels.get(name) for name in pool.skills)
        if those not in pool.verdicts:
            pool.verdicts[those] = self._holds(pool, agent)
        return pool.verdicts[those]

    def unmet(self, pool: Pool, members: Iterable[Agent]) -> tuple[str, ...]:
        """The parts of the need that none of the queue's agents meets; kept until skills change."""
        if pool.unmet is None:
            told_apart = {agent.skills if pool.by_levels else agent.id: agent for agent in members}
            facts = [{**agent.facts, "call": dict(pool.key.facts)} for agent in told_apart.values()]
            parts = parts_of(pool.need)
            pool.unmet = tuple(part for part in parts if not any(self.expression(part).holds(each) for each in facts))
        return pool.unmet

    def _holds(self, pool: Pool, agent: Agent) -> bool:
        return self.expression(pool.need).holds({**agent.facts, "call": dict(pool.key.facts)})

    def affected_by(self, agent: Agent, skills: frozenset[str]) -> list[Pool]:
        """The pools whose need may be answered otherwise for this agent when these skills change."""
        return [
            pool
            for queue in agent.orders
            for pool in self._of_queue.get(queue, ())
            if not pool.plain or not skills.isdisjoint(pool.skills)
        ]

    def take_out(self, agent: Agent, pools: list[Pool]) -> set[int]:
        """Take the agent out of these pools before their skills change; the ids of those they were in."""
        for pool in pools:
            pool.unmet = None
        were_in = {id(pool) for pool in pools if agent.id in pool.eligible}
        for pool in pools:
            if id(pool) in were_in:
                _leave(pool, agent)
        own = self._of_agent.get(agent.id, [])
        self._of_agent[agent.id] = [pool for pool in own if id(pool) not in were_in]
        return were_in

    def put_back(self, agent: Agent, pools: list[Pool], were_in: set[int], order: Mapping[AgentId, int]) -> None:
        """Put the agent into whichever of these pools now admits them; `order` is the configuration's."""
        for pool in pools:
            if self._admit(pool, agent):
                if id(pool) not in were_in:
                    pool.eligible = dict(sorted(pool.eligible.items(), key=lambda pair: order[pair[0]]))
            elif id(pool) in were_in:
                del pool.eligible[agent.id]

    def leave_state(self, agent: Agent) -> None:
        """The agent is about to leave the present state."""
        for pool in self.of_agent(agent.id):
            _leave(pool, agent)

    def enter_state(self, agent: Agent) -> None:
        """The agent has come into the present state."""
        for pool in self.of_agent(agent.id):
            _enter(pool, agent)


_NO_POOLS: list[Pool] = []


def _enter(pool: Pool, agent: Agent) -> None:
    pool.counts[agent.state] += 1
    if agent.state is AgentState.READY:
        stands = standing(agent, pool.key.choose, pool.key.queue, pool.eligible[agent.id])
        pool.standings[agent.id] = stands
        insort(pool.ready, stands)


def _leave(pool: Pool, agent: Agent) -> None:
    pool.counts[agent.state] -= 1
    if agent.state is AgentState.READY:
        del pool.ready[bisect_left(pool.ready, pool.standings.pop(agent.id))]


def join_needs(step_need: str, caller_need: str) -> str:
    """Both needs as one CEL text."""
    if step_need and caller_need:
        return f"({step_need}) && ({caller_need})"
    return step_need or caller_need


def names_mentioned(text: str) -> frozenset[str] | None:
    """The call's facts that a need mentions; None, all of them, where it uses `call` in a way that cannot be told apart."""
    if len(_CALL_WORD.findall(text)) > len(_CALL_NAME.findall(text)):
        return None
    return frozenset(a or b or c for a, b, c in _CALL_NAME.findall(text))


def names_all_skills(need: str) -> bool:
    """Whether every use of `skill` in a need names the skill, itself or through the call."""
    named = len(_SKILL_NAME.findall(need)) + len(_SKILL_OF_CALL.findall(need))
    return len(_SKILL_WORD.findall(need)) == named


def skills_named(need: str, facts: Attributes) -> tuple[str, ...]:
    """The skills that a need names, also through what is known of the call (`skill[call.language]`), each once."""
    known = dict(facts)
    through_call = [str(known[name]) for name in _SKILL_OF_CALL.findall(need) if name in known]
    return tuple(dict.fromkeys([*(a or b or c for a, b, c in _SKILL_NAME.findall(need)), *through_call]))
