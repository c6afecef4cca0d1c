"""What follows from a request: the rules of the floor, one function for each request.

A rule first makes sure that the request is legal (raising changes nothing), then lets events happen through `Turn`, which
writes each to the floor at once, so that what follows sees it. `engine.py` says which rule answers which request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import assert_never

from acd.agents import IN_CONVERSATION, Agent, check_move
from acd.call import Call
from acd.entry import not_let_in
from acd.errors import IllegalMove, PhoneTaken, StillNeeded, WrapUpFixed
from acd.events import (
    Abandoned,
    AgentWish,
    AskedToLeave,
    CallbackTried,
    CallerReturned,
    Connected,
    Diverted,
    Ended,
    OfferWithdrawn,
    PhoneUseChanged,
    PlansLoaded,
    Queued,
    SessionAttached,
    SessionDetached,
    SkillsChanged,
)
from acd.names import (
    AgentId,
    AgentState,
    AttemptOutcome,
    CallState,
    EndedBy,
    OfferFailure,
    PhoneId,
    PhoneUse,
    QueueId,
    is_callback,
)
from acd.plan import AfterOffer, WrapUpMode, check_plans
from acd.requests import (
    AgentReady,
    AgentRestored,
    AgentSignedIn,
    CallerJoined,
    CallerLeft,
    Configured,
    ConversationEnded,
    ConversationStarted,
    KeyPressed,
    OfferRefused,
    OneOfSeveralRefused,
    SessionLost,
    SkillsAssigned,
)
from acd.turn import Turn
from acd.wrap_up import wrap_up_after

SYSTEM = "system"
SIGN_IN_REASON = "sign_in"
"""The pause reason of an agent who has just signed in."""


# ---------------------------------------------------------------------------------------------------- callers


def caller_joined(request: CallerJoined, turn: Turn) -> None:
    """A session asks for an agent, for the first time or again."""
    floor = turn.floor
    if is_callback(request.call):
        raise IllegalMove(f"{request.call} is a callback, and no caller on the line")
    floor.plan(request.queue)
    if request.need:
        floor.pools.expression(request.need)
    call = floor.calls.get(request.call)
    if call is not None and (call.in_conversation or call.queue != request.queue):
        leave_behind(call, request.queue, turn)
        call = None
    if call is None:
        take_place(request, turn)
        return
    take_up_orders(call, turn)


def take_up_orders(call: Call, turn: Turn) -> None:
    """Another session takes the orders of a caller who has their place already."""
    if call.state is CallState.OFFERED:
        withdraw(call, OfferFailure.SESSION_LOST, turn)
    if call.state is CallState.RETURNING:
        turn.happen(CallerReturned(call.id))
    if not call.attached:
        turn.happen(SessionAttached(call.id))
        if call.leaving_for:
            # Nobody carried it out: the key was pressed while no session was there.
            turn.happen(AskedToLeave(call.id, call.queue, call.leaving_for))


def leave_behind(call: Call, queue: QueueId, turn: Turn) -> None:
    """End what the floor has of a caller who is about to join this queue: a conversation, or a place in another line.

    The dialplan hands a caller in again only when no conversation is going on: this one's end was missed, or is a transfer.
    """
    if call.in_conversation:
        end_conversation(call, EndedBy.UNKNOWN if call.queue == queue else EndedBy.TRANSFER, turn)
        return
    if call.state is CallState.OFFERED:
        withdraw(call, OfferFailure.SESSION_LOST, turn)
    turn.happen(Diverted(call.id, call.queue, queue, turn.now - call.joined_at))


def take_place(request: CallerJoined, turn: Turn) -> None:
    """Queue a caller whom the queue lets in, at the place that was kept for them where they were dropped a moment ago."""
    floor = turn.floor
    joined_at = turn.now if request.joined_at is None else min(request.joined_at, turn.now)
    kept = floor.place_kept(request.customer, request.queue, turn.now)
    newcomer = request.joined_at is None and request.sent_by is None and kept is None
    if newcomer and (turned_away := not_let_in(request, turn)) is not None:
        turn.happen(turned_away)
        return
    if kept is not None:
        joined_at = min(joined_at, kept.joined_at)
    until = joined_at + request.prefer_s
    prefer = request.prefer if request.prefer in floor.agents and until > turn.now else None
    turn.happen(
        Queued(
            request.call,
            request.queue,
            request.priority,
            request.need,
            request.attributes,
            joined_at,
            prefer,
            None if prefer is None else until,
            request.customer,
            None if kept is None else kept.call,
            request.sent_by,
        )
    )


def session_lost(request: SessionLost, turn: Turn) -> None:
    """Nobody takes the caller's orders until the dialplan hands them in again."""
    call = turn.floor.call(request.call)
    if call.attached and not call.in_conversation:
        turn.happen(SessionDetached(call.id))


