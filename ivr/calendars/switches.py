"""The site's calendars at this moment, each with its emergency switch: closed or open by hand, whatever the hours say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from acd.names import Opening
from ivr.calendars.hours import Calendar, Standing


class Position(StrEnum):
    """How an emergency switch stands."""

    BY_HOURS = "by_hours"
    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Switch:
    """An emergency switch as somebody left it. `since` is in Unix seconds."""

    position: Position
    reason: str = ""
    who: str = ""
    since: float = 0.0


UNTOUCHED = Switch(Position.BY_HOURS)


class Calendars:
    """All calendars, by name: `known` are those of now, `wall` the present in Unix seconds.

    `changed` hears of a switch that was thrown.
    """

    def __init__(self, known: Callable[[], Mapping[str, Calendar]], wall: Callable[[], float]) -> None:
        self.changed: Callable[[str], None] = _nobody
        self._known = known
        self._wall = wall
        self._switches: dict[str, Switch] = {}
        self._by_hours: dict[str, tuple[Calendar, int, Standing]] = {}

    def standing(self, name: str) -> Standing:
        """How the calendar stands now, its switch heeded. Raises KeyError where there is none of this name."""
        by_hours, switch = self._standing_by_hours(name), self.switch(name)
        match switch.position:
            case Position.BY_HOURS:
                return by_hours
            case Position.CLOSED:
                return replace(by_hours, opening=Opening.EMERGENCY, opens_at=None, until=None, reason=switch.reason)
            case Position.OPEN:
                return Standing(Opening.OPEN, reason=switch.reason)

    def switch(self, name: str) -> Switch:
        """The calendar's emergency switch."""
        return self._switches.get(name, UNTOUCHED)

    def throw(self, name: str, position: Position, reason: str, who: str) -> Switch:
        """Put the switch into this position. Raises KeyError where there is no such calendar; then nothing changed."""
        thrown = Switch(position, reason, who, self._wall())
        self.restore(name, thrown)
        self.changed(name)
        return thrown

    def restore(self, name: str, switch: Switch) -> None:
        """Put the switch as it was left before the service stopped. Raises KeyError."""
        self._switches[self._known()[name].name] = switch

    def _standing_by_hours(self, name: str) -> Standing:
        calendar, second = self._known()[name], int(self._wall())
        found = self._by_hours.get(name)
        # Hours change on whole minutes, so within a second nothing does, unless another calendar was loaded.
        if found is None or found[0] is not calendar or found[1] != second:
            found = (calendar, second, calendar.at(datetime.fromtimestamp(second, UTC)))
            self._by_hours[name] = found
        return found[2]


def _nobody(_name: str) -> None:
    """Nobody listens yet."""
