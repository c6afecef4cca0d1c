"""Decisions as the API shows them: who was considered, and what may change when."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, Field

from acd.explaining.door import why_turned_away
from acd.names import Hindrance, TurnedAwayFor, Verdict
from cti_bridge.board.decisions import Decided, NotLetIn
from cti_bridge.board.views import Texts, View


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
    chosen: str | None = Field(description="To whom the call was offered, of several the best")
    all_chosen: list[str] = Field(description="All to whom the call was offered at once")
    candidates: list[CandidateView]
    left_out: int = Field(description="How many agents more were looked at")
    next_change_at: float | None = Field(description="When time alone may change the outcome")
    held_until: float | None
    unmet: list[str] | None = Field(
        description="Of `now`, where no agent of the queue can serve the caller: the parts of the need that none meets"
    )
    hindrance: Hindrance | None = Field(
        description="Of `now`: what keeps the call from being offered to anybody, whoever is ready"
    )
    in_words: Texts


class TurnedAwayView(View):
    """A queue that did not let the caller in, and why."""

    at: float
    queue: str
    why: TurnedAwayFor
    in_words: Texts


class DecisionsPage(BaseModel):
    """What is known of a call's decisions, newest first."""

    call: str
    now: DecisionView | None = Field(description="How the call stands now; null where it does not wait")
    items: list[DecisionView]
    turned_away: list[TurnedAwayView] = Field(description="Queues that did not let the caller in, newest first")


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
        chosen=next(iter(decision.chosen), None),
        all_chosen=list(decision.chosen),
        candidates=candidates,
        left_out=decision.left_out,
        next_change_at=when(decision.next_change_at),
        held_until=when(decision.held_until),
        unmet=None if decision.unmet is None else list(decision.unmet),
        hindrance=decision.hindrance,
        in_words=in_words,
    )


def turned_away_view(refused: NotLetIn, wall: Callable[[float], float]) -> TurnedAwayView:
    """A refusal to let a caller in, its time in Unix seconds, told in words."""
    event = refused.event
    return TurnedAwayView(at=wall(refused.at), queue=event.queue, why=event.why, in_words=why_turned_away(event))
