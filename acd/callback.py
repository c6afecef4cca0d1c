"""What is agreed of a callback, and what became of it so far. Its place in line is a call's like any other."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import CustomerKey


@dataclass(frozen=True, slots=True)
class Terms:
    """How a customer is called back: agreed when it is promised."""

    most_attempts: int
    """After so many in vain it is given up."""
    pause_s: float
    """Seconds between an attempt and the next."""
    ring_s: float
    """How long the customer's phone rings."""


@dataclass(slots=True)
class Callback:
    """A call without a channel of its own: the agent's phone rings first, then the customer's. Only `floor.evolve` writes."""

    customer: CustomerKey
    terms: Terms
    attempts: int = 0
    next_at: float | None = None
    """When it is tried again; None: whenever an agent is free."""
