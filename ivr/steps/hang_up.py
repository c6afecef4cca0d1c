"""`do: hang_up`: end the call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from ivr.prompts.spoken_values import Said
from ivr.state import State
from ivr.steps.form import Reference, StepForm, Way
from ivr.steps.said import SaidForm, said, said_references
from ivr.steps.step import Step
from ivr.steps.talk import Do, DoHangUp


@dataclass(frozen=True, slots=True)
class Goodbye(Step):
    """Say something, if there is anything, and hang up."""

    said: Said

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """End the call."""
        return DoHangUp(self.said)


class HangUpForm(StepForm):
    """`do: hang_up`."""

    ends: ClassVar[bool] = True

    do: Literal["hang_up"]
    say: SaidForm = ()

    def step(self) -> Goodbye:
        """Return the step it stands for."""
        return Goodbye(said(self.say))

    def ways(self) -> Iterator[Way]:
        """Yield nothing: the call ends here."""
        return iter(())

    def references(self) -> Iterator[Reference]:
        """Yield what is said."""
        return said_references(self.say, "say")
