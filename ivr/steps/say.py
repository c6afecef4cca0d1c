"""`do: say`: play prompts, and speak variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ivr.prompts.spoken_values import Said
from ivr.state import State
from ivr.steps.form import Name, Reference, StepForm, Way
from ivr.steps.said import SaidForm, said, said_references
from ivr.steps.step import Go, Step
from ivr.steps.talk import CameOf, Do, Done, DoSay


@dataclass(frozen=True, slots=True)
class Say(Step):
    """Play prompts, and speak variables."""

    said: Said
    then: str

    def enter(self, state: State) -> Do:  # noqa: ARG002 - says the same to everybody
        """Say it."""
        return DoSay(self.said)

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - for everybody the same
        """Go on when it is said."""
        return Go("then", self.then) if isinstance(heard, Done) else None


class SayForm(StepForm):
    """`do: say`."""

    do: Literal["say"]
    say: SaidForm
    then: Name

    def step(self) -> Say:
        """Return the step it stands for."""
        return Say(said(self.say), self.then)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then")

    def references(self) -> Iterator[Reference]:
        """Yield what is said."""
        return said_references(self.say, "say")
