"""A decision's record: whom it looked at, what it says of each, and when that may change."""

from __future__ import annotations

from collections.abc import Iterator

from acd.agents import Agent
from acd.floor import Call, Floor
from acd.messages import CANDIDATES_KEPT, AgentId, AgentState, CallState, Candidate, Decision, Verdict
from acd.plan import next_step_after

_BY_STATE = {
    AgentState.SIGNED_OUT: Verdict.SIGNED_OUT,
    AgentState.OFFERED: Verdict.OFFERED,
    AgentState.TALKING: Verdict.TALKING,
    AgentState.WRAP_UP: Verdict.WRAP_UP,
    AgentState.PAUSED: Verdict.PAUSED,
    AgentState.NOT_RESPONDING: Verdict.NOT_RESPONDING,
}
_ORDER = tuple(Verdict)


def record(floor: Floor, call: Call, now: float, chosen: AgentId | None = None) -> Decision:
    """Say how the call stands at its present step, and whom it goes to if anybody."""
    plan = floor.plans[call.queue]
    pool = floor.pool(call)
    looked_at: list[Candidate] = []
    left_out = 0
    for agent in _agents(floor, call, chosen):
        if len(looked_at) < CANDIDATES_KEPT:
            looked_at.append(_judge(agent, call, now, chosen, eligible=agent.id in pool.eligible))
        else:
            left_out = len(floor.members[call.queue]) - CANDIDATES_KEPT
            break
    looked_at.sort(key=lambda candidate: _ORDER.index(candidate.verdict))
    changes = [c.changes_at for c in looked_at if c.changes_at is not None]
    following = next_step_after(plan, call.step)
    if following is not None and call.state is CallState.WAITING:
        changes.append(call.joined_at + following.after_s)
    step = plan.steps[call.step]
    return Decision(
        call.step,
        step.name,
        pool.need,
        tuple(looked_at),
        left_out,
        min(changes, default=None),
        floor.held_until,
    )


def _agents(floor: Floor, call: Call, chosen: AgentId | None) -> Iterator[Agent]:
    """The queue's agents, those who come nearest first: the chosen, the ready, the able, the others."""
    pool = floor.pool(call)
    members = floor.members[call.queue]
    met: set[AgentId] = set()
    for group in (
        [chosen] if chosen else [],
        (agent for _, _, agent in pool.ready),
        (agent for agent in members if agent in pool.eligible),
        members,
    ):
        for agent in group:
            if agent not in met:
                met.add(agent)
                yield floor.agents[agent]


def _judge(agent: Agent, call: Call, now: float, chosen: AgentId | None, *, eligible: bool) -> Candidate:
    if agent.id == chosen:
        return Candidate(agent.id, Verdict.CHOSEN)
    if not eligible:
        return Candidate(agent.id, Verdict.LACKS_SKILL)
    if agent.state is not AgentState.READY:
        return Candidate(agent.id, _BY_STATE[agent.state], agent.until, agent.reason)
    until = call.tried.get(agent.id, now)
    if until > now:
        return Candidate(agent.id, Verdict.TRIED_BEFORE, until)
    return Candidate(agent.id, Verdict.RANKED_LOWER)
