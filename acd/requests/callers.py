"""Callers' sessions: they join, are lost, leave; callers hang up and press keys."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, Attributes, CallId, CustomerKey, NameByLanguage, Opening, QueueId


@dataclass(frozen=True, slots=True)
class CallerJoined:
    """A caller's session asks for an agent, for the first time or again after a restart (with the time on its ticket)."""

    call: CallId
    queue: QueueId
    priority: int = 0
    """Higher goes first."""
    need: str = ""
    """The caller's own need from the flow, CEL, in force in every step that does not ignore it."""
    attributes: Attributes = ()
    joined_at: float | None = None
    """When the caller took their place; None means now: a newcomer, for whom the queue's limits and hours hold."""
    prefer: AgentId | None = None
    """Whom the caller is kept for: the last agent they talked with, their account's owner, a named one."""
    prefer_s: float = 0.0
    """For so many seconds of waiting."""
    customer: CustomerKey | None = None
    """Who calls; None where the number is withheld."""
    opening: Opening = Opening.OPEN
    """Whether the queue is open by its calendar: hours are the wall clock's, which the engine does not read."""
    holiday_name: NameByLanguage = ()
    """Which holiday it is closed for."""
    sent_by: AgentId | None = None
    """The agent who sent the caller on from another queue; they are not tried first."""
    expected_wait_s: float | None = None
    """The likely wait, forecast as the caller came, for a queue that turns away where it is too long; None: not known."""


@dataclass(frozen=True, slots=True)
class SessionLost:
    """The session of a caller who is still on the line broke off; the dialplan will hand the caller in again."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The caller's channel ended (AMI Hangup)."""

    call: CallId


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller left the queue for `to` (a flow step, another queue, voicemail) without an agent."""

    call: CallId
    to: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A caller in line pressed a key (AMI DTMFEnd)."""

    call: CallId
    key: str
