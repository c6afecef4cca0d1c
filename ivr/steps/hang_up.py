"""`do: hang_up`: end the call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ivr.state import State
from ivr.steps.form import Prompt, Reference, StepForm, Way
from ivr.steps.step import Step
from ivr.talk import Do, DoHangUp


@dataclass(frozen=True, slots=True)
class Goodbye(Step):
    """Play a prompt, if there is one, and hang up."""

    prompt: str

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """End the call."""
        return DoHangUp(self.prompt)


class HangUpForm(StepForm):
    """`do: hang_up`."""

    ends: ClassVar[bool] = True

    do: Literal["hang_up"]
    say: Prompt | None = None

    def step(self) -> Goodbye:
        """Return the step it stands for."""
        return Goodbye(self.say or "")

    def ways(self) -> Iterator[Way]:
        """Yield nothing: the call ends here."""
        return iter(())

    def references(self) -> Iterator[Reference]:
        """Yield the prompt."""
        return self.prompts("say")
