"""Where callers stand: in their queue's line, in their need's pool, at their plan's step; and how they leave them."""

from __future__ import annotations

from bisect import bisect_left, insort
from itertools import takewhile

from acd.call import Call, Dropped
from acd.events import StepWidened
from acd.floor_state import FloorState
from acd.plans.plan import next_step_after
from acd.timers import Reason

BACK_WITHIN_S = 2.0
"""How long agents are kept for a caller whose session broke off: the dialplan plays half a second of music and hands them in
again; the rest is for a busy machine. Whoever is not back by then is not about to be, and holds nobody up."""
STEADY_AFTER_S = 10.0
"""So long after that agents are kept for the same caller again: a session that ends as soon as it begins stops nobody else's."""


def stand_in_line(floor: FloorState, call: Call) -> None:
    """Give the caller a place in the queue's line and the pool of their need."""
    call.pool = floor.pool(call)
    insort(floor.lines[call.queue], call.place)
    arm_step(floor, call)


def line_up(floor: FloorState, call: Call) -> None:
    """Put a caller who can be offered into the pool's line, and have the matching look at them; one who is lost, beside it."""
    if call.pool is None:
        return
    if call.matchable:
        insort(call.pool.line, call.place)
        floor.newly_waiting.append(call.id)
    elif call.lost:
        insort(call.pool.lost, call.place)


def step_out(floor: FloorState, call: Call) -> None:
    """Take a caller out of the pool's line; agents who were kept for one who is lost are kept no more."""
    if call.pool is None:
        return
    if call.matchable:
        line = call.pool.line
        del line[bisect_left(line, call.place)]
    elif call.lost:
        lost = call.pool.lost
        del lost[bisect_left(lost, call.place)]
        floor.keep_no_more(call.pool)


def unqueue(floor: FloorState, call: Call) -> None:
    """Take the caller out of the queue's line, unless they talk and are in none."""
    if not call.in_conversation:
        line = floor.lines[call.queue]
        del line[bisect_left(line, call.place)]


def attach(floor: FloorState, call: Call) -> None:
    """The caller's session takes orders."""
    if not call.attached:
        step_out(floor, call)
        call.attached = True
        line_up(floor, call)


def detach(floor: FloorState, call: Call, now: float) -> None:
    """It takes none any more."""
    step_out(floor, call)
    call.attached = False
    expect(floor, call, now)
    line_up(floor, call)


def expect(floor: FloorState, call: Call, now: float) -> None:
    """Keep agents for a caller without a session; not again for one whose session breaks off again and again."""
    if call.callback is None and now >= call.expected_until + STEADY_AFTER_S:
        call.expected_until = now + BACK_WITHIN_S
        floor.expected_until = max(floor.expected_until, call.expected_until)
        floor.deadlines.set(call.expected_until, Reason.EXPECTED, call.id)


def widen(floor: FloorState, event: StepWidened) -> None:
    """The plan's next step: another need, and perhaps more priority."""
    call = floor.calls[event.call]
    step_out(floor, call)
    passed = floor.plans[call.queue].steps[call.step + 1 : event.step + 1]
    call.step = event.step
    if added := sum(step.adds_priority for step in passed):
        unqueue(floor, call)
        call.priority += added
        call.place = floor.place_of(call.queue, call.priority, call.joined_at, call.serial, call.id)
        insort(floor.lines[call.queue], call.place)
    call.pool = None
    call.pool = floor.pool(call)
    arm_step(floor, call)
    line_up(floor, call)


def open_to_all(floor: FloorState, call: Call) -> None:
    """The caller waits for one agent alone no longer."""
    step_out(floor, call)
    call.prefer = call.prefer_until = None
    call.pool = None
    call.pool = floor.pool(call)
    line_up(floor, call)


def arm_step(floor: FloorState, call: Call) -> None:
    """Have the engine look when the next step begins."""
    following = next_step_after(floor.plans[call.queue], call.step)
    if following is not None:
        floor.deadlines.set(call.joined_at + following.after_s, Reason.STEP, call.id)


def leave(floor: FloorState, call: Call) -> None:
    """The call is over for the floor."""
    step_out(floor, call)
    unqueue(floor, call)
    if call.callback is not None:
        del floor.callbacks[call.queue, call.callback.customer]
    del floor.calls[call.id]


def keep_place(floor: FloorState, call: Call, now: float) -> None:
    """Remember the place of a customer who hung up, and forget those whose grace time is over."""
    places = floor.dropped.get(call.queue)
    if places is None or call.customer is None:
        return
    for customer in [customer for customer, _ in takewhile(lambda kept: kept[1].until <= now, places.items())]:
        del places[customer]
    places.pop(call.customer, None)
    places[call.customer] = Dropped(call.id, call.joined_at, now + floor.plans[call.queue].grace_s)
