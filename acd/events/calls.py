"""A caller's way into the line, along it, and out of it without a conversation."""

from __future__ import annotations

from dataclasses import dataclass

from acd.decision import Decision
from acd.names import (
    AgentId,
    Attributes,
    CallId,
    CallState,
    CustomerKey,
    NameByLanguage,
    PreferenceEnd,
    QueueId,
    TurnedAwayFor,
)


@dataclass(frozen=True, slots=True)
class Queued:
    """A caller has a place in line."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    prefer: AgentId | None = None
    """For the time being the call is offered to this agent alone."""
    prefer_until: float | None = None
    customer: CustomerKey | None = None
    returns: CallId | None = None
    """The customer's earlier call, dropped from this place and within the grace time: it is the same contact, and its
    abandonment is taken back."""
    sent_by: AgentId | None = None
    """The agent who sent the caller on from another queue."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """The caller was not let into the queue: neither offered, answered nor abandoned there."""

    call: CallId
    queue: QueueId
    why: TurnedAwayFor
    say: str
    divert_to: str
    measured: int = 0
    """How many stood in line, or the likely wait in seconds; 0 where the reason is no number."""
    limit: int = 0
    """How many may, or how long it may be."""
    holiday_name: NameByLanguage = ()
    """Which holiday it is closed for."""


@dataclass(frozen=True, slots=True)
class Restored:
    """A caller found on Asterisk after a start took the old place; `state` and `agent` say in what."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    state: CallState
    agent: AgentId | None
    since: float
    customer: CustomerKey | None = None
    others: tuple[AgentId, ...] = ()
    """To whom the call is offered besides `agent`."""


@dataclass(frozen=True, slots=True)
class SessionAttached:
    """A session takes this caller's orders (again)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class SessionDetached:
    """Nobody takes this caller's orders: no offer until a session attaches."""

    call: CallId


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The caller hung up while waiting."""

    call: CallId
    queue: QueueId
    waited_s: float


@dataclass(frozen=True, slots=True)
class Diverted:
    """The caller left the queue without an agent and without hanging up."""

    call: CallId
    queue: QueueId
    to: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class StepWidened:
    """The caller's plan reached its next step."""

    call: CallId
    queue: QueueId
    step: int
    step_name: str


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """A decision that found nobody."""

    call: CallId
    queue: QueueId
    decision: Decision


@dataclass(frozen=True, slots=True)
class NobodyThere:
    """Nobody who could serve the caller is signed in and unpaused: the queue's no-agent treatment, once a wait."""

    call: CallId
    queue: QueueId
    say: str
    divert_to: str


@dataclass(frozen=True, slots=True)
class SentOn:
    """The plan's step found nobody, and sends the caller on to the flow step `to`."""

    call: CallId
    queue: QueueId
    to: str


@dataclass(frozen=True, slots=True)
class AskedToLeave:
    """The caller pressed the queue's key for the flow step `to`."""

    call: CallId
    queue: QueueId
    to: str


@dataclass(frozen=True, slots=True)
class PreferenceEnded:
    """The call is open to everybody from now on, not to the preferred `agent` alone."""

    call: CallId
    agent: AgentId
    why: PreferenceEnd
