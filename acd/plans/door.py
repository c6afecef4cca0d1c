"""Who is let into a queue: its hours, its length, the wait to be expected, and whether anybody is signed in.

The door is for newcomers. Whoever has a place in line keeps it, also when they are handed in again after the queue closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.names import Opening, TurnedAwayFor


@dataclass(frozen=True, slots=True)
class Treatment:
    """What a caller gets who is not let in: a prompt, then the flow step `divert`; empty leaves either out."""

    say: str = ""
    divert: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """A queue's rules for newcomers. None: that is no reason to turn anybody away."""

    hours: str = ""
    """The calendar whose hours hold; empty: always open."""
    closed: Treatment = Treatment()
    holiday: Treatment | None = None
    """By default as `closed`; so is `emergency`."""
    emergency: Treatment | None = None
    none_signed_in: Treatment | None = None
    """Where not one of the queue's agents is signed in, whether paused or ready."""
    full: Treatment | None = None
    most: int = 0
    """How many may stand in line where `full` is given."""
    too_long: Treatment | None = None
    expected_wait_above_s: float = 0.0
    """The longest likely wait with which callers are let in where `too_long` is given."""

    def treatment(self, why: TurnedAwayFor) -> Treatment:
        """What a caller gets who is turned away for this reason."""
        given = {
            TurnedAwayFor.HOLIDAY: self.holiday,
            TurnedAwayFor.EMERGENCY: self.emergency,
            TurnedAwayFor.NONE_SIGNED_IN: self.none_signed_in,
            TurnedAwayFor.FULL: self.full,
            TurnedAwayFor.TOO_LONG: self.too_long,
        }
        return given.get(why) or self.closed


OPEN_DOOR = Door()

CLOSED_FOR = {
    Opening.CLOSED: TurnedAwayFor.CLOSED,
    Opening.HOLIDAY: TurnedAwayFor.HOLIDAY,
    Opening.EMERGENCY: TurnedAwayFor.EMERGENCY,
}
"""Why a caller is turned away where the queue is not open."""
