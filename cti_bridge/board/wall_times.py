"""Engine times as Unix seconds that stay what they were: the difference of the two clocks is read seldom, not every time.

Two readings of two clocks never differ by quite the same amount, so a time mapped anew would be another figure each time.
"""

from __future__ import annotations

from acd.desk import Desk

TOLERANCE_S = 0.05
"""How far the system clock may drift from the engine's before the difference is taken anew."""
DIGITS = 3
"""Milliseconds."""


class WallTimes:
    """Maps the engine's times to Unix seconds."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._difference = desk.wall(0.0)

    def of(self, at: float) -> float:
        """Unix seconds of an engine time, to the millisecond."""
        return round(at + self._difference, DIGITS)

    def now(self) -> float:
        """The present, in Unix seconds."""
        return self.of(self._desk.now())

    def refresh(self) -> bool:
        """Take the difference anew where the system clock was set or has drifted; say whether every time is another now."""
        difference = self._desk.wall(0.0)
        if abs(difference - self._difference) <= TOLERANCE_S:
            return False
        self._difference = difference
        return True
