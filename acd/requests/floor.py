"""The floor as a whole: its configuration, what Asterisk tells of everybody, a standstill, and facts that move nobody."""

from __future__ import annotations

from dataclasses import dataclass

from acd.facts import Fact
from acd.names import AgentId, Attributes, CallId, CallState, CustomerKey, NodeId, PhoneId, QueueId, Side
from acd.plans.plan import AgentProfile, QueuePlan


@dataclass(frozen=True, slots=True)
class StoodStill:
    """The service stood still and goes on: callers may have been taken out of their sessions, and are handed in again."""


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A caller's channel found on Asterisk, with what its ticket says."""

    call: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    state: CallState
    """WAITING, OFFERED (the agent's phone is ringing) or TALKING."""
    agent: AgentId | None
    since: float
    phone: PhoneId | None = None
    """The phone that rings or talks."""
    customer: CustomerKey | None = None
    holders: tuple[Side, ...] = ()
    """Who of two who talk has put the other on hold."""
    others: tuple[AgentId, ...] = ()
    """Whose phones ring for this caller besides the agent's."""


@dataclass(frozen=True, slots=True)
class SeenCallback:
    """An agent's channel found on Asterisk that carries out a callback."""

    call: CallId
    phone: PhoneId
    state: CallState
    """OFFERED (the agent's phone rings), DIALLING (the customer's does) or TALKING."""


@dataclass(frozen=True, slots=True)
class WorldSeen:
    """All of one node's callers with a place in line, rebuilt after an AMI login. What the floor knows beyond it is over."""

    node: NodeId
    calls: tuple[SeenCall, ...]
    phones_in_use: tuple[PhoneId, ...] = ()
    """Phones that are used for something else than these calls, through whichever node; all others are free."""
    callbacks: tuple[SeenCallback, ...] = ()


@dataclass(frozen=True, slots=True)
class Configured:
    """All queues and agents, at start and after a reload; waiting callers continue under the new plans."""

    queues: tuple[QueuePlan, ...]
    agents: tuple[AgentProfile, ...]
    work_reasons: tuple[str, ...] = ()
    """Reasons for pauses that count as work; all others are absence."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A session did something that moves nobody on the floor: tell it on the feed."""

    fact: Fact
