"""A decision's record: whom it looked at, what it says of each, and when that may change."""

from __future__ import annotations

from collections.abc import Iterator

from acd.agents import Agent
from acd.decision import CANDIDATES_KEPT, Candidate, Decision
from acd.floor import Call, Floor
from acd.names import AgentId, AgentState, CallState, Verdict
from acd.plan import next_step_after
from acd.skills import Pool

_BY_STATE = {
    AgentState.SIGNED_OUT: Verdict.SIGNED_OUT,
    AgentState.READY: Verdict.RANKED_LOWER,
    AgentState.OFFERED: Verdict.OFFERED,
    AgentState.TALKING: Verdict.TALKING,
    AgentState.WRAP_UP: Verdict.WRAP_UP,
    AgentState.PAUSED: Verdict.PAUSED,
    AgentState.NOT_RESPONDING: Verdict.NOT_RESPONDING,
}
_ORDER = {verdict: number for number, verdict in enumerate(Verdict)}


def record(floor: Floor, call: Call, now: float, chosen: AgentId | None = None) -> Decision:
    """Say how the call stands at its present step, and whom it goes to if anybody.

    It names at most `CANDIDATES_KEPT` agents, those first who come nearest, and counts the others by verdict.
    """
    plan = floor.plans[call.queue]
    pool = floor.pool(call)
    named: list[Candidate] = []
    for agent_id in _nearest(floor, call, pool, chosen):
        named.append(_judge(floor.agents[agent_id], call, now, chosen, pool))
        if len(named) == CANDIDATES_KEPT:
            break
    named.sort(key=_rank)
    changes = [c.changes_at for c in named if c.changes_at is not None]
    following = next_step_after(plan, call.step)
    if following is not None and call.state is CallState.WAITING:
        changes.append(call.joined_at + following.after_s)
    return Decision(
        call.step,
        plan.steps[call.step].name,
        pool.need,
        tuple(named),
        _others(floor, call, pool, named),
        min(changes, default=None),
        floor.held_until,
        call.prefer,
    )


def _rank(candidate: Candidate) -> int:
    return _ORDER[candidate.verdict]


def _nearest(floor: Floor, call: Call, pool: Pool, chosen: AgentId | None) -> Iterator[AgentId]:
    """The queue's agents: the chosen, the ready by standing, the able in the configuration's order, then the others."""
    if chosen is not None:
        yield chosen
    for standing in pool.ready:
        agent = AgentId(str(standing[-1]))
        if agent != chosen:
            yield agent
    for agent in pool.eligible:
        if floor.agents[agent].state is not AgentState.READY and agent != chosen:
            yield agent
    if len(pool.eligible) < CANDIDATES_KEPT:
        for agent in floor.members[call.queue]:
            if agent not in pool.eligible:
                yield agent


def _judge(agent: Agent, call: Call, now: float, chosen: AgentId | None, pool: Pool) -> Candidate:
    if agent.id == chosen:
        return Candidate(agent.id, Verdict.CHOSEN)
    if agent.id not in pool.eligible:
        return Candidate(agent.id, Verdict.LACKS_SKILL)
    if agent.state is AgentState.READY and (until := call.tried.get(agent.id, now)) > now:
        return Candidate(agent.id, Verdict.TRIED_BEFORE, until)
    return Candidate(agent.id, _BY_STATE[agent.state], agent.until, agent.reason)


def _others(floor: Floor, call: Call, pool: Pool, named: list[Candidate]) -> tuple[tuple[Verdict, int], ...]:
    """How many agents more there are of each verdict than are named."""
    lacking = len(floor.members[call.queue]) - len(pool.eligible)
    if len(pool.eligible) + lacking == len(named):
        return ()
    counts = {_BY_STATE[state]: count for state, count in pool.counts.items() if count}
    counts[Verdict.LACKS_SKILL] = lacking
    for candidate in named:
        as_counted = Verdict.RANKED_LOWER if candidate.verdict in _COUNTED_READY else candidate.verdict
        counts[as_counted] = counts.get(as_counted, 0) - 1
    return tuple(
        (verdict, count) for verdict, count in sorted(counts.items(), key=lambda pair: _ORDER[pair[0]]) if count > 0
    )


_COUNTED_READY = (Verdict.CHOSEN, Verdict.TRIED_BEFORE)
