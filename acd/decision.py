"""The record of a decision: why a call was offered to whom, or to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, AgentState, Hindrance, Verdict

CANDIDATES_KEPT = 8
"""How many candidates a decision's record lists."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agent as a decision saw them."""

    agent: AgentId
    verdict: Verdict
    changes_at: float | None = None
    """When the verdict may change by itself, where that is known."""
    reason: str = ""
    """Of the agent's state: why paused or not responding, how a wrap-up ends."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a call was offered to whom, or to nobody: what the board, the record and `switchboard explain` all print."""

    step: int
    step_name: str
    need: str
    """The need in force, as CEL text; empty where the step asks for none."""
    candidates: tuple[Candidate, ...]
    """The queue's agents, best first: all who were chosen, and at most `CANDIDATES_KEPT` where they are fewer."""
    members: int = 0
    """How many agents the queue has."""
    able: tuple[int, ...] = ()
    """How many of them satisfy the need, by state in the order of `AgentState`."""
    next_change_at: float | None = None
    """When the next change by time alone may come (a step widens, a wrap-up ends); None where only people can change it."""
    held_until: float | None = None
    """Routing waits for callers to be re-adopted after a start, at the longest until then."""
    prefer: AgentId | None = None
    """The call is kept for this agent alone."""
    prefer_until: float | None = None
    """Until then."""
    unmet: tuple[str, ...] | None = None
    """Which parts of the need no agent of the queue meets, none where only all at once is met by nobody; None where somebody
    could serve the caller, or it was not asked."""
    hindrance: Hindrance | None = None
    """What keeps the call from being offered to anybody; None: nothing does, or it was not asked."""

    @property
    def others(self) -> tuple[tuple[Verdict, int], ...]:
        """How many agents more there are of each verdict than `candidates` names."""
        counts = {_BY_STATE[state]: count for state, count in zip(AgentState, self.able, strict=False)}
        counts[Verdict.LACKS_SKILL] = self.members - sum(self.able)
        for candidate in self.candidates:
            as_counted = Verdict.RANKED_LOWER if candidate.verdict in _COUNTED_READY else candidate.verdict
            counts[as_counted] = counts.get(as_counted, 0) - 1
        return tuple((verdict, count) for verdict in Verdict if (count := counts.get(verdict, 0)) > 0)

    @property
    def left_out(self) -> int:
        """How many agents more were looked at than `candidates` names."""
        return max(0, self.members - len(self.candidates))

    @property
    def chosen(self) -> tuple[AgentId, ...]:
        """The agents it was offered to, the best first; none where nobody was found."""
        return tuple(c.agent for c in self.candidates if c.verdict is Verdict.CHOSEN)


def verdict_on(state: AgentState) -> Verdict:
    """What a decision says of an agent who satisfies the need and is in this state."""
    return _BY_STATE[state]


_BY_STATE = {
    AgentState.SIGNED_OUT: Verdict.SIGNED_OUT,
    AgentState.READY: Verdict.RANKED_LOWER,
    AgentState.OFFERED: Verdict.OFFERED,
    AgentState.TALKING: Verdict.TALKING,
    AgentState.ON_HOLD: Verdict.ON_HOLD,
    AgentState.WRAP_UP: Verdict.WRAP_UP,
    AgentState.PAUSED: Verdict.PAUSED,
    AgentState.NOT_RESPONDING: Verdict.NOT_RESPONDING,
    AgentState.BUSY_ELSEWHERE: Verdict.BUSY_ELSEWHERE,
}
_COUNTED_READY = (Verdict.CHOSEN, Verdict.TRIED_BEFORE, Verdict.KEPT)
"""Verdicts on agents who are ready, besides RANKED_LOWER."""
