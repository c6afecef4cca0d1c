"""The last decisions about each call, kept a while after it ended: why it was offered to whom, or to nobody."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeVar

from acd.decision import Decision
from acd.events import Offered, Stamped, StillWaiting, TurnedAway
from acd.names import CallId

_Kept = TypeVar("_Kept")

CALLS_KEPT = 2000
"""Calls whose decisions are remembered; beyond them the calls heard of longest ago are forgotten."""
KEPT_A_CALL = 50
"""Decisions remembered of one call; the newest are kept."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was made. `at` is in the engine's time."""

    at: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class NotLetIn:
    """A queue's refusal to let a caller in. `at` is in the engine's time."""

    at: float
    event: TurnedAway


class Decisions:
    """A sink of the feed that remembers."""

    name = "decisions"

    def __init__(self) -> None:
        self._calls: dict[CallId, deque[Decided]] = {}
        self._not_let_in: dict[CallId, deque[NotLetIn]] = {}

    def take(self, stamped: Stamped) -> None:
        """Remember an event's decision."""
        event = stamped.event
        match event:
            case Offered() | StillWaiting():
                _remember(self._calls, event.call, Decided(stamped.at, event.decision))
            case TurnedAway():
                _remember(self._not_let_in, event.call, NotLetIn(stamped.at, event))
            case _:
                pass

    def resume(self) -> None:
        """Missed decisions are not made up for."""

    def of(self, call: CallId) -> list[Decided] | None:
        """The call's decisions, newest first; None where nothing is known of it."""
        kept = self._calls.get(call)
        return None if kept is None else list(reversed(kept))

    def not_let_in(self, call: CallId) -> list[NotLetIn]:
        """The queues that did not let the caller in, newest first."""
        return list(reversed(self._not_let_in.get(call, ())))


def _remember(calls: dict[CallId, deque[_Kept]], call: CallId, what: _Kept) -> None:
    kept = calls.pop(call, None) or deque(maxlen=KEPT_A_CALL)
    kept.append(what)
    calls[call] = kept
    if len(calls) > CALLS_KEPT:
        del calls[next(iter(calls))]
