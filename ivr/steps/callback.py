"""`do: callback`: offer to call the caller back at their turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from acd.names import QueueId
from ivr.state import State
from ivr.steps.form import Kind, Name, Need, Priority, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.steps.talk import CallbackAgreed, CallbackDeclined, CameOf, Do, DoOfferCallback


@dataclass(frozen=True, slots=True)
class Callback(Step):
    """Offer to be called back, with the place in this queue. `otherwise`: where to go when no callback is agreed."""

    queue: QueueId
    need: str
    priority: int
    then: str
    otherwise: str

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Offer it."""
        return DoOfferCallback(self.queue, self.need, self.priority)

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go on by whether it was agreed."""
        match heard:
            case CallbackAgreed():
                return Go("then", self.then)
            case CallbackDeclined():
                return Go("otherwise", self.otherwise)
            case _:
                return None


class CallbackForm(StepForm):
    """`do: callback`: the place in `queue` is kept for a call back."""

    do: Literal["callback"]
    queue: str
    need: Need = ""
    priority: Priority = 0
    then: Name
    otherwise: Name

    def step(self) -> Callback:
        """Return the step it stands for."""
        return Callback(QueueId(self.queue), self.need, self.priority, self.then, self.otherwise)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then", "otherwise")

    def references(self) -> Iterator[Reference]:
        """Yield the queue and the need, and that customers are called back at all."""
        yield Reference(Kind.CALLBACKS, "", ("do",))
        yield Reference(Kind.QUEUE, self.queue, ("queue",))
        if self.need:
            yield Reference(Kind.CONDITION, self.need, ("need",))
