"""What callers' sessions did that moves nobody on the floor: told so that it is on the feed, and everybody hears of it.

No fact holds a telephone number; of one that was dialled the last two digits are told at the most.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, CallId, DialDoor, DialRule, HandedTo, HandOverEnd, MessageKind, QueueId


@dataclass(frozen=True, slots=True)
class NumberDialled:
    """A number outside was let through, and is dialled."""

    call: CallId
    door: DialDoor
    allowed_by: str
    """The list that names the number."""
    ends_in: str
    """Its last two digits."""
    agent: AgentId | None = None
    """The agent who asked for it."""


@dataclass(frozen=True, slots=True)
class DialRefused:
    """A number outside was asked for, and is not dialled."""

    call: CallId
    door: DialDoor
    rule: DialRule
    """The one that forbids it."""
    ends_in: str
    """Its last two digits; empty where it has none."""
    agent: AgentId | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A caller was handed on, by a flow or by an agent, and this came of it."""

    call: CallId
    to: HandedTo
    end: HandOverEnd
    flow: str
    """The flow that the caller was in."""
    agent: AgentId | None = None
    """The agent who sent the caller on, or to whom the flow did."""


@dataclass(frozen=True, slots=True)
class FarEndAnswered:
    """Somebody picked up to whom a caller was handed on: Asterisk's word, whatever became of the caller's session."""

    call: CallId


@dataclass(frozen=True, slots=True)
class FarEndGone:
    """The conversation with somebody to whom a caller was handed on is over."""

    call: CallId


@dataclass(frozen=True, slots=True)
class StepPassed:
    """A caller left a step of a flow that reports are made of."""

    call: CallId
    flow: str
    step: str
    label: str
    """What the step is called in reports."""
    outcome: str
    """The way taken (`1`, `no_input`, `then`), or `hung_up`, `ended`, `to_queue`, `to_flow`."""
    spent_s: float
    """How long the caller was at the step; since they were handed in again, where the service died meanwhile."""


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """Somebody said something to nobody, and it is a recording now: a message, or a comment after a talk."""

    call: CallId
    recording: str
    kind: MessageKind
    flow: str
    queue: QueueId | None
    agent: AgentId | None
    """For whom it is, or about whom."""
    seconds: float


@dataclass(frozen=True, slots=True)
class FaxReceived:
    """A caller's machine sent a fax, and it is kept."""

    call: CallId
    fax: str
    """Its id."""
    flow: str
    queue: QueueId | None
    agent: AgentId | None
    """For whom it is."""
    pages: int


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """A caller answered a question after their talk, or let it pass."""

    call: CallId
    flow: str
    question: str
    answer: int | None
    """0 to 9; None: no answer that counts."""
    queue: QueueId | None
    agent: AgentId | None
    """With whom they had talked; None where nobody saw it, or they had not."""


Fact = (
    StepPassed
    | MessageLeft
    | FaxReceived
    | SurveyAnswered
    | NumberDialled
    | DialRefused
    | HandedOver
    | FarEndAnswered
    | FarEndGone
)
