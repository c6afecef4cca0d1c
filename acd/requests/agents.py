"""What agents want, what is assigned to them, and what their phones do."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, AgentState, PhoneId, Skills


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    """`who` is who asked: `agent:1001`, `phone:PJSIP/phone1`, `api`, `system`. A signed-in agent starts paused (`sign_in`)."""

    agent: AgentId
    phone: PhoneId
    who: str


@dataclass(frozen=True, slots=True)
class AgentSignedOut:
    """Ends the shift; during a conversation it takes effect when that ends."""

    agent: AgentId
    who: str


@dataclass(frozen=True, slots=True)
class AgentReady:
    """The agent takes calls; ends a pause, a wrap-up or Not Responding."""

    agent: AgentId
    who: str


@dataclass(frozen=True, slots=True)
class AgentPaused:
    """No more offers; during a conversation or wrap-up it takes effect when that ends. A live offer is withdrawn."""

    agent: AgentId
    reason: str
    who: str


@dataclass(frozen=True, slots=True)
class SkillsAssigned:
    """The agent's skills from now on, effective at once on callers already waiting."""

    agent: AgentId
    skills: Skills
    who: str


@dataclass(frozen=True, slots=True)
class PhoneInUse:
    """The phone is used for something that is no offer of ours (AMI): it is not rung meanwhile."""

    phone: PhoneId


@dataclass(frozen=True, slots=True)
class PhoneFree:
    """What the phone was used for besides our offers is over."""

    phone: PhoneId


@dataclass(frozen=True, slots=True)
class AgentRestored:
    """An agent as they were before the service stopped (read back from Redis). `state` is never one on a call but WRAP_UP."""

    agent: AgentId
    phone: PhoneId
    state: AgentState
    reason: str
    since: float
    until: float | None
    """End of a wrap-up."""
    skills: Skills | None
    """Skills assigned at run time; None where the configured ones hold."""
