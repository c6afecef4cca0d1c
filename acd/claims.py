"""Who has the strongest claim on an agent: among those who stand first in the lines the agent may serve (`line.py`).

A caller whose session has just broken off claims agents from their place as ever, until they are expected back no longer: a line
that is cut for a moment costs nobody their turn. Meanwhile such an agent is kept, and offered to nobody behind them.
"""

from __future__ import annotations

from acd.agents import Agent
from acd.call import Call
from acd.floor_state import FloorState
from acd.line import Claim, Place, claim_of
from acd.names import AgentId, AgentState
from acd.skills import Pool


def first_caller_for(agent: Agent, floor: FloorState, now: float) -> Call | None:
    """The caller to whom a ready agent goes; none while the agent is kept for one who is just coming back."""
    call = _claimant(agent, floor, now)
    return call if call is not None and call.matchable else None


def kept_for(agent: Agent, floor: FloorState, now: float) -> Call | None:
    """The caller for whom a ready agent is kept, who is just coming back."""
    if floor.expected_until <= now:
        return None
    call = _claimant(agent, floor, now)
    return call if call is not None and call.lost else None


def tried(call: Call, agent: AgentId, now: float) -> bool:
    """Whether the agent was offered this call lately, in vain."""
    return call.tried.get(agent, now) > now


def expected(call: Call, now: float) -> bool:
    """Whether a caller without a session is just coming back."""
    return call.lost and call.expected_until > now


def _claimant(agent: Agent, floor: FloorState, now: float) -> Call | None:
    if agent.state is not AgentState.READY:
        return None
    best: tuple[Claim, Place] | None = None
    for pool in floor.pools.of_agent(agent.id):
        if (pool.line or pool.lost) and (place := _first_place(pool, agent.id, floor, now)) is not None:
            queue = pool.key.queue
            claim = claim_of(place, floor.plans[queue], agent.orders[queue], now)
            if best is None or (claim, place) < best:
                best = (claim, place)
    return None if best is None else floor.calls[best[1][3]]


def _first_place(pool: Pool, agent: AgentId, floor: FloorState, now: float) -> Place | None:
    """The first place of this need whose caller may be offered to this agent (again), now or when they are back."""
    calls = floor.calls
    first = next((place for place in pool.line if not tried(calls[place[3]], agent, now)), None)
    for place in pool.lost:
        if first is not None and first < place:
            break
        if expected(calls[place[3]], now) and not tried(calls[place[3]], agent, now):
            return place
    return first
