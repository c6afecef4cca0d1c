"""What follows from a request about a callback: promised, carried out, tried, dropped. Matching is that of any other call.

A callback waits without a channel. When it is offered, the agent's phone rings; when they have picked up, and heard and
pressed what the queue has them hear and press, the customer's. One channel, the agent's own, carries all of it, and its id is
the callback's: Asterisk makes no second one while it lives.
"""

from __future__ import annotations

from acd.agents import IN_CONVERSATION, Agent
from acd.call import Call
from acd.callback import Callback, Terms
from acd.errors import CallbackExists, IllegalMove
from acd.events import (
    CallbackDialled,
    CallbackEnded,
    CallbackPromised,
    CallbackRestored,
    CallbackTried,
    CallerReturned,
    SessionAttached,
)
from acd.names import (
    AttemptOutcome,
    CallbackEnd,
    CallId,
    CallState,
    EndedBy,
    OfferFailure,
    is_callback,
    node_of,
)
from acd.preference import binding
from acd.requests import (
    CallbackDropped,
    CallbackReadBack,
    CallbackWanted,
    CarrierGone,
    CarrierReady,
    CustomerDialled,
    CustomerMissed,
    SeenCallback,
    WorldSeen,
)
from acd.rules.agent_moves import become_free
from acd.rules.offers import connect, end_conversation, withdraw
from acd.turn import Turn

CARRIED = (CallState.OFFERED, CallState.DIALLING, CallState.TALKING, CallState.ON_HOLD)
"""States in which somebody's phone rings or is talked on for a callback."""


def callback_wanted(request: CallbackWanted, turn: Turn) -> None:
    """Promise a callback; asked for twice under one id, it is promised once."""
    if request.call in turn.floor.calls:
        return
    check_place(request, turn)
    joined_at = turn.now if request.joined_at is None else min(request.joined_at, turn.now)
    place = (request.priority, request.need, request.attributes, joined_at)
    kept = binding(request.prefer, joined_at + request.prefer_s, turn.floor, turn.now)
    turn.happen(CallbackPromised(request.call, request.queue, request.customer, request.terms, *place, *kept))


def callback_read_back(request: CallbackReadBack, turn: Turn) -> None:
    """Stand in line again as promised before the restart; one that is known already stays as it is."""
    if request.call in turn.floor.calls:
        return
    check_place(request, turn)
    place = (request.priority, request.need, request.attributes, min(request.joined_at, turn.now))
    tried = (request.attempts, request.next_at)
    kept = binding(request.prefer, request.prefer_until, turn.floor, turn.now)
    turn.happen(CallbackRestored(request.call, request.queue, request.customer, request.terms, *place, *tried, *kept))


def check_place(request: CallbackWanted | CallbackReadBack, turn: Turn) -> None:
    """Raise where there can be no such callback: no such queue, a bad need, or the customer has one there already."""
    if not is_callback(request.call):
        raise IllegalMove(f"{request.call} is no callback's id: make it with names.callback_of")
    turn.floor.plan(request.queue)
    if request.need:
        turn.floor.pools.expression(request.need)
    if (known := turn.floor.callbacks.get((request.queue, request.customer))) is not None:
        raise CallbackExists(f"this customer is promised callback {known} from queue {request.queue} already")
    check_terms(request.terms)


def check_terms(terms: Terms) -> None:
    """Raise IllegalMove for terms by which nobody would ever be called."""
    if terms.most_attempts < 1 or terms.pause_s < 0 or terms.ring_s <= 0:
        raise IllegalMove(f"{terms} are no terms of a callback: at least one attempt, some ringing, no negative pause")


def carrier_ready(request: CarrierReady, turn: Turn) -> None:
    """It can be carried out from now on."""
    call, _ = callback(request.call, turn)
    if not call.attached:
        turn.happen(SessionAttached(call.id))


