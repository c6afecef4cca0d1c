"""`do: set`: note something about the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from acd.names import Attributes
from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Variable, Way
from ivr.steps.step import Go, Step

Value = bool | int | float | Annotated[str, Field(max_length=64)]


@dataclass(frozen=True, slots=True)
class SetVariables(Step):
    """Note something about the call."""

    values: Attributes
    then: str

    def enter(self, state: State) -> Go:  # noqa: ARG002 - the same for everybody
        """Go on, knowing it."""
        return Go("then", self.then, dict(self.values))


class SetForm(StepForm):
    """`do: set`."""

    do: Literal["set"]
    vars: Annotated[dict[Variable, Value], Field(min_length=1, max_length=10)]
    then: Name

    def step(self) -> SetVariables:
        """Return the step it stands for."""
        return SetVariables(tuple(sorted(self.vars.items())), self.then)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then")

    def samples(self) -> Mapping[str, Value]:
        """Return the variables with their values."""
        return self.vars

    def references(self) -> Iterator[Reference]:
        """Yield the variables."""
        return (Reference(Kind.VARIABLE, variable, ("vars", variable)) for variable in self.vars)
