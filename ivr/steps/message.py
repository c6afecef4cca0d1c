"""`do: message`: take a message after a tone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from ivr.state import State
from ivr.steps.form import Name, Prompt, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.talk import CameOf, Do, Done, DoTakeMessage


@dataclass(frozen=True, slots=True)
class Message(Step):
    """Play a prompt and record what the caller says."""

    prompt: str
    most_s: float
    silence_s: float
    then: str

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Take the message."""
        return DoTakeMessage(self.prompt, self.most_s, self.silence_s)

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go on when it is taken."""
        return Go("then", self.then) if isinstance(heard, Done) else None


class MessageForm(StepForm):
    """`do: message`."""

    do: Literal["message"]
    say: Prompt
    most_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    then: Name

    def step(self) -> Message:
        """Return the step it stands for."""
        return Message(self.say, self.most_s, self.silence_s, self.then)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then")

    def references(self) -> Iterator[Reference]:
        """Yield the prompt."""
        return self.prompts("say")
