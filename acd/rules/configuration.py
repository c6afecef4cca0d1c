"""The rules of the configuration: it is taken anew, unless somebody on the floor still needs what it takes away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from acd.errors import StillNeeded
from acd.events import (
    PlansLoaded,
)
from acd.names import (
    AgentState,
)
from acd.plans.plan import check_plans
from acd.requests import (
    Configured,
)
from acd.turn import Turn


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
