"""How callers pass a flow's steps, told for reports: which, how long each took, and how it was left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acd.facts import StepPassed
from acd.names import CallId
from ivr.flows.flow import Flow, Passed
from ivr.state import State

HUNG_UP, ENDED, TO_QUEUE, TO_FLOW = "hung_up", "ended", "to_queue", "to_flow"
"""How a step is left that the caller does not leave by one of its ways."""


class Passage:
    """One caller's way. Steps without a label are passed over in silence; `now` gives seconds."""

    def __init__(self, call: CallId, now: Callable[[], float], tell: Callable[[StepPassed], None]) -> None:
        self._call, self._now, self._tell = call, now, tell
        self._at: tuple[Flow, str] | None = None
        """The flow and step where something is done with the caller; None: they were handed on from there."""
        self._since: dict[str, float] = {}
        """By the name of a flow that the caller is in, since when they are at its step: flows that wait are at theirs."""

    def went(self, flow: Flow, state: State, passed: Sequence[Passed]) -> None:
        """The caller went these ways, and is where the state says."""
        now = self._now()
        for one in passed:
            inner = flow if one.flow == flow.name else flow.called[one.flow]
            self._left(inner, one.step, one.way, now)
            self._since[one.flow] = now
        here = flow.at(state)
        if self._at is None or self._at[0].name != here.name:
            self._since[here.name] = now
        self._at = here, state.step

    def ends(self, outcome: str) -> None:
        """The caller leaves the step where they are, and by none of its ways."""
        if self._at is not None:
            self._left(*self._at, outcome, self._now())
        self._at, self._since = None, {}

    def _left(self, flow: Flow, step: str, outcome: str, now: float) -> None:
        if label := flow.labels.get(step):
            spent_s = round(now - self._since.get(flow.name, now), 3)
            self._tell(StepPassed(self._call, flow.name, step, label, outcome, spent_s))
