"""What happened to agents and their phones."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, AgentState, CallId, PauseCounts, PhoneId, PhoneUse, Skills


@dataclass(frozen=True, slots=True)
class AgentStateChanged:
    """An agent moved. `until` is when the state ends by itself; `call` is the call it is about."""

    agent: AgentId
    before: AgentState
    after: AgentState
    phone: PhoneId | None
    reason: str
    who: str
    since: float
    until: float | None = None
    call: CallId | None = None
    counts_as: PauseCounts | None = None
    """Of a pause: what it counts as from its beginning to its end."""


@dataclass(frozen=True, slots=True)
class AgentWish:
    """A pause or sign-out asked for during a conversation: it takes effect when that ends. `state` READY takes it back."""

    agent: AgentId
    state: AgentState
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class SkillsChanged:
    """The agent's skills from now on."""

    agent: AgentId
    skills: Skills
    who: str


@dataclass(frozen=True, slots=True)
class PhoneUseChanged:
    """The phone came into use for something that is no offer of ours, or is free of it."""

    phone: PhoneId
    use: PhoneUse
