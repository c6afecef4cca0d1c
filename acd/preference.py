"""For whom a caller is kept: the agent they talked with last, their account's owner, an agent whom the plan names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from acd.agents import PRESENT
from acd.floor import Floor
from acd.names import AgentId, Attributes, QueueId
from acd.plans.plan import Preference, Whom

OWNER = "owner"
"""The attribute by which the flow names the account's owner, by agent number."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A call is kept for this agent for so many seconds of waiting."""

    agent: AgentId
    for_s: float


def asks_for_last_agent(queue: QueueId, floor: Floor) -> bool:
    """Whether it matters to this queue whom the customer talked with last. Raises UnknownQueue."""
    return any(preference.whom is Whom.LAST_AGENT for preference in floor.plan(queue).prefer)


def preferred(queue: QueueId, attributes: Attributes, last_agent: AgentId | None, floor: Floor) -> Kept | None:
    """The first of the plan's preferences whose agent serves the queue and is there; None: open to everybody.

    Raises UnknownQueue.
    """
    for preference in floor.plan(queue).prefer:
        number = _agent_of(preference, attributes, last_agent)
        agent = None if number is None else floor.agents.get(number)
        if agent is not None and queue in agent.profile.queues and agent.state in PRESENT:
            return Kept(agent.id, preference.for_s)
    return None


def binding(
    agent: AgentId | None, until: float | None, floor: Floor, now: float
) -> tuple[AgentId, float] | tuple[None, None]:
    """For whom a call is kept and until when; neither where nobody knows the agent, or the time is over."""
    if agent is None or until is None or agent not in floor.agents or until <= now:
        return None, None
    return agent, until


def _agent_of(preference: Preference, attributes: Attributes, last_agent: AgentId | None) -> AgentId | None:
    match preference.whom:
        case Whom.LAST_AGENT:
            return last_agent
        case Whom.OWNER:
            owner = dict(attributes).get(OWNER)
            return None if owner is None else AgentId(str(owner))
        case Whom.AGENT:
            return preference.agent
        case _:
            assert_never(preference.whom)
