"""`do: hours`: go where a calendar says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from acd.names import Opening
from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.steps.talk import CameOf, Do, DoLookUpHours, Stands


@dataclass(frozen=True, slots=True)
class Hours(Step):
    """Go where a calendar says: open, closed, on a holiday, closed by hand."""

    calendar: str
    ways: Mapping[Opening, str]
    """A step for each opening."""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Ask how the calendar stands."""
        return DoLookUpHours(self.calendar)

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go where it says."""
        return Go(heard.opening.value, self.ways[heard.opening]) if isinstance(heard, Stands) else None


class HoursForm(StepForm):
    """`do: hours`. Where `holiday` or `emergency` is not given, it leads where `closed` does."""

    do: Literal["hours"]
    calendar: str
    open: Name
    closed: Name
    holiday: Name | None = None
    emergency: Name | None = None

    def step(self) -> Hours:
        """Return the step it stands for."""
        ways = {
            Opening.OPEN: self.open,
            Opening.CLOSED: self.closed,
            Opening.HOLIDAY: self.holiday or self.closed,
            Opening.EMERGENCY: self.emergency or self.closed,
        }
        return Hours(self.calendar, ways)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("open", "closed", "holiday", "emergency")

    def references(self) -> Iterator[Reference]:
        """Yield the calendar."""
        yield Reference(Kind.CALENDAR, self.calendar, ("calendar",))
