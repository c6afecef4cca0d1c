"""What offers, conversations and attempts to call back make of a call."""

from __future__ import annotations

from acd.call import Call
from acd.events import CallbackTried, Connected, Offered, OfferWithdrawn, PutOnHold, TakenOffHold, TakenOver
from acd.evolving.lines import step_out, unqueue
from acd.floor_state import FloorState
from acd.names import NOT_THEIR_DOING, AgentId, AttemptOutcome, CallState
from acd.timers import Reason


def offer(floor: FloorState, event: Offered, now: float) -> None:
    """The phones of those named ring."""
    call = floor.calls[event.call]
    step_out(floor, call)
    call.state, call.agent, call.since = CallState.OFFERED, event.agent, now
    call.rung = call.offered = event.agents
    arm_offer(floor, call, now)


def arm_offer(floor: FloorState, call: Call, now: float) -> None:
    """Have the engine look when the offer should have ended."""
    floor.deadlines.set(now + floor.patience_s(call), Reason.OFFER, call.id)


def withdraw(floor: FloorState, event: OfferWithdrawn, now: float) -> None:
    """One agent has the offer no longer; with the last, the caller is on the way back."""
    call = floor.calls[event.call]
    call.offered = tuple(agent for agent in call.offered if agent != event.agent)
    call.agent = next(iter(call.offered), None)
    if call.agent is None:
        call.state, call.since = CallState.RETURNING, now
    if call.callback is not None:
        arm_offer(floor, call, now)  # its channel's end may be missed: it does not return by itself
    if event.why in NOT_THEIR_DOING:
        return
    try_later(floor, call, event.agent, now + floor.plans[call.queue].retry_agent_after_s)


def try_later(floor: FloorState, call: Call, agent: AgentId, until: float) -> None:
    """Leave this agent alone with this call until then."""
    call.tried[agent] = until
    floor.deadlines.set(until, Reason.RETRY, call.id)


def connect(floor: FloorState, event: Connected, now: float) -> None:
    """Caller and agent talk."""
    call = floor.calls[event.call]
    step_out(floor, call)
    unqueue(floor, call)
    call.state, call.agent, call.since, call.pool = CallState.TALKING, event.agent, now, None
    call.rung = call.offered = ()
    call.talking_since = now


def hold(floor: FloorState, event: PutOnHold, now: float) -> None:
    """One of the two was put on hold."""
    call = floor.calls[event.call]
    if not call.holders:
        call.state, call.since = CallState.ON_HOLD, now
    call.holders.add(event.by)


def resume(floor: FloorState, event: TakenOffHold, now: float) -> None:
    """One of the two is back."""
    call = floor.calls[event.call]
    call.holders.discard(event.by)
    if not call.holders:
        call.held_s = call.held_until(now)
        call.state, call.since = CallState.TALKING, now


def take_over(floor: FloorState, event: TakenOver, now: float) -> None:
    """A conversation of its own begins, with nobody on hold."""
    call = floor.calls[event.call]
    call.state, call.agent, call.since = CallState.TALKING, event.agent, now
    call.talking_since, call.held_s = now, 0.0
    call.holders.clear()


def note_attempt(floor: FloorState, event: CallbackTried, now: float) -> None:
    """How an attempt to call back ended."""
    call = floor.calls[event.call]
    if call.callback is not None:
        call.callback.attempts, call.callback.next_at = event.attempt, None
    if event.outcome is not AttemptOutcome.REACHED:
        call.state, call.agent, call.since = CallState.LATER, None, now
        call.rung = call.offered = ()
        if event.next_at is not None:
            put_off(floor, call, event.next_at)


def put_off(floor: FloorState, call: Call, until: float) -> None:
    """Try to call back again then."""
    if call.callback is not None:
        call.callback.next_at = until
    call.state = CallState.LATER
    floor.deadlines.set(until, Reason.CALLBACK, call.id)
