"""When a calendar is open: weekly hours, holidays, make-up working days (调休), days with hours of their own.

Pure: `now` is passed in, with its time zone. A span belongs to the day it begins in, and what begins on a working day runs to
its end even where the next day is a holiday. Hours are those on the wall clock of the calendar's own zone, also on the days
when that is set; a time that comes twice opens at the first and closes at the second, and one that is left out is as much later
as is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from acd.names import AgentId, Opening

DAY_MIN = 24 * 60
LOOKS_AHEAD_DAYS = 400
"""How far the next opening is looked for: over a year, so that a seasonal calendar finds its next."""

Names = Mapping[str, str]
"""A day's name by language tag: `zh-CN`, `en`."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Open from one minute of the day to another; a span over midnight ends after minute 1,440."""

    opens_min: int
    closes_min: int


Week = tuple[tuple[Span, ...], ...]
"""The spans of each weekday, Monday first."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which nothing opens."""

    name: Names


@dataclass(frozen=True, slots=True)
class MakeUpDay:
    """A day that works like another weekday (0 Monday): a Saturday that makes up for a bridged Friday."""

    like: int


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day with hours of its own."""

    name: Names
    spans: tuple[Span, ...]


Day = Holiday | MakeUpDay | SpecialDay


@dataclass(frozen=True, slots=True)
class Standing:
    """How a calendar stands at a moment."""

    opening: Opening
    name: Names = field(default_factory=dict)
    """Of the holiday, where it is one."""
    opens_at: datetime | None = None
    """When it opens next by the calendar, where it is not open and that is within `LOOKS_AHEAD_DAYS`."""
    until: datetime | None = None
    """Until when this holds by the calendar; None: as far as was looked."""
    reason: str = ""
    """What was said when the emergency switch was thrown."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar. `days` are those that are not as their weekday."""

    name: str
    zone: ZoneInfo
    week: Week
    days: Mapping[date, Day] = field(default_factory=dict)
    code: str = ""
    """What phones dial for its emergency switch; empty: no phone throws it."""
    switched_by: frozenset[AgentId] = frozenset()
    """Whose phone may throw it."""

    def at(self, now: datetime) -> Standing:
        """How it stands at this moment (aware, in any zone)."""
        today = now.astimezone(self.zone).date()
        for begins, ends in self._openings(today - timedelta(days=1), days=2):
            if begins <= now < ends:
                return Standing(Opening.OPEN, until=self._open_until(today, ends))
        opens_at = next((begins for begins, _ in self._openings(today, LOOKS_AHEAD_DAYS) if begins > now), None)
        day = self.days.get(today)
        midnight = self._moment(today + timedelta(days=1), 0)
        until = midnight if opens_at is None else min(opens_at, midnight)
        if isinstance(day, Holiday):
            return Standing(Opening.HOLIDAY, day.name, opens_at, until)
        return Standing(Opening.CLOSED, {}, opens_at, until)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """What begins on this day."""
        match self.days.get(day):
            case Holiday():
                return ()
            case MakeUpDay(like):
                return self.week[like]
            case SpecialDay(_, spans):
                return spans
            case None:
                return self.week[day.weekday()]

    def _open_until(self, today: date, ends: datetime) -> datetime:
        """The end of this opening; what begins where it ends (at midnight, mostly) goes on with it."""
        for following, its_end in self._openings(today, days=8):
            if following <= ends < its_end:
                ends = its_end
        return ends

    def _openings(self, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Each opening that begins on one of these days, in order, as moments in UTC."""
        for number in range(days):
            day = first + timedelta(days=number)
            for span in self.spans_on(day):
                closes = max(self._moment(day, span.closes_min, fold) for fold in (0, 1))
                yield self._moment(day, span.opens_min), closes

    def _moment(self, day: date, minute: int, fold: int = 0) -> datetime:
        """A minute of a day as a moment. In UTC: times of one zone would be compared by their wall clock alone."""
        over, minute = divmod(minute, DAY_MIN)
        at = time(minute // 60, minute % 60, fold=fold)
        return datetime.combine(day + timedelta(days=over), at, self.zone).astimezone(UTC)
