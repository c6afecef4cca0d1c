"""A queue's plan: steps that widen with the time waited."""

from __future__ import annotations

from acd.errors import UnknownQueue
from acd.expressions import Expression
from acd.messages import AgentProfile, PlanStep, QueuePlan


def step_at(plan: QueuePlan, waited_s: float) -> int:
    """The index of the step in force for a caller who has waited this long."""
    index = 0
    for number, step in enumerate(plan.steps):
        if step.after_s <= waited_s:
            index = number
    return index


def next_step_after(plan: QueuePlan, step: int) -> PlanStep | None:
    """The step that follows, if any."""
    return plan.steps[step + 1] if step + 1 < len(plan.steps) else None


def check_plans(queues: tuple[QueuePlan, ...], agents: tuple[AgentProfile, ...]) -> None:
    """Raise a RequestRefused where plans and agents do not fit together; files are checked with line numbers before."""
    names = {plan.queue for plan in queues}
    for plan in queues:
        if not plan.steps or plan.steps[0].after_s != 0:
            raise UnknownQueue(f"queue {plan.queue} has no step that begins at 0 s: add one, or nobody is ever chosen")
        if any(a.after_s >= b.after_s for a, b in zip(plan.steps, plan.steps[1:], strict=False)):
            raise UnknownQueue(f"queue {plan.queue}: its steps must begin one after the other; order them by after_s")
        for step in plan.steps:
            if step.need:
                Expression(step.need)
    for profile in agents:
        for queue in profile.queues:
            if queue not in names:
                raise UnknownQueue(f"agent {profile.agent} serves queue {queue}, which is not configured")
