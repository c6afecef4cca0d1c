"""What concerns everybody on the floor at once."""

from __future__ import annotations

from dataclasses import dataclass

from acd.plans.plan import AgentProfile, QueuePlan


@dataclass(frozen=True, slots=True)
class PlansLoaded:
    """The floor now works by this configuration."""

    queues: tuple[QueuePlan, ...]
    agents: tuple[AgentProfile, ...]
    work_reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingHeld:
    """Nobody is offered anything until every caller without a session is back, at the longest until then."""

    until: float
    at_least_until: float | None = None
    """Nor before this, even where nobody is known to be without a session yet."""


@dataclass(frozen=True, slots=True)
class RoutingResumed:
    """Offers are made again."""
