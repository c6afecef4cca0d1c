"""`do: message`: take a message after a tone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from acd.names import AgentId, MessageKind, QueueId
from ivr.state import State
from ivr.steps.form import Kind, Name, Prompt, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.talk import CameOf, Do, DoTakeMessage, MessageTaken, NoMessage


@dataclass(frozen=True, slots=True)
class Message(Step):
    """Play a prompt and record what the caller says."""

    do: DoTakeMessage
    then: str
    otherwise: str
    """Where there is no message; empty: `then`, too."""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Take the message."""
        return self.do

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go on by whether there is one."""
        match heard:
            case MessageTaken():
                return Go("then", self.then)
            case NoMessage():
                return Go("otherwise", self.otherwise) if self.otherwise else Go("then", self.then)
            case _:
                return None


class MessageForm(StepForm):
    """`do: message`; without `otherwise` callers without a message go on at `then`, too."""

    do: Literal["message"]
    say: Prompt
    most_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    least_s: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    review: bool = False
    kind: MessageKind = MessageKind.VOICEMAIL
    queue: str | None = None
    agent: str | None = None
    then: Name
    otherwise: Name | None = None

    def step(self) -> Message:
        """Return the step it stands for."""
        do = DoTakeMessage(
            self.say,
            self.most_s,
            self.silence_s,
            self.least_s,
            self.review,
            None if self.queue is None else QueueId(self.queue),
            None if self.agent is None else AgentId(self.agent),
            self.kind,
        )
        return Message(do, self.then, self.otherwise or "")

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then", "otherwise")

    def references(self) -> Iterator[Reference]:
        """Yield the prompt, and for whom it is."""
        yield from self.prompts("say")
        if self.queue is not None:
            yield Reference(Kind.QUEUE, self.queue, ("queue",))
        if self.agent is not None:
            yield Reference(Kind.AGENT, self.agent, ("agent",))