def carrier_gone(request: CarrierGone, turn: Turn) -> None:
    """The agent's channel ended. Why a phone rang in vain, and a conversation's end, are told by others."""
    call, _ = callback(request.call, turn)
    if call.state is CallState.DIALLING and call.agent is not None and request.cut:
        tried_in_vain(call, turn.floor.agent(call.agent), AttemptOutcome.FAILED, turn)
    elif call.state is CallState.DIALLING or (call.state is CallState.OFFERED and request.picked_up):
        # The agent hung up while they were asked, or before the customer answered.
        withdraw(call, OfferFailure.ERROR if request.cut else OfferFailure.REFUSED, turn)
    if call.state is CallState.RETURNING:
        turn.happen(CallerReturned(call.id))


def customer_dialled(request: CustomerDialled, turn: Turn) -> None:
    """The agent picked up, and took it where they were asked."""
    call, _ = callback(request.call, turn)
    if call.state is not CallState.OFFERED or call.agent != request.agent:
        raise IllegalMove(f"{call.id} is {call.state} and not offered to agent {request.agent}: nobody is dialled")
    turn.happen(CallbackDialled(call.id, request.agent, call.queue))


def customer_missed(request: CustomerMissed, turn: Turn) -> None:
    """The customer was not reached: again after a pause, or given up."""
    call, _ = callback(request.call, turn)
    if call.state is not CallState.DIALLING or call.agent != request.agent:
        raise IllegalMove(f"{call.id} is {call.state}: agent {request.agent} dials nobody for it")
    if request.outcome is AttemptOutcome.REACHED:
        raise IllegalMove(f"{call.id}: that the customer answered is AMI's to tell")
    tried_in_vain(call, turn.floor.agent(request.agent), request.outcome, turn)


def tried_in_vain(call: Call, agent: Agent, outcome: AttemptOutcome, turn: Turn) -> None:
    """Count the attempt: again after the pause, or given up. The agent did their part, and is free."""
    _, agreed = callback(call.id, turn)
    attempt = agreed.attempts + 1
    next_at = None if attempt >= agreed.terms.most_attempts else turn.now + agreed.terms.pause_s
    turn.happen(CallbackTried(call.id, agent.id, call.queue, attempt, outcome, next_at))
    if next_at is None:
        turn.happen(CallbackEnded(call.id, call.queue, CallbackEnd.GIVEN_UP, attempt))
    become_free(agent, turn)


def callback_dropped(request: CallbackDropped, turn: Turn) -> None:
    """It is not wanted any more."""
    call, agreed = callback(request.call, turn)
    if call.state in CARRIED:
        raise IllegalMove(f"{call.id} is {call.state}: it is being carried out, and can be dropped only while it waits")
    turn.happen(CallbackEnded(call.id, call.queue, request.why, agreed.attempts))


def see_callbacks(request: WorldSeen, turn: Turn) -> None:
    """After an AMI login: what is being carried out, held against what the floor knows. Asterisk is right."""
    seen = {found.call: found for found in request.callbacks}
    for call in list(turn.floor.calls.values()):
        if call.callback is not None and node_of(call.id) == request.node:
            see_callback(call, seen.get(call.id), turn)


def see_callback(call: Call, found: SeenCallback | None, turn: Turn) -> None:
    """Make one callback as it was found; None: no channel carries it."""
    if call.in_conversation:
        if found is None or found.state is not CallState.TALKING:
            end_conversation(call, EndedBy.UNKNOWN, turn)
        return
    if found is None:
        if call.state in CARRIED:
            withdraw(call, OfferFailure.SESSION_LOST, turn)
        if call.state is CallState.RETURNING:
            turn.happen(CallerReturned(call.id))
    elif found.state is CallState.TALKING:
        agent_id = turn.floor.phones.get(found.phone, call.agent)
        agent = None if agent_id is None else turn.floor.agents.get(agent_id)
        if agent is not None and agent.state not in IN_CONVERSATION:
            connect(call, agent, turn.now, turn, found.phone)


def callback(call: CallId, turn: Turn) -> tuple[Call, Callback]:
    """The callback and what is agreed of it; raises UnknownCall, IllegalMove for another call."""
    known = turn.floor.call(call)
    if known.callback is None:
        raise IllegalMove(f"call {call} is a caller on the line, no callback")
    return known, known.callback
