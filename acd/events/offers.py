"""A caller and the agents they are offered to: from the first ring to the end of the conversation."""

from __future__ import annotations

from dataclasses import dataclass

from acd.decision import Decision
from acd.names import AgentId, CallId, EndedBy, OfferFailure, PhoneId, QueueId, Side


@dataclass(frozen=True, slots=True)
class Rung:
    """An agent's phone that rings."""

    agent: AgentId
    phone: PhoneId


@dataclass(frozen=True, slots=True)
class Offered:
    """The call is offered to the agent: ring `phone` for `ring_s` seconds, and those of `others` with it."""

    call: CallId
    agent: AgentId
    phone: PhoneId
    queue: QueueId
    ring_s: float
    decision: Decision
    others: tuple[Rung, ...] = ()
    """To whom the call is offered at the same time; the first to answer has it."""

    @property
    def agents(self) -> tuple[AgentId, ...]:
        """All to whom the call is offered, the best first."""
        return (self.agent, *(other.agent for other in self.others))

    @property
    def phones(self) -> tuple[PhoneId, ...]:
        """All phones to be rung."""
        return (self.phone, *(other.phone for other in self.others))


@dataclass(frozen=True, slots=True)
class OfferWithdrawn:
    """The offer to this agent came to nothing; the caller keeps their place, and any other agents it was made to theirs."""

    call: CallId
    agent: AgentId
    queue: QueueId
    why: OfferFailure


@dataclass(frozen=True, slots=True)
class CallerReturned:
    """The session of a caller whose offer was withdrawn is back from the dial."""

    call: CallId


@dataclass(frozen=True, slots=True)
class Connected:
    """Caller and agent talk."""

    call: CallId
    agent: AgentId
    queue: QueueId
    waited_s: float


@dataclass(frozen=True, slots=True)
class PutOnHold:
    """One of the two who talk put the other on hold."""

    call: CallId
    agent: AgentId
    queue: QueueId
    by: Side


@dataclass(frozen=True, slots=True)
class TakenOffHold:
    """Who had put the other on hold took them back."""

    call: CallId
    agent: AgentId
    queue: QueueId
    by: Side


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Another agent goes on with the conversation: who talked before had called them, and handed the caller over."""

    call: CallId
    agent: AgentId
    """Who talks with the caller now."""
    queue: QueueId
    before: AgentId
    """Who handed the caller over; they wrap up."""
    talked_s: float
    """How long these two had talked, hold included."""
    held_s: float = 0.0
    """How much of it one side had the other on hold."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The conversation is over."""

    call: CallId
    agent: AgentId
    queue: QueueId
    talked_s: float
    """From the answer on, hold included."""
    by: EndedBy
    held_s: float = 0.0
    """How much of it one side had the other on hold."""
