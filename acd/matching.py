"""Who gets whom. After every request: no waiting caller and idle agent remain who could be matched at the caller's step.

An agent who becomes free takes the caller with the strongest claim (`claims.py`). A caller who begins to wait takes the agent
who stands first among the ready (`ranking.py`). An agent whose strongest claim is that of a caller who is just coming back is
kept for them, for two seconds at the longest.
"""

from __future__ import annotations

from itertools import islice

from acd.agents import PRESENT, Agent
from acd.call import Call
from acd.claims import first_caller_for, tried
from acd.events import (
    AgentStateChanged,
    NobodyThere,
    Offered,
    PreferenceEnded,
    Rung,
    SentOn,
    SkillsChanged,
    StepWidened,
    StillWaiting,
)
from acd.floor import Floor
from acd.judge import record
from acd.line import Place
from acd.names import AgentId, AgentState, PreferenceEnd
from acd.plans.plan import StepBegins
from acd.rules.agent_moves import SYSTEM
from acd.skills import Pool
from acd.turn import Turn


def match(turn: Turn) -> None:
    """Offer whatever can be offered after what has happened in this turn."""
    floor = turn.floor
    look_after_those_left(turn)
    if floor.held_until is not None:
        floor.newly_ready.clear()
        floor.newly_waiting.clear()
        floor.kept_no_more.clear()
        return
    while floor.newly_ready or floor.newly_waiting or floor.kept_no_more:
        open_up(turn)
        agents, floor.newly_ready = floor.newly_ready, []
        for agent_id in dict.fromkeys(agents):
            agent = floor.agents[agent_id]
            call = first_caller_for(agent, floor, turn.now)
            if call is not None:
                offer(call, agent, turn)
        callers, floor.newly_waiting = floor.newly_waiting, []
        waiting = [floor.calls[call] for call in dict.fromkeys(callers) if call in floor.calls]
        for call in sorted(waiting, key=_place):
            if call.matchable:
                match_caller(call, turn)
        # Behind the callers: whoever is back chooses among all agents that were kept for them.
        floor.newly_ready.extend(floor.kept_no_more)
        floor.kept_no_more.clear()


def open_up(turn: Turn) -> None:
    """Open who begins to wait, and would wait for nobody, to all who may have them, before others are served past them."""
    floor = turn.floor
    for call_id in dict.fromkeys(floor.newly_waiting):
        call = floor.calls.get(call_id)
        while call is not None and call.matchable and (opening := opened(call, floor)) is not None:
            turn.happen(opening)


def _place(call: Call) -> Place:
    return call.place


def match_caller(call: Call, turn: Turn) -> None:
    """Find an agent for a caller who begins to wait (again), or say why there is none, and what follows from that.

    Where many begin to wait at once (routing resumes, a plan widens for several), another of them may have the stronger claim
    on the agent found; that one is served, and the next agent is looked for.
    """
    while (found := best_offer_for(call, turn.floor, turn.now)) is not None:
        strongest, chosen = found
        offer(strongest, chosen, turn)
        if strongest is call:
            return
    if not move_on(call, turn):
        turn.happen(StillWaiting(call.id, call.queue, record(turn.floor, call, turn.now)))
        treat_if_alone(call, turn)


def best_offer_for(call: Call, floor: Floor, now: float) -> tuple[Call, Agent] | None:
    """The agent who stands first among the ready ones whom the caller's step admits, and whose they are: perhaps another's.

    Agents who are kept for somebody who is just coming back are nobody's for now.
    """
    for standing in floor.pool(call).ready:
        agent = floor.agents[AgentId(str(standing[-1]))]
        if not tried(call, agent.id, now) and (strongest := first_caller_for(agent, floor, now)) is not None:
            return strongest, agent
    return None


def offer(call: Call, agent: Agent, turn: Turn) -> None:
    """Offer the call, with the decision's record."""
    if agent.phone is None:
        raise AssertionError(f"agent {agent.id} is ready without a phone")
    plan = turn.floor.plans[call.queue]
    # The one agent who is offered a callback dials the customer.
    alone = plan.offering.at_once == 1 or call.callback is not None
    others = () if alone else rung_as_well(call, agent, plan.offering.at_once - 1, turn)
    decision = record(turn.floor, call, turn.now, chosen=(agent.id, *(other.id for other in others)))
    rung = tuple(Rung(other.id, other.phone) for other in others if other.phone is not None)
    turn.happen(Offered(call.id, agent.id, agent.phone, call.queue, plan.ring_s, decision, rung))
    for offered in (agent, *others):
        turn.move(offered, AgentState.OFFERED, who=SYSTEM, call=call)


def rung_as_well(call: Call, first: Agent, most: int, turn: Turn) -> tuple[Agent, ...]:
    """Who is offered the call at the same time: the next best of the ready on whom no other caller has a stronger claim."""
    floor = turn.floor
    ready = (floor.agents[AgentId(str(standing[-1]))] for standing in floor.pool(call).ready)
    free = (
        agent
        for agent in ready
        if agent is not first
        and not tried(call, agent.id, turn.now)
        and first_caller_for(agent, floor, turn.now) is call
    )
    return tuple(islice(free, most))


# ---------------------------------------------------------------------------------------------------- where nobody is


def move_on(call: Call, turn: Turn) -> bool:
    """End a vain preference, begin the next step early, or send the caller on, as far as the plan says; whether any was."""
    if (opening := opened(call, turn.floor)) is not None:
        turn.happen(opening)
        return True
    step = turn.floor.plans[call.queue].steps[call.step]
    if call.prefer is None and step.divert and not call.sent_on:
        turn.happen(SentOn(call.id, call.queue, step.divert))
        return True
    return False


def opened(call: Call, floor: Floor) -> PreferenceEnded | StepWidened | None:
    """What opens a call to more agents at once: it is kept in vain, or nobody signed in could have it at its step."""
    pool, steps = floor.pool(call), floor.plans[call.queue].steps
    if call.prefer is not None:
        if call.prefer in call.tried:
            return PreferenceEnded(call.id, call.prefer, PreferenceEnd.TRIED)
        return None if pool.present else PreferenceEnded(call.id, call.prefer, PreferenceEnd.AWAY)
    following = call.step + 1
    if following < len(steps) and steps[following].begins is StepBegins.NOBODY and not pool.signed_in:
        return StepWidened(call.id, call.queue, following, steps[following].name)
    return None


def look_after_those_left(turn: Turn) -> None:
    """Somebody left or changed skills: what follows for callers for whom nobody remains."""
    floor = turn.floor
    left: dict[int, Pool] = {}
    for event in list(turn.events):
        if isinstance(event, AgentStateChanged) and event.after not in PRESENT:
            left.update((id(pool), pool) for pool in floor.pools.of_agent(event.agent) if not pool.present)
        elif isinstance(event, SkillsChanged):
            left.update((id(pool), pool) for pool in floor.pools.all() if not pool.present)
    for pool in left.values():
        for place in list(pool.line):
            call = floor.calls[place[3]]
            if not move_on(call, turn):
                treat_if_alone(call, turn)


def treat_if_alone(call: Call, turn: Turn) -> None:
    """Give the no-agent treatment, once a wait, where at no step to come anybody could serve the caller by themselves."""
    plan = turn.floor.plans[call.queue]
    if call.told_nobody or not (plan.no_agent_say or plan.no_agent_divert):
        return
    if any(turn.floor.pool(call, step).present for step in range(call.step, len(plan.steps))):
        return
    turn.happen(NobodyThere(call.id, call.queue, plan.no_agent_say, plan.no_agent_divert))
