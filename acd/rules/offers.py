"""The rules of offers and conversations: what follows when a phone does not take a call, when it does, and after they talked."""

from __future__ import annotations

from typing import assert_never

from acd.agents import IN_CONVERSATION, Agent, check_move
from acd.call import Call
from acd.errors import IllegalMove
from acd.events import (
    AgentWish,
    CallbackTried,
    CallerReturned,
    Connected,
    Ended,
)
from acd.names import (
    AgentState,
    AttemptOutcome,
    CallState,
    EndedBy,
    OfferFailure,
    PhoneId,
)
from acd.plans.plan import AfterOffer
from acd.plans.wrap_up import wrap_up_after
from acd.requests import (
    ConversationEnded,
    ConversationStarted,
    OfferRefused,
    OneOfSeveralRefused,
)
from acd.rules.agent_moves import SYSTEM, become_free, make_ready, take_back
from acd.turn import Turn

_LEFT_ALONE = (OfferFailure.BUSY, OfferFailure.EXPIRED)
"""Ends of an offer that are no fault of the agent's, and say that another offer would end likewise just now."""


def withdraw(call: Call, why: OfferFailure, turn: Turn) -> None:
    """End a live offer to everybody who still has it."""
    for agent in call.offered:
        release(call, turn.floor.agent(agent), why, turn)


def release(call: Call, agent: Agent, why: OfferFailure, turn: Turn) -> None:
    """End the offer to one agent: who did not take it is treated as the queue says, who had no part in it is ready."""
    take_back(agent, why, turn)
    plan = turn.floor.plans[call.queue]
    # An originate that fails is our fault or Asterisk's, never the agent's; a wish stands since they picked up for it.
    if agent.wish is not None or (call.callback is not None and why is OfferFailure.ERROR):
        become_free(agent, turn)
        return
    match plan.after(why):
        case AfterOffer.NOT_RESPONDING:
            turn.move(agent, AgentState.NOT_RESPONDING, who=SYSTEM, reason=why.value)
        case AfterOffer.PAUSED:
            turn.move(agent, AgentState.PAUSED, who=SYSTEM, reason=why.value)
        case AfterOffer.READY if why in _LEFT_ALONE and plan.retry_busy_after_s > 0:
            # The phone is in some use that we do not see, or Asterisk is late: so it would be with the next caller at once.
            until = turn.now + plan.retry_busy_after_s
            turn.move(agent, AgentState.BUSY_ELSEWHERE, who=SYSTEM, reason=why.value, until=until)
        case AfterOffer.READY:
            make_ready(agent, SYSTEM, turn)
        case never:
            assert_never(never)


def offer_refused(request: OfferRefused, turn: Turn) -> None:
    """The dial is over without a conversation, and the caller's session takes orders again."""
    call = turn.floor.call(request.call)
    if call.in_conversation:
        raise IllegalMove(f"call {call.id} talks: the answer that AMI reported stands against the dial's {request.why}")
    if request.agent in call.rung:
        withdraw(call, request.why, turn)
    # A callback returns when the channel that carried it is gone (CarrierGone).
    if call.state is CallState.RETURNING and call.callback is None:
        turn.happen(CallerReturned(call.id))


def one_of_several_refused(request: OneOfSeveralRefused, turn: Turn) -> None:
    """One of several phones stopped ringing. How the last one ended is the session's to tell, with the dial's end."""
    call = turn.floor.call(request.call)
    if request.agent not in call.offered:
        raise IllegalMove(f"call {call.id} is not offered to agent {request.agent}")
    if len(call.offered) == 1:
        raise IllegalMove(f"call {call.id} is offered to agent {request.agent} alone: the dial's end will tell")
    release(call, turn.floor.agent(request.agent), request.why, turn)


def conversation_started(request: ConversationStarted, turn: Turn) -> None:
    """The agent answered. Asterisk's word is a fact, whatever the floor expected."""
    call, agent = turn.floor.call(request.call), turn.floor.agent(request.agent)
    if call.in_conversation:
        if call.agent == agent.id:
            return
        raise IllegalMove(
            f"call {call.id} talks with agent {call.agent} already, so {agent.id} cannot have answered it"
        )
    check_answer(agent, call)
    connect(call, agent, turn.now, turn)


def check_answer(agent: Agent, call: Call) -> None:
    """Raise IllegalMove where the agent cannot have answered: talking with somebody else already, or on no phone."""
    if agent.state in IN_CONVERSATION:
        raise IllegalMove(f"agent {agent.id} talks on call {agent.call} already, so cannot have answered {call.id}")
    if agent.phone is None:
        raise IllegalMove(f"agent {agent.id} is signed in on no phone, so cannot have answered {call.id}")
    check_move(agent.id, agent.state, AgentState.TALKING)


def connect(call: Call, agent: Agent, since: float, turn: Turn, phone: PhoneId | None = None) -> None:
    """Caller and agent talk, whoever else the call was offered to."""
    why = OfferFailure.ANSWERED_ELSEWHERE if agent.id in call.rung else OfferFailure.ERROR
    for other in call.offered:
        if other != agent.id:
            release(call, turn.floor.agent(other), why, turn)
    if call.callback is not None:
        attempt = call.callback.attempts + 1
        turn.happen(CallbackTried(call.id, agent.id, call.queue, attempt, AttemptOutcome.REACHED, None))
    turn.happen(Connected(call.id, agent.id, call.queue, since - call.joined_at))
    talk(call, agent, since, turn, phone)


def talk(call: Call, agent: Agent, since: float, turn: Turn, phone: PhoneId | None) -> None:
    """Move the agent into the conversation, out of any other offer; one who had meanwhile paused goes back to that."""
    if agent.state is AgentState.OFFERED and agent.call is not None and agent.call != call.id:
        take_back(agent, OfferFailure.BUSY, turn)
    before, reason = agent.state, agent.reason
    turn.move(agent, AgentState.TALKING, who=SYSTEM, since=since, call=call, phone=agent.phone or phone)
    if before in (AgentState.PAUSED, AgentState.SIGNED_OUT):
        turn.happen(AgentWish(agent.id, before, reason, SYSTEM))


def conversation_ended(request: ConversationEnded, turn: Turn) -> None:
    """One of the two hung up."""
    call = turn.floor.call(request.call)
    if not call.in_conversation or call.agent != request.agent:
        raise IllegalMove(f"call {call.id} does not talk with agent {request.agent}")
    end_conversation(call, request.by, turn)


def end_conversation(call: Call, by: EndedBy, turn: Turn) -> None:
    """The conversation is over; the agent wraps up, or takes the next call."""
    if call.agent is None:
        raise IllegalMove(f"call {call.id} talks with nobody")
    agent = turn.floor.agent(call.agent)
    talked_s = turn.now - call.talking_since
    turn.happen(Ended(call.id, agent.id, call.queue, talked_s, by, call.held_until(turn.now)))
    finish_up(agent, call, turn)


def finish_up(agent: Agent, call: Call, turn: Turn) -> None:
    """The agent has talked with this caller: they wrap up as queue and agent say, and are free then."""
    if agent.call != call.id:
        return
    wrap_up = wrap_up_after(turn.floor.plans[call.queue], agent.profile)
    if wrap_up is None:
        become_free(agent, turn)
        return
    until = None if wrap_up.lasts_s is None else turn.now + wrap_up.lasts_s
    turn.move(agent, AgentState.WRAP_UP, who=SYSTEM, reason=wrap_up.reason, until=until, call=call)
