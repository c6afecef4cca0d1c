"""Decisions as the API shows them: who was considered, and what may change when."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, Field

from acd.names import Verdict
from cti_bridge.decisions import Decided
from cti_bridge.views import Texts, View


class CandidateView(View):
    """One agent as a decision saw them."""

    agent: str
    verdict: Verdict
    changes_at: float | None = Field(description="When the verdict may change by itself")
    reason: str


class DecisionView(View):
    """Why a call was offered to whom, or to nobody."""

    at: float
    step: int
    step_name: str
    need: str = Field(description="The need in force, as CEL text; empty where the step asks for none")
    chosen: str | None
    candidates: list[CandidateView]
    left_out: int = Field(description="How many agents more were looked at")
    next_change_at: float | None = Field(description="When time alone may change the outcome")
    held_until: float | None
    in_words: Texts


class DecisionsPage(BaseModel):
    """What is known of a call's decisions, newest first."""

    call: str
    now: DecisionView | None = Field(description="How the call stands now; null where it does not wait")
    items: list[DecisionView]


def decision_view(decided: Decided, wall: Callable[[float], float], in_words: Texts) -> DecisionView:
    """A decision with its times in Unix seconds, by `wall`, and told in words."""
    decision = decided.decision

    def when(at: float | None) -> float | None:
        return None if at is None else wall(at)

    candidates = [
        CandidateView(agent=each.agent, verdict=each.verdict, changes_at=when(each.changes_at), reason=each.reason)
        for each in decision.candidates
    ]
    return DecisionView(
        at=wall(decided.at),
        step=decision.step,
        step_name=decision.step_name,
        need=decision.need,
        chosen=decision.chosen,
        candidates=candidates,
        left_out=decision.left_out,
        next_change_at=when(decision.next_change_at),
        held_until=when(decision.held_until),
        in_words=in_words,
    )
