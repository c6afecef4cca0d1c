"""Callbacks: wanted, read back, carried out, dropped."""

from __future__ import annotations

from dataclasses import dataclass

from acd.callback import Terms
from acd.names import AgentId, AttemptOutcome, Attributes, CallbackEnd, CallId, CustomerKey, QueueId


@dataclass(frozen=True, slots=True)
class CallbackWanted:
    """A caller asks to be called back; `call` is the callback's id (`names.callback_of`)."""

    call: CallId
    customer: CustomerKey
    queue: QueueId
    terms: Terms
    priority: int = 0
    need: str = ""
    attributes: Attributes = ()
    joined_at: float | None = None
    """When the caller took their place in line; None means now."""
    prefer: AgentId | None = None
    """For whom it is kept, until it has waited `prefer_s`."""
    prefer_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CallbackReadBack:
    """A callback that was promised before the service stopped (read back from Redis)."""

    call: CallId
    customer: CustomerKey
    queue: QueueId
    terms: Terms
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    attempts: int
    next_at: float | None
    """Not tried before; None: whenever an agent is free."""
    prefer: AgentId | None = None
    prefer_until: float | None = None


@dataclass(frozen=True, slots=True)
class CarrierReady:
    """Whoever carries out callbacks takes this one's orders (again). `SessionLost` takes it back."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CarrierGone:
    """The channel that carried out the callback, the agent's own, has ended (AMI Hangup)."""

    call: CallId
    picked_up: bool = False
    """The agent had picked up, so they hung up; else their phone has stopped ringing, and others tell why."""
    cut: bool = False
    """Its session had been cut off before, and could end nothing any more: that it ended is not the agent's doing."""


@dataclass(frozen=True, slots=True)
class CustomerDialled:
    """The agent picked up for a callback, and the customer's phone is about to be rung."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class CustomerMissed:
    """The customer's phone was rung in vain. `outcome` is never REACHED: answers are AMI's to tell."""

    call: CallId
    agent: AgentId
    outcome: AttemptOutcome


@dataclass(frozen=True, slots=True)
class CallbackDropped:
    """A callback that waits is not wanted any more."""

    call: CallId
    why: CallbackEnd
