"""Which steps of a flow its tests came to, and which ways out of them they took."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ivr.flows.flow import Passed
from ivr.flows.form import FlowForm
from ivr.rehearsal.walk import FAX_TONE

ANY = "*"
"""Where a fax machine's tone leads away from: any step."""


@dataclass(slots=True)
class Coverage:
    """What was taken of one flow, gathered test by test."""

    form: FlowForm
    steps: set[str] = field(default_factory=set)
    ways: set[tuple[str, str]] = field(default_factory=set)

    def note(self, passed: Iterable[Passed]) -> None:
        """Add what one caller passed."""
        self.steps.add(self.form.start)
        for one in passed:
            self.steps |= {one.step, one.to}
            self.ways.add((ANY, FAX_TONE) if one.way == FAX_TONE else (one.step, self._word(one)))

    def all_ways(self) -> list[tuple[str, str]]:
        """Return every way of the flow, in the file's order; that of a fax machine's tone first."""
        ways = [(step, way.word) for step, form in self.form.steps.items() for way in form.ways()]
        return ways if self.form.fax is None else [(ANY, FAX_TONE), *ways]

    def steps_missed(self) -> list[str]:
        """Return the steps that no test came to."""
        return [step for step in self.form.steps if step not in self.steps]

    def ways_missed(self) -> list[tuple[str, str]]:
        """Return the ways that no test took."""
        return [way for way in self.all_ways() if way not in self.ways]

    def _word(self, passed: Passed) -> str:
        """A way that the file leaves out (`holiday`, where `closed` serves it) counts as the one that it names for it."""
        ways = list(self.form.steps[passed.step].ways())
        if any(way.word == passed.way for way in ways):
            return passed.way
        return next((way.word for way in ways if way.to == passed.to), passed.way)
