"""What became of promises to call somebody back."""

from __future__ import annotations

from dataclasses import dataclass

from acd.callback import Terms
from acd.names import AgentId, AttemptOutcome, Attributes, CallbackEnd, CallId, CustomerKey, QueueId


@dataclass(frozen=True, slots=True)
class CallbackPromised:
    """A customer is called back when it is their turn: the place stays in line without a channel."""

    call: CallId
    queue: QueueId
    customer: CustomerKey
    terms: Terms
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    prefer: AgentId | None = None
    """The only agent it is offered to, until `prefer_until`."""
    prefer_until: float | None = None


@dataclass(frozen=True, slots=True)
class CallbackRestored:
    """A callback promised before a restart has its place again."""

    call: CallId
    queue: QueueId
    customer: CustomerKey
    terms: Terms
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    attempts: int
    next_at: float | None
    prefer: AgentId | None = None
    prefer_until: float | None = None


@dataclass(frozen=True, slots=True)
class CallbackDialled:
    """The agent is on the phone, and the customer's is rung."""

    call: CallId
    agent: AgentId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallbackTried:
    """An attempt to reach the customer is over. `attempt` counts from 1; `next_at` is None where there is none to come."""

    call: CallId
    agent: AgentId
    queue: QueueId
    attempt: int
    outcome: AttemptOutcome
    next_at: float | None


@dataclass(frozen=True, slots=True)
class CallbackDue:
    """The pause after an attempt is over: the callback is matched again."""

    call: CallId
    queue: QueueId


@dataclass(frozen=True, slots=True)
class CallbackEnded:
    """The promise is over without a conversation."""

    call: CallId
    queue: QueueId
    why: CallbackEnd
    attempts: int
