"""Conversations begin, end, are taken over, held and resumed."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, CallId, EndedBy, Side


@dataclass(frozen=True, slots=True)
class ConversationStarted:
    """The agent picked up, heard and accepted where they were asked, and was joined to the caller (AMI DialEnd ANSWER)."""

    call: CallId
    agent: AgentId


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """The conversation is over (AMI: one of its two channels hung up)."""

    call: CallId
    agent: AgentId
    by: EndedBy


@dataclass(frozen=True, slots=True)
class ConversationTakenOver:
    """An agent has handed their caller over to whom they had called meanwhile (attended transfer)."""

    call: CallId
    before: AgentId
    agent: AgentId | None
    """Who talks with the caller now; None: nobody who is signed in."""


@dataclass(frozen=True, slots=True)
class CallHeld:
    """One of two who talk put the other on hold (AMI Hold of their channel)."""

    call: CallId
    by: Side


@dataclass(frozen=True, slots=True)
class CallResumed:
    """Who had put the other on hold took them back (AMI Unhold of their channel)."""

    call: CallId
    by: Side
