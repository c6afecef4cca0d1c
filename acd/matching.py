"""Who gets whom. After every request: no waiting caller and idle agent remain who could be matched at the caller's step.

An agent who becomes free takes the caller who stands first among all those the agent may serve, in whatever queue. A caller
who begins to wait takes the agent who stands first among the ready: best score, then longest idle.
"""

from __future__ import annotations

from acd.agents import PRESENT, Agent
from acd.decisions import record
from acd.floor import Call, Floor
from acd.messages import AgentId, AgentState, AgentStateChanged, NobodyThere, Offered, SkillsChanged, StillWaiting
from acd.rules import SYSTEM
from acd.skills import Place, Pool
from acd.turn import Turn


def match(turn: Turn) -> None:
    """Offer whatever can be offered after what has happened in this turn."""
    floor = turn.floor
    treat_those_left_alone(turn)
    if floor.held_until is not None:
        floor.newly_ready.clear()
        floor.newly_waiting.clear()
        return
    while floor.newly_ready or floor.newly_waiting:
        agents, floor.newly_ready = list(dict.fromkeys(floor.newly_ready)), []
        for agent_id in agents:
            agent = floor.agents[agent_id]
            call = first_caller_for(agent, floor, turn.now)
            if call is not None:
                offer(call, agent, turn)
        callers, floor.newly_waiting = floor.newly_waiting, []
        waiting = [floor.calls[call] for call in dict.fromkeys(callers) if call in floor.calls]
        for call in sorted((call for call in waiting if call.matchable), key=lambda call: call.place):
            chosen = best_agent_for(call, floor, turn.now)
            if chosen is not None:
                offer(call, chosen, turn)
            else:
                turn.happen(StillWaiting(call.id, call.queue, record(floor, call, turn.now)))
                treat_if_alone(call, turn)


def first_caller_for(agent: Agent, floor: Floor, now: float) -> Call | None:
    """The caller who stands first among those whom a ready agent may serve."""
    if agent.state is not AgentState.READY:
        return None
    places = [place for pool in floor.pools.of_agent(agent.id) if (place := first_place(pool, agent.id, floor, now))]
    return floor.calls[min(places)[3]] if places else None


def first_place(pool: Pool, agent: AgentId, floor: Floor, now: float) -> Place | None:
    """The first place in the pool's line whose caller may be offered to this agent again."""
    return next((place for place in pool.line if not tried(floor.calls[place[3]], agent, now)), None)


def best_agent_for(call: Call, floor: Floor, now: float) -> Agent | None:
    """The agent who stands first among the ready ones whom the caller's step admits."""
    return next(
        (floor.agents[agent] for _, _, agent in floor.pool(call).ready if not tried(call, agent, now)),
        None,
    )


def tried(call: Call, agent: AgentId, now: float) -> bool:
    """Whether the agent was offered this call lately, in vain."""
    return call.tried.get(agent, now) > now


def offer(call: Call, agent: Agent, turn: Turn) -> None:
    """Offer the call, with the decision's record."""
    if agent.phone is None:
        raise AssertionError(f"agent {agent.id} is ready without a phone")
    decision = record(turn.floor, call, turn.now, chosen=agent.id)
    ring_s = turn.floor.plans[call.queue].ring_s
    turn.happen(Offered(call.id, agent.id, agent.phone, call.queue, ring_s, decision))
    turn.move(agent, AgentState.OFFERED, who=SYSTEM, call=call)


def treat_those_left_alone(turn: Turn) -> None:
    """Somebody left or changed skills: callers for whom nobody remains get the queue's no-agent treatment."""
    floor = turn.floor
    emptied: list[Pool] = []
    for event in list(turn.events):
        if isinstance(event, AgentStateChanged) and event.after not in PRESENT:
            emptied += [pool for pool in floor.pools.of_agent(event.agent) if pool.present == 0]
        elif isinstance(event, SkillsChanged):
            emptied += [pool for pool in floor.pools if pool.present == 0]
    for pool in emptied:
        for place in list(pool.line):
            treat_if_alone(floor.calls[place[3]], turn)


def treat_if_alone(call: Call, turn: Turn) -> None:
    """Give the no-agent treatment, once a wait, where at no step to come anybody could serve the caller by themselves."""
    plan = turn.floor.plans[call.queue]
    if call.told_nobody or not (plan.no_agent_say or plan.no_agent_divert):
        return
    if any(turn.floor.pool(call, step).present for step in range(call.step, len(plan.steps))):
        return
    turn.happen(NobodyThere(call.id, call.queue, plan.no_agent_say, plan.no_agent_divert))
