"""Moves of an agent that several rules make: out of an offer, free again, ready."""

from __future__ import annotations

from acd.agents import Agent
from acd.errors import IllegalMove
from acd.events import (
    OfferWithdrawn,
)
from acd.names import (
    AgentState,
    OfferFailure,
)
from acd.turn import Turn

SYSTEM = "system"


def take_back(agent: Agent, why: OfferFailure, turn: Turn) -> None:
    """End the offer to this agent, whoever else has it; the caller of this moves the agent on."""
    if agent.state is not AgentState.OFFERED or agent.call is None:
        raise IllegalMove(f"agent {agent.id} is {agent.state} and has no offer to withdraw")
    call = turn.floor.call(agent.call)
    turn.happen(OfferWithdrawn(call.id, agent.id, call.queue, why))


def become_free(agent: Agent, turn: Turn) -> None:
    """The call and its wrap-up are over: ready, or what the agent wished for meanwhile."""
    if agent.wish is None:
        make_ready(agent, SYSTEM, turn)
    else:
        turn.move(agent, agent.wish.state, who=agent.wish.who, reason=agent.wish.reason)


def make_ready(agent: Agent, who: str, turn: Turn) -> None:
    """The agent takes calls; while their phone is used for something else, as soon as that is over."""
    busy = agent.phone in turn.floor.phones_in_use
    turn.move(agent, AgentState.BUSY_ELSEWHERE if busy else AgentState.READY, who=who)
