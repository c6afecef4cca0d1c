"""What the engine wants to be woken for. Entries are never removed when they become void; whoever is woken looks again."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why the engine wants to be woken."""

    STEP = "step"
    OFFER = "offer"
    AGENT = "agent"
    """An agent's state ends by itself."""
    RETRY = "retry"
    PREFER = "prefer"
    EXPECTED = "expected"
    """A caller whose session broke off should be back."""
    HELD = "held"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment at which something ends, and whose."""

    at: float
    reason: Reason
    about: str


class Deadlines:
    """A heap of deadlines; equal times come in the order they were set."""

    __slots__ = ("_heap", "_serial")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Deadline]] = []
        self._serial = 0

    def set(self, at: float, reason: Reason, about: str) -> None:
        """Wake the engine at `at`."""
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, Deadline(at, reason, about)))

    def next_at(self) -> float | None:
        """When the next one is due."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Deadline | None:
        """The earliest that is due, taken out; None when none is."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return None
