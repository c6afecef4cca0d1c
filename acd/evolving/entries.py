"""How a caller or a promised callback comes onto the floor."""

from __future__ import annotations

from acd.call import Call
from acd.callback import Callback
from acd.events import CallbackPromised, CallbackRestored, Queued, Restored
from acd.evolving.lines import expect, line_up, stand_in_line
from acd.evolving.offers import arm_offer, put_off, try_later
from acd.floor_state import FloorState
from acd.names import AgentId, CallState
from acd.plans.plan import step_at
from acd.timers import Reason


def enter(floor: FloorState, event: Queued | Restored, now: float) -> None:
    """A caller comes into line, or is found where Asterisk has them."""
    call = take_place(floor, event, now)
    if isinstance(event, Restored):
        call.attached, call.told_nobody = False, True
        call.state, call.agent, call.since = event.state, event.agent, event.since
        call.talking_since = event.since
        expect(floor, call, now)
        if call.state is CallState.OFFERED and event.agent is not None:
            call.rung = call.offered = (event.agent, *event.others)
            arm_offer(floor, call, now)
    if isinstance(event, Queued) and event.customer is not None:
        floor.dropped.get(event.queue, {}).pop(event.customer, None)
    if isinstance(event, Queued) and event.sent_by is not None:
        try_later(floor, call, event.sent_by, now + floor.plans[event.queue].retry_agent_after_s)
    if isinstance(event, Queued):
        keep_for(floor, call, event.prefer, event.prefer_until)
    if not call.in_conversation:
        stand_in_line(floor, call)
    line_up(floor, call)


def promise(floor: FloorState, event: CallbackPromised | CallbackRestored, now: float) -> None:
    """Stand in line without a channel: nobody takes orders yet, and nothing can be said to anybody."""
    call = take_place(floor, event, now)
    call.attached, call.told_nobody, call.sent_on = False, True, True
    call.callback = Callback(event.customer, event.terms)
    floor.callbacks[event.queue, event.customer] = call.id
    if isinstance(event, CallbackRestored):
        call.callback.attempts = event.attempts
        if event.next_at is not None and event.next_at > now:
            put_off(floor, call, event.next_at)
    keep_for(floor, call, event.prefer, event.prefer_until)
    stand_in_line(floor, call)


def keep_for(floor: FloorState, call: Call, agent: AgentId | None, until: float | None) -> None:
    """Keep the call for this agent, before it stands in the pool of those who may have it; None: it is open to everybody."""
    if agent is None or until is None:
        return
    call.prefer, call.prefer_until = agent, until
    floor.deadlines.set(until, Reason.PREFER, call.id)


def take_place(floor: FloorState, event: Queued | Restored | CallbackPromised | CallbackRestored, now: float) -> Call:
    """Make the call, with the place that the time of joining gives it."""
    floor.serial += 1
    step = step_at(floor.plans[event.queue], now - event.joined_at)
    priority = event.priority + floor.added(event.queue, step)
    call = Call(
        event.call,
        event.queue,
        priority,
        event.need,
        event.attributes,
        event.joined_at,
        floor.serial,
        floor.place_of(event.queue, priority, event.joined_at, floor.serial, event.call),
        event.customer,
        since=now,
        step=step,
    )
    floor.calls[call.id] = call
    return call
