"""`do: fax`: receive a fax."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from acd.names import AgentId, QueueId
from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.talk import CameOf, Do, DoReceiveFax, FaxTaken, NoFax


@dataclass(frozen=True, slots=True)
class Fax(Step):
    """Receive what the caller's machine sends."""

    do: DoReceiveFax
    then: str
    otherwise: str
    """Where there is no page: it was no machine, or the line was bad."""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Receive it."""
        return self.do

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go on by whether there is a page."""
        match heard:
            case FaxTaken():
                return Go("then", self.then)
            case NoFax():
                return Go("otherwise", self.otherwise)
            case _:
                return None


class FaxForm(StepForm):
    """`do: fax`; where no page comes, whoever is still there goes on at `otherwise`."""

    do: Literal["fax"]
    queue: str | None = None
    agent: str | None = None
    then: Name
    otherwise: Name

    def step(self) -> Fax:
        """Return the step it stands for."""
        queue = None if self.queue is None else QueueId(self.queue)
        agent = None if self.agent is None else AgentId(self.agent)
        return Fax(DoReceiveFax(queue, agent), self.then, self.otherwise)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then", "otherwise")

    def references(self) -> Iterator[Reference]:
        """Yield for whom it is."""
        if self.queue is not None:
            yield Reference(Kind.QUEUE, self.queue, ("queue",))
        if self.agent is not None:
            yield Reference(Kind.AGENT, self.agent, ("agent",))
