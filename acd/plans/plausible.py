"""What a plan may say without being wrong, and nobody can have meant: needs that nobody meets, steps that nobody reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acd.agents import facts_of
from acd.expressions import Expression
from acd.plans.plan import AgentProfile, QueuePlan
from acd.skills import names_mentioned


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to look at again. `step` is the step's index, None where it is the queue as a whole."""

    queue: str
    step: int | None
    text: str


def doubts(queues: tuple[QueuePlan, ...], agents: tuple[AgentProfile, ...]) -> Iterator[Doubt]:
    """Look at every queue with the agents who serve it."""
    for plan in queues:
        members = [profile for profile in agents if plan.queue in profile.queues]
        if not members:
            yield Doubt(plan.queue, None, "no agent serves this queue: its callers wait for ever or are sent on")
            continue
        yield from _needs_nobody_meets(plan, members)
        yield from _steps_nobody_reaches(plan)


def _needs_nobody_meets(plan: QueuePlan, members: list[AgentProfile]) -> Iterator[Doubt]:
    for number, step in enumerate(plan.steps):
        if not step.need or names_mentioned(step.need) != frozenset():
            continue  # what it asks for depends on the call
        need = Expression(step.need)
        if not any(need.holds(facts_of(profile, profile.skills)) for profile in members):
            yield Doubt(plan.queue, number, f"none of the queue's {len(members)} agents meets this need")


def _steps_nobody_reaches(plan: QueuePlan) -> Iterator[Doubt]:
    for number, step in enumerate(plan.steps[:-1]):
        if step.divert:
            following = plan.steps[number + 1].name
            yield Doubt(
                plan.queue, number + 1, f"'{following}' is never reached: '{step.name}' before it sends callers on"
            )
            return
