"""An agent's states and the moves between them: one table, nothing else decides what is legal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.errors import IllegalMove
from acd.names import AgentId, AgentState, CallId, PauseCounts, PhoneId, QueueId, Skills
from acd.plans.plan import AgentProfile

_S = AgentState

MOVES: Mapping[AgentState, frozenset[AgentState]] = {
    # Signing in pauses; the other ways out of SIGNED_OUT are an agent read back after a restart, and a conversation
    # that Asterisk reports: facts are never refused because our own record was lost.
    _S.SIGNED_OUT: frozenset({_S.PAUSED, _S.READY, _S.BUSY_ELSEWHERE, _S.WRAP_UP, _S.NOT_RESPONDING, _S.TALKING}),
    _S.PAUSED: frozenset({_S.PAUSED, _S.READY, _S.BUSY_ELSEWHERE, _S.SIGNED_OUT, _S.TALKING}),
    _S.READY: frozenset({_S.OFFERED, _S.BUSY_ELSEWHERE, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
    _S.OFFERED: frozenset({_S.READY, _S.BUSY_ELSEWHERE, _S.TALKING, _S.PAUSED, _S.SIGNED_OUT, _S.NOT_RESPONDING}),
    _S.TALKING: frozenset({_S.ON_HOLD, _S.WRAP_UP, _S.READY, _S.BUSY_ELSEWHERE, _S.PAUSED, _S.SIGNED_OUT}),
    _S.ON_HOLD: frozenset({_S.TALKING, _S.WRAP_UP, _S.READY, _S.BUSY_ELSEWHERE, _S.PAUSED, _S.SIGNED_OUT}),
    _S.WRAP_UP: frozenset({_S.READY, _S.BUSY_ELSEWHERE, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
    _S.NOT_RESPONDING: frozenset({_S.READY, _S.BUSY_ELSEWHERE, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
    _S.BUSY_ELSEWHERE: frozenset({_S.BUSY_ELSEWHERE, _S.READY, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
}

IN_CONVERSATION = frozenset({_S.TALKING, _S.ON_HOLD})
ON_CALLS = frozenset({_S.OFFERED, *IN_CONVERSATION, _S.WRAP_UP})
"""States that count as time spent on calls."""
PRESENT = frozenset({_S.READY, _S.BUSY_ELSEWHERE, *ON_CALLS})
"""States in which an agent will sooner or later take a call without anybody doing anything."""


@dataclass(slots=True)
class Wish:
    """What becomes of an agent when the present conversation and its wrap-up are over."""

    state: AgentState
    reason: str
    who: str


@dataclass(slots=True)
class Agent:
    """An agent on the floor. Only `floor.evolve` writes here."""

    id: AgentId
    profile: AgentProfile
    skills: Skills
    orders: dict[QueueId, int] = field(default_factory=dict)
    """The queues served, each with the agent's own order of it; callers of a lower order go first."""
    facts: dict[str, dict[str, object]] = field(default_factory=dict)
    """What needs see: `skill` and `agent`."""
    state: AgentState = AgentState.SIGNED_OUT
    phone: PhoneId | None = None
    reason: str = ""
    counts_as: PauseCounts | None = None
    """Of a pause."""
    since: float = 0.0
    until: float | None = None
    idle_since: float = 0.0
    """Since when the agent waits for a call; an offer that came to nothing by no fault of theirs does not reset it."""
    call: CallId | None = None
    wish: Wish | None = None
    answered: int = 0
    """Calls since signing in."""
    busy_s: float = 0.0
    """Seconds spent on calls (ringing, talking, on hold, wrapping up) and in pauses that count as work, since signing in."""
    available_s: float = 0.0
    """Seconds spent ready since signing in."""
    last_offer: int = 0
    """The number of the floor's offer that was this agent's last."""
    draws: int = 0
    """How often the agent became ready since signing in: each time draws a new lot."""


def facts_of(profile: AgentProfile, skills: Skills) -> dict[str, dict[str, object]]:
    """What needs see of an agent."""
    return {"skill": dict(skills), "agent": {"id": profile.agent, "name": profile.name}}


def check_move(agent: AgentId, before: AgentState, after: AgentState) -> None:
    """Raise IllegalMove unless the table allows the move."""
    if after not in MOVES[before]:
        allowed = ", ".join(sorted(MOVES[before]))
        raise IllegalMove(
            f"agent {agent} is {before} and cannot become {after}; from {before} one can become: {allowed}"
        )
