"""The last decisions about each call, kept a while after it ended: why it was offered to whom, or to nobody."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from acd.decision import Decision
from acd.events import Offered, Stamped, StillWaiting
from acd.names import CallId

CALLS_KEPT = 2000
"""Calls whose decisions are remembered; beyond them the calls heard of longest ago are forgotten."""
KEPT_A_CALL = 50
"""Decisions remembered of one call; the newest are kept."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was made. `at` is in the engine's time."""

    at: float
    decision: Decision


class Decisions:
    """A sink of the feed that remembers."""

    name = "decisions"

    def __init__(self) -> None:
        self._calls: dict[CallId, deque[Decided]] = {}

    def take(self, stamped: Stamped) -> None:
        """Remember an event's decision."""
        event = stamped.event
        if not isinstance(event, Offered | StillWaiting):
            return
        kept = self._calls.pop(event.call, None) or deque(maxlen=KEPT_A_CALL)
        kept.append(Decided(stamped.at, event.decision))
        self._calls[event.call] = kept
        if len(self._calls) > CALLS_KEPT:
            del self._calls[next(iter(self._calls))]

    def resume(self) -> None:
        """Missed decisions are not made up for."""

    def of(self, call: CallId) -> list[Decided] | None:
        """The call's decisions, newest first; None where nothing is known of it."""
        kept = self._calls.get(call)
        return None if kept is None else list(reversed(kept))