def caller_gone(call: Call, turn: Turn) -> None:
    """The caller hung up."""
    if call.callback is not None:
        raise IllegalMove(f"{call.id} is a callback: nobody is on the line who could hang up")
    if call.in_conversation:
        end_conversation(call, EndedBy.UNKNOWN, turn)
        return
    if call.state is CallState.OFFERED:
        withdraw(call, OfferFailure.CALLER_GONE, turn)
    turn.happen(Abandoned(call.id, call.queue, turn.now - call.joined_at))


def caller_left(request: CallerLeft, turn: Turn) -> None:
    """The caller leaves the queue for another treatment."""
    call = turn.floor.call(request.call)
    if call.callback is not None:
        raise IllegalMove(f"{call.id} is a callback: drop it instead")
    if call.state is CallState.OFFERED or call.in_conversation:
        raise IllegalMove(f"call {call.id} is {call.state}: it can leave the queue only while it waits")
    turn.happen(Diverted(call.id, call.queue, request.to, turn.now - call.joined_at))


def key_pressed(request: KeyPressed, turn: Turn) -> None:
    """Tell the session where the key leads; while a phone rings it goes there once that comes to nothing."""
    call = turn.floor.call(request.call)
    to = dict(turn.floor.plans[call.queue].keys).get(request.key)
    if to is not None and call.callback is None and not call.in_conversation:
        turn.happen(AskedToLeave(call.id, call.queue, to))


# ---------------------------------------------------------------------------------------------------- offers


def take_back(agent: Agent, why: OfferFailure, turn: Turn) -> None:
    """End the offer to this agent, whoever else has it; the caller of this moves the agent on."""
    if agent.state is not AgentState.OFFERED or agent.call is None:
        raise IllegalMove(f"agent {agent.id} is {agent.state} and has no offer to withdraw")
    call = turn.floor.call(agent.call)
    turn.happen(OfferWithdrawn(call.id, agent.id, call.queue, why))


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
        case AfterOffer.READY if why is OfferFailure.BUSY and plan.retry_busy_after_s > 0:
            # The phone is in some use that we do not see: offered the next caller at once, it would be busy still.
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


# ---------------------------------------------------------------------------------------------------- conversations


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
    plan = turn.floor.plans[call.queue]
    talked_s = turn.now - call.talking_since
    turn.happen(Ended(call.id, agent.id, call.queue, talked_s, by, call.held_until(turn.now)))
    if agent.call != call.id:
        return
    wrap_up = wrap_up_after(plan, agent.profile)
    if wrap_up is None:
        become_free(agent, turn)
        return
    until = None if wrap_up.lasts_s is None else turn.now + wrap_up.lasts_s
    turn.move(agent, AgentState.WRAP_UP, who=SYSTEM, reason=wrap_up.reason, until=until, call=call)


def become_free(agent: Agent, turn: Turn) -> None:
    """The call and its wrap-up are over: ready, or what the agent wished for meanwhile."""
    if agent.wish is None:
        make_ready(agent, SYSTEM, turn)
    else:
        turn.move(agent, agent.wish.state, who=agent.wish.who, reason=agent.wish.reason)


# ---------------------------------------------------------------------------------------------------- agents


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


def make_ready(agent: Agent, who: str, turn: Turn) -> None:
    """The agent takes calls; while their phone is used for something else, as soon as that is over."""
    busy = agent.phone in turn.floor.phones_in_use
    turn.move(agent, AgentState.BUSY_ELSEWHERE if busy else AgentState.READY, who=who)


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


# ---------------------------------------------------------------------------------------------------- configuration


def configured(request: Configured, turn: Turn) -> None:
    """Queues and agents anew; refused where somebody on the floor would lose their queue or profile."""
    check_plans(request.queues, request.agents)
    if reasons := (*queues_still_needed(request, turn), *agents_still_needed(request, turn)):
        raise StillNeeded(reasons)
    turn.happen(PlansLoaded(request.queues, request.agents, request.work_reasons))


def queues_still_needed(request: Configured, turn: Turn) -> Iterator[str]:
    """Yield a reason for each queue that would go while it has callers."""
    kept = {plan.queue for plan in request.queues}
    callers = Counter(call.queue for call in turn.floor.calls.values() if call.queue not in kept)
    for queue, count in callers.items():
        yield f"queue {queue} still has callers ({count} waiting or talking): remove it when it is empty"


def agents_still_needed(request: Configured, turn: Turn) -> Iterator[str]:
    """Yield a reason for each agent who would go while they are at work."""
    kept = {profile.agent for profile in request.agents}
    for agent in turn.floor.agents.values():
        if agent.id not in kept and agent.state is not AgentState.SIGNED_OUT:
            yield f"agent {agent.id} is {agent.state}: they must sign out before they are removed"
