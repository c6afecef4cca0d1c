"""What becomes of agents: their states, what choosing goes by, their skills."""

from __future__ import annotations

from acd.agents import IN_CONVERSATION, ON_CALLS, Agent, check_move, facts_of
from acd.events import AgentStateChanged, SkillsChanged
from acd.floor_state import FloorState
from acd.names import AgentState, PauseCounts
from acd.timers import Reason


def move(floor: FloorState, event: AgentStateChanged) -> None:
    """The agent's state, and all that hangs on it."""
    agent = floor.agents[event.agent]
    check_move(agent.id, agent.state, event.after)
    floor.pools.leave_state(agent)
    count_time(floor, agent, event)
    if agent.phone is not None:
        floor.phones.pop(agent.phone, None)
    agent.state, agent.reason, agent.since, agent.until = event.after, event.reason, event.since, event.until
    agent.phone, agent.call, agent.counts_as = event.phone, event.call, event.counts_as
    if agent.phone is not None:
        floor.phones[agent.phone] = agent.id
    if event.after not in (*IN_CONVERSATION, AgentState.WRAP_UP):
        agent.wish = None
    if event.until is not None:
        floor.deadlines.set(event.until, Reason.AGENT, agent.id)
    floor.pools.enter_state(agent)
    if agent.state is AgentState.READY:
        floor.newly_ready.append(agent.id)


def count_time(floor: FloorState, agent: Agent, event: AgentStateChanged) -> None:
    """Keep what choosing goes by: it may change only here, between two states."""
    spent_s = max(0.0, event.since - agent.since)
    if event.before in ON_CALLS or agent.counts_as is PauseCounts.WORK:
        agent.busy_s += spent_s
    elif event.before is AgentState.READY:
        agent.available_s += spent_s
    match event.after:
        case AgentState.READY:
            agent.draws += 1
            if event.before is not AgentState.OFFERED:
                agent.idle_since = event.since
        case AgentState.OFFERED:
            floor.offers_made += 1
            agent.last_offer = floor.offers_made
        case AgentState.TALKING if event.before is not AgentState.ON_HOLD:
            agent.answered += 1
        case AgentState.SIGNED_OUT:
            agent.answered, agent.draws, agent.busy_s, agent.available_s = 0, 0, 0.0, 0.0
        case _:
            pass


def assign_skills(floor: FloorState, event: SkillsChanged) -> None:
    """The agent's skills from now on, in every pool that asks for them."""
    agent = floor.agents[event.agent]
    changed = frozenset(name for name, _ in set(agent.skills) ^ set(event.skills))
    pools = floor.pools.affected_by(agent, changed)
    were_in = floor.pools.take_out(agent, pools)
    agent.skills = event.skills
    agent.facts = facts_of(agent.profile, agent.skills)
    floor.pools.put_back(agent, pools, were_in, floor.config_order)
    if agent.state is AgentState.READY:
        floor.newly_ready.append(agent.id)
