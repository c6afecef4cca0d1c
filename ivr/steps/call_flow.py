"""`do: flow` and `do: return`: go through another flow, and come back knowing what it found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Variable, Way
from ivr.steps.step import Call, Go, Return, Step


@dataclass(frozen=True, slots=True)
class CallFlow(Step):
    """Go through another flow, which knows nothing but what it is given, and take from it what is wanted."""

    flow: str
    gives: Mapping[str, str]
    """By the called flow's name for it, the variable given."""
    takes: Mapping[str, str]
    """By the name it has here, the called flow's variable."""
    then: str

    def enter(self, state: State) -> Call:
        """Into the flow; a variable that is not set is not given."""
        known = dict(state.variables)
        given = ((theirs, known[mine]) for theirs, mine in self.gives.items() if mine in known)
        return Call(self.flow, tuple(given))

    def returned(self, told: Mapping[str, str | int | float | bool]) -> Go:
        """On, with what is wanted; what the called flow did not set is not known."""
        learned = {mine: told[theirs] for mine, theirs in self.takes.items() if theirs in told}
        return Go("then", self.then, learned, forgets=tuple(self.takes.keys() - learned.keys()))


@dataclass(frozen=True, slots=True)
class ReturnStep(Step):
    """Back to the flow that called."""

    def enter(self, state: State) -> Return:  # noqa: ARG002 - the same for everybody
        """Back."""
        return Return()


class CallFlowForm(StepForm):
    """`do: flow`. `with`: its variables by its names for them; `take`: its variables by the names they get here."""

    do: Literal["flow"]
    flow: Name
    gives: Annotated[dict[Variable, Variable], Field(alias="with", max_length=10)] = Field(default={})
    take: Annotated[dict[Variable, Variable], Field(max_length=10)] = Field(default={})
    then: Name

    def step(self) -> CallFlow:
        """Return the step it stands for."""
        return CallFlow(self.flow, self.gives, self.take, self.then)

    def ways(self) -> Iterator[Way]:
        """Yield the one way out."""
        return self.named_ways("then")

    def references(self) -> Iterator[Reference]:
        """Yield the flow, what is given to it, and what is taken."""
        yield Reference(Kind.FLOW, self.flow, ("flow",))
        for theirs, mine in self.gives.items():
            yield Reference(Kind.GIVEN, mine, ("with", theirs))
        for mine in self.take:
            yield Reference(Kind.VARIABLE, mine, ("take", mine))


class ReturnForm(StepForm):
    """`do: return`."""

    ends: ClassVar[bool] = True

    do: Literal["return"]

    def step(self) -> ReturnStep:
        """Return the step it stands for."""
        return ReturnStep()

    def ways(self) -> Iterator[Way]:
        """Yield nothing: the way on is the caller's."""
        return iter(())
