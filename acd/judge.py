"""A decision's record: whom it looked at, what it says of each, and when that may change."""

from __future__ import annotations

from itertools import islice

from acd.agents import Agent
from acd.call import Call
from acd.claims import kept_for
from acd.decision import CANDIDATES_KEPT, Candidate, Decision, verdict_on
from acd.floor import Floor
from acd.names import AgentId, AgentState, CallState, Hindrance, Verdict
from acd.plans.plan import next_step_after
from acd.skills import Pool

_ORDER = {verdict: number for number, verdict in enumerate(Verdict)}


def record(floor: Floor, call: Call, now: float, chosen: tuple[AgentId, ...] = ()) -> Decision:
    """Say how the call stands at its present step, and to whom it is offered if to anybody.

    It names the chosen and, with them, at most `CANDIDATES_KEPT` agents, those first who come nearest; it counts the others.
    """
    plan = floor.plans[call.queue]
    pool = floor.pool(call)
    members = floor.members[call.queue]
    named = [_judge(floor, floor.agents[agent], call, now, chosen) for agent in _nearest(floor, members, pool, chosen)]
    named.sort(key=_rank)
    changes = [c.changes_at for c in named if c.changes_at is not None]
    following = next_step_after(plan, call.step)
    if following is not None and call.state is CallState.WAITING:
        changes.append(call.joined_at + following.after_s)
    if call.prefer_until is not None:
        changes.append(call.prefer_until)
    return Decision(
        call.step,
        plan.steps[call.step].name,
        pool.need,
        tuple(named),
        len(members),
        tuple(pool.counts.values()),
        min(changes, default=None),
        floor.held_until,
        call.prefer,
        call.prefer_until,
    )


def hindrance(call: Call) -> Hindrance | None:
    """What keeps a call that waits from being offered to anybody, as far as the floor knows."""
    if call.state is not CallState.WAITING or call.attached:
        return None
    return Hindrance.SESSION if call.callback is None else Hindrance.CARRIER


def _rank(candidate: Candidate) -> int:
    return _ORDER[candidate.verdict]


def _nearest(floor: Floor, members: tuple[AgentId, ...], pool: Pool, chosen: tuple[AgentId, ...]) -> list[AgentId]:
    """The queue's agents: the chosen, the ready by standing, the able in the configuration's order, then the others."""
    agents = floor.agents
    nearest = list(chosen)
    nearest += [AgentId(str(standing[-1])) for standing in pool.ready[:CANDIDATES_KEPT] if standing[-1] not in chosen]
    if len(nearest) < CANDIDATES_KEPT:
        busy = (a for a in pool.eligible if agents[a].state is not AgentState.READY and a not in chosen)
        nearest += islice(busy, CANDIDATES_KEPT - len(nearest))
    if len(nearest) < CANDIDATES_KEPT and len(pool.eligible) < len(members):
        nearest += islice((a for a in members if a not in pool.eligible), CANDIDATES_KEPT - len(nearest))
    return nearest[: max(CANDIDATES_KEPT, len(chosen))]


def _judge(floor: Floor, agent: Agent, call: Call, now: float, chosen: tuple[AgentId, ...]) -> Candidate:
    if agent.id in chosen:
        return Candidate(agent.id, Verdict.CHOSEN)
    if agent.id not in floor.pool(call).eligible:
        return Candidate(agent.id, Verdict.LACKS_SKILL)
    if agent.state is AgentState.READY and (until := call.tried.get(agent.id, now)) > now:
        return Candidate(agent.id, Verdict.TRIED_BEFORE, until)
    if (other := kept_for(agent, floor, now)) is not None and other is not call:
        return Candidate(agent.id, Verdict.KEPT, other.expected_until)
    return Candidate(agent.id, verdict_on(agent.state), agent.until, agent.reason)
