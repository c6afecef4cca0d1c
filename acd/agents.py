"""An agent's states and the moves between them: one table, nothing else decides what is legal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.errors import IllegalMove
from acd.messages import AgentId, AgentProfile, AgentState, CallId, PhoneId, Skills

_S = AgentState

MOVES: Mapping[AgentState, frozenset[AgentState]] = {
    # Signing in pauses; the other ways out of SIGNED_OUT are an agent read back after a restart, and a conversation
    # that Asterisk reports: facts are never refused because our own record was lost.
    _S.SIGNED_OUT: frozenset({_S.PAUSED, _S.READY, _S.WRAP_UP, _S.NOT_RESPONDING, _S.TALKING}),
    _S.PAUSED: frozenset({_S.PAUSED, _S.READY, _S.SIGNED_OUT, _S.TALKING}),
    _S.READY: frozenset({_S.OFFERED, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
    _S.OFFERED: frozenset({_S.READY, _S.TALKING, _S.PAUSED, _S.SIGNED_OUT, _S.NOT_RESPONDING}),
    _S.TALKING: frozenset({_S.WRAP_UP, _S.READY, _S.PAUSED, _S.SIGNED_OUT}),
    _S.WRAP_UP: frozenset({_S.READY, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
    _S.NOT_RESPONDING: frozenset({_S.READY, _S.PAUSED, _S.SIGNED_OUT, _S.TALKING}),
}

PRESENT = frozenset({_S.READY, _S.OFFERED, _S.TALKING, _S.WRAP_UP})
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

    profile: AgentProfile
    skills: Skills
    state: AgentState = AgentState.SIGNED_OUT
    phone: PhoneId | None = None
    reason: str = ""
    since: float = 0.0
    until: float | None = None
    idle_since: float = 0.0
    """Since when the agent waits for a call; an offer that came to nothing by no fault of theirs does not reset it."""
    call: CallId | None = None
    wish: Wish | None = None
    answered: int = 0
    facts: dict[str, dict[str, object]] = field(default_factory=dict)
    """What needs see: `skill` and `agent`."""

    @property
    def id(self) -> AgentId:
        """The agent's id."""
        return self.profile.agent


def check_move(agent: AgentId, before: AgentState, after: AgentState) -> None:
    """Raise IllegalMove unless the table allows the move."""
    if after not in MOVES[before]:
        allowed = ", ".join(sorted(MOVES[before]))
        raise IllegalMove(
            f"agent {agent} is {before} and cannot become {after}; from {before} one can become: {allowed}"
        )
