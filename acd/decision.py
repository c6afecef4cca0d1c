"""The record of a decision: why a call was offered to whom, or to nobody."""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import AgentId, Verdict

CANDIDATES_KEPT = 8
"""How many candidates a decision's record lists."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agent as a decision saw them. `changes_at` is when the verdict may change by itself, where that is known."""

    agent: AgentId
    verdict: Verdict
    changes_at: float | None = None
    reason: str = ""
    """The pause reason, where the verdict is PAUSED."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Why a call was offered to whom, or to nobody: what the board, the record and `switchboard explain` all print."""

    step: int
    step_name: str
    need: str
    """The need in force, as CEL text; empty where the step asks for none."""
    candidates: tuple[Candidate, ...]
    """The queue's agents, best first; at most `CANDIDATES_KEPT` of them."""
    others: tuple[tuple[Verdict, int], ...] = ()
    """How many agents more there are of each verdict than `candidates` names."""
    next_change_at: float | None = None
    """When the next change by time alone may come (a step widens, a wrap-up ends); None where only people can change it."""
    held_until: float | None = None
    """Routing waits for callers to be re-adopted after a start, at the longest until then."""

    prefer: AgentId | None = None
    """The call is kept for this agent alone."""

    @property
    def left_out(self) -> int:
        """How many agents more were looked at than `candidates` names."""
        return sum(count for _, count in self.others)

    @property
    def chosen(self) -> AgentId | None:
        """The agent it was offered to, if any."""
        return next((c.agent for c in self.candidates if c.verdict is Verdict.CHOSEN), None)
