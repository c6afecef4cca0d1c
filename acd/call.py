"""A caller on the floor, from joining a queue to the end of the conversation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from acd.callback import Callback
from acd.line import Place
from acd.names import AgentId, Attributes, CallId, CallState, CustomerKey, QueueId, Side
from acd.skills import Pool


@dataclass(frozen=True, slots=True)
class Dropped:
    """The place of a customer who hung up while waiting: theirs again when they call back before `until`."""

    call: CallId
    joined_at: float
    until: float


@dataclass(slots=True)
class Call:
    """A caller on the floor. Only `floor.evolve` writes here."""

    id: CallId
    queue: QueueId
    priority: int
    need: str
    attributes: Attributes
    joined_at: float
    serial: int
    place: Place
    """The place in the queue's line."""
    customer: CustomerKey | None = None
    """Who calls; None where the number is withheld."""
    prefer: AgentId | None = None
    """The only agent the call is offered to for now."""
    prefer_until: float | None = None
    state: CallState = CallState.WAITING
    since: float = 0.0
    step: int = 0
    pool: Pool | None = None
    """Whoever satisfies the need at the present step; None while talking."""
    agent: AgentId | None = None
    """Who talks with the caller, or to whom they are offered: of several the best."""
    rung: tuple[AgentId, ...] = ()
    """To whom the present offer was made."""
    offered: tuple[AgentId, ...] = ()
    """Those of them to whom it still stands: while the call is OFFERED, at least one."""
    attached: bool = True
    """A session takes this caller's orders; for a callback, whoever carries it out."""
    expected_until: float = -math.inf
    """Until then agents are kept for a caller whose session broke off: the dialplan is about to hand them in again."""
    tried: dict[AgentId, float] = field(default_factory=dict)
    """Agents who are not tried again before the time given."""
    told_nobody: bool = False
    """The no-agent treatment was given."""
    leaving_for: str = ""
    """The flow step the caller asked for by key, as long as they are in line."""
    sent_on: bool = False
    """The caller was told to leave for the step's divert."""

    callback: Callback | None = None
    """What is agreed where this is a callback; None: a caller on the line."""
    talking_since: float = 0.0
    """When the conversation began, where one did."""
    holders: set[Side] = field(default_factory=set)
    """Who of the two who talk has put the other on hold."""
    held_s: float = 0.0
    """Hold that is over, of the present conversation."""

    @property
    def in_conversation(self) -> bool:
        """Whether caller and agent are joined, on hold or not."""
        return self.state in (CallState.TALKING, CallState.ON_HOLD)

    def held_until(self, now: float) -> float:
        """Seconds of the conversation that one side had the other on hold, the present hold included."""
        return self.held_s + (now - self.since if self.state is CallState.ON_HOLD else 0.0)

    @property
    def lost(self) -> bool:
        """Whether a caller on the line waits without a session."""
        return self.state is CallState.WAITING and not self.attached and self.callback is None

    @property
    def matchable(self) -> bool:
        """Whether the caller could be offered to an agent now."""
        return self.state is CallState.WAITING and self.attached
