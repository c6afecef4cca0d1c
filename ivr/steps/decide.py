"""`do: decide`: go where what is known of the call leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from acd.expressions import Expression
from ivr.state import State
from ivr.steps.form import Form, Kind, Name, Reference, StepForm, Way
from ivr.steps.step import Go, Step


@dataclass(frozen=True, slots=True)
class Decide(Step):
    """Go to the first step whose condition holds; conditions see variables as `call.NAME`."""

    cases: tuple[tuple[Expression, str], ...]
    otherwise: str

    def enter(self, state: State) -> Go:
        """Go where the first case that holds leads."""
        facts = {"call": dict(state.variables)}
        for number, (condition, then) in enumerate(self.cases, start=1):
            if condition.holds(facts):
                return Go(_word(number), then)
        return Go("otherwise", self.otherwise)


def _word(number: int) -> str:
    return f"case_{number}"


class CaseForm(Form):
    """One case of a decision."""

    when: str
    then: Name


class DecideForm(StepForm):
    """`do: decide`; the first case that holds is taken."""

    do: Literal["decide"]
    cases: Annotated[list[CaseForm], Field(min_length=1)]
    otherwise: Name

    def step(self) -> Decide:
        """Return the step it stands for."""
        return Decide(tuple((Expression(case.when), case.then) for case in self.cases), self.otherwise)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        for i, case in enumerate(self.cases):
            yield Way(_word(i + 1), case.then, ("cases", i, "then"))
        yield from self.named_ways("otherwise")

    def references(self) -> Iterator[Reference]:
        """Yield the conditions."""
        return (Reference(Kind.CONDITION, case.when, ("cases", i, "when")) for i, case in enumerate(self.cases))
