"""`do: say`: play a prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ivr.state import State
from ivr.steps.form import Name, Prompt, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.talk import CameOf, Do, Done, DoSay


@dataclass(frozen=True, slots=True)
class Say(Step):
    """Play a prompt."""

    prompt: str
    then: str

    def enter(self, state: State) -> Do:  # noqa: ARG002 - says the same to everybody
        """Say it."""
        return DoSay(self.prompt)

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - for everybody the same
        """Go on when it is said."""
        return Go("then", self.then) if isinstance(heard, Done) else None


class SayForm(StepForm):
    """`do: say`."""

    do: Literal["say"]
    say: Prompt
    then: Name

    def step(self) -> Say:
        """Return the step it stands for."""
        return Say(self.say, self.then)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then")

    def references(self) -> Iterator[Reference]:
        """Yield the prompt."""
        return self.prompts("say")
