"""The rules of agents: their shift, their pauses, their phones, their skills."""

from __future__ import annotations

from acd.agents import IN_CONVERSATION, Agent
from acd.errors import IllegalMove, PhoneTaken, WrapUpFixed
from acd.events import (
    AgentWish,
    PhoneUseChanged,
    SkillsChanged,
)
from acd.names import (
    AgentId,
    AgentState,
    CallState,
    OfferFailure,
    PhoneId,
    PhoneUse,
)
from acd.plans.plan import WrapUpMode
from acd.requests import (
    AgentReady,
    AgentRestored,
    AgentSignedIn,
    SkillsAssigned,
)
from acd.rules.agent_moves import SYSTEM, make_ready, take_back
from acd.turn import Turn

SIGN_IN_REASON = "sign_in"
"""The pause reason of an agent who has just signed in."""


def agent_signed_in(request: AgentSignedIn, turn: Turn) -> None:
    """An agent takes a phone; they begin paused."""
    agent = turn.floor.agent(request.agent)
    if agent.phone == request.phone:
        return
    if agent.state is not AgentState.SIGNED_OUT:
        raise IllegalMove(f"agent {agent.id} is signed in on {agent.phone}; sign out there first")
    check_phone_free(request.phone, turn)
    turn.move(agent, AgentState.PAUSED, who=request.who, reason=SIGN_IN_REASON, phone=request.phone)


def check_phone_free(phone: PhoneId, turn: Turn) -> None:
    """Raise PhoneTaken where somebody is signed in there."""
    if (other := turn.floor.phones.get(phone)) is not None:
        raise PhoneTaken(f"agent {other} is signed in on {phone}; they have to sign out first")


def agent_ready(request: AgentReady, turn: Turn) -> None:
    """The agent takes calls."""
    agent = turn.floor.agent(request.agent)
    match agent.state:
        case AgentState.SIGNED_OUT:
            raise IllegalMove(f"agent {agent.id} is signed out; sign in on a phone first")
        case AgentState.READY:
            return
        case AgentState.BUSY_ELSEWHERE if agent.phone in turn.floor.phones_in_use:
            return
        case AgentState.WRAP_UP if agent.reason == WrapUpMode.FIXED and agent.wish is None:
            raise WrapUpFixed(f"agent {agent.id} is in a fixed wrap-up, which nobody can end early: wait for its end")
        case AgentState.OFFERED | AgentState.TALKING | AgentState.ON_HOLD:
            take_back_wish(agent, request.who, turn)
        case AgentState.WRAP_UP if agent.reason == WrapUpMode.FIXED:
            take_back_wish(agent, request.who, turn)
        case _:
            make_ready(agent, request.who, turn)


def take_back_wish(agent: Agent, who: str, turn: Turn) -> None:
    """The agent stays ready after what they are busy with, whatever was wished for."""
    if agent.wish is not None:
        turn.happen(AgentWish(agent.id, AgentState.READY, "", who))


def phone_use_changed(phone: PhoneId, use: PhoneUse, turn: Turn) -> None:
    """A phone came into use for something besides our offers, or is free of it."""
    if (phone in turn.floor.phones_in_use) == (use is PhoneUse.IN_USE):
        return
    turn.happen(PhoneUseChanged(phone, use))
    if (agent_id := turn.floor.phones.get(phone)) is None:
        return
    agent = turn.floor.agent(agent_id)
    if agent.state in (AgentState.READY, AgentState.BUSY_ELSEWHERE):
        make_ready(agent, SYSTEM, turn)


def stop_serving(agent_id: AgentId, state: AgentState, reason: str, who: str, turn: Turn) -> None:
    """Pause or sign out: at once, or after the conversation and its wrap-up. One without an end is over with this."""
    agent = turn.floor.agent(agent_id)
    if agent.state is AgentState.SIGNED_OUT:
        if state is AgentState.SIGNED_OUT:
            return
        raise IllegalMove(f"agent {agent.id} is signed out; sign in on a phone first")
    finishing_up = agent.state is AgentState.WRAP_UP and agent.until is not None
    if agent.state in IN_CONVERSATION or finishing_up or dials_a_customer(agent, turn):
        turn.happen(AgentWish(agent.id, state, reason, who))
        return
    if agent.state is AgentState.OFFERED:
        why = OfferFailure.AGENT_SIGNED_OUT if state is AgentState.SIGNED_OUT else OfferFailure.AGENT_PAUSED
        take_back(agent, why, turn)
    if (agent.state, agent.reason) != (state, reason):
        turn.move(agent, state, who=who, reason=reason)


def dials_a_customer(agent: Agent, turn: Turn) -> bool:
    """Whether the agent has picked up for a callback: a customer's phone rings, which is not broken off."""
    call = None if agent.call is None else turn.floor.calls.get(agent.call)
    return agent.state is AgentState.OFFERED and call is not None and call.state is CallState.DIALLING


def skills_assigned(request: SkillsAssigned, turn: Turn) -> None:
    """The agent's skills from now on."""
    agent = turn.floor.agent(request.agent)
    if agent.skills != request.skills:
        turn.happen(SkillsChanged(agent.id, request.skills, request.who))


def agent_restored(request: AgentRestored, turn: Turn) -> None:
    """An agent as they were before the service stopped."""
    agent = turn.floor.agent(request.agent)
    if agent.state is not AgentState.SIGNED_OUT:
        raise IllegalMove(f"agent {agent.id} is {agent.state} already; only a signed-out agent is restored")
    if request.state is AgentState.OFFERED or request.state in IN_CONVERSATION:
        raise IllegalMove(f"agent {agent.id} cannot be restored as {request.state}: calls are Asterisk's to tell")
    check_phone_free(request.phone, turn)
    if request.skills is not None:
        turn.happen(SkillsChanged(agent.id, request.skills, SYSTEM))
    if request.state is AgentState.SIGNED_OUT:
        return
    state, reason, until = request.state, request.reason, request.until
    if state is AgentState.WRAP_UP and reason != WrapUpMode.UNTIL_FINISHED and (until is None or until <= turn.now):
        state = AgentState.READY
    if state in (AgentState.READY, AgentState.BUSY_ELSEWHERE):
        in_use = request.phone in turn.floor.phones_in_use
        state, reason, until = AgentState.BUSY_ELSEWHERE if in_use else AgentState.READY, "", None
    turn.move(agent, state, who=SYSTEM, reason=reason, since=request.since, until=until, phone=request.phone)
