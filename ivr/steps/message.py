"""`do: message`: take a message after a tone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from acd.names import MessageKind
from ivr.steps.form import Name, Prompt, Reference
from ivr.steps.take_in import TakeIn, TakeInForm
from ivr.steps.talk import DoTakeMessage, MessageTaken, NoMessage


class Message(TakeIn):
    """Play a prompt and record what the caller says."""

    __slots__ = ()
    taken, nothing = MessageTaken, NoMessage


class MessageForm(TakeInForm):
    """`do: message`; without `otherwise` callers without a message go on at `then`, too."""

    do: Literal["message"]
    say: Prompt
    most_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    least_s: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    review: bool = False
    kind: MessageKind = MessageKind.VOICEMAIL
    otherwise: Name | None = None

    def step(self) -> Message:
        """Return the step it stands for."""
        do = DoTakeMessage(
            self.say,
            self.most_s,
            self.silence_s,
            self.least_s,
            self.review,
            self.for_queue,
            self.for_agent,
            self.kind,
        )
        return Message(do, self.then, self.otherwise or "")

    def references(self) -> Iterator[Reference]:
        """Yield the prompt, and for whom it is."""
        yield from self.prompts("say")
        yield from super().references()
