"""The waiting order: who stands before whom in a queue, and how strongly a caller claims an agent whom queues share."""

from __future__ import annotations

from acd.names import CallId
from acd.plans.plan import LineOrder, QueuePlan

Place = tuple[int, float, int, CallId]
"""A place in a queue's line: (minus priority, counts as joined at, serial number, call); the smallest is first."""
Claim = tuple[int, int, float, int]
"""A first-in-line's claim on an agent: (the agent's order of the queue, minus priority, minus urgency, serial)."""

USUAL_TARGET_S = 20.0
"""What the time waited is held against in a queue whose callers go by age."""


def place_of(plan: QueuePlan, priority: int, joined_at: float, serial: int, call: CallId) -> Place:
    """The caller's place.

    Without ageing a higher priority always goes first. With ageing each level of priority counts as `ageing_s` seconds of
    waiting, so that whoever waits long enough goes before anybody: nobody starves.
    """
    if plan.ageing_s is None:
        return (-priority, joined_at, serial, call)
    return (0, joined_at - priority * plan.ageing_s, serial, call)


def claim_of(place: Place, plan: QueuePlan, order: int, now: float) -> Claim:
    """How strongly the first caller of a queue claims an agent who serves several.

    The agent's own order of their queues goes first, then priority, then the time waited, held against the service level's
    threshold where the plan says urgency, and multiplied by the queue's weight.
    """
    target = plan.answer_within_s if plan.order is LineOrder.URGENCY else USUAL_TARGET_S
    urgency = plan.weight * (now - place[1]) / max(target, 1.0)
    return (order, place[0], -urgency, place[2])
