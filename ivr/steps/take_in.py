"""What steps have in common that take something in, once, for a queue or an agent: a message, a fax."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from acd.names import AgentId, QueueId
from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Way
from ivr.steps.step import Go, Step
from ivr.steps.talk import CameOf, Do, DoReceiveFax, DoTakeMessage


@dataclass(frozen=True, slots=True)
class TakeIn(Step):
    """Take it in, and go on by whether there is anything. A kind names what comes of it, as the session tells."""

    taken: ClassVar[type[CameOf]]
    nothing: ClassVar[type[CameOf]]

    do: DoTakeMessage | DoReceiveFax
    then: str
    otherwise: str
    """Where there is nothing; empty: `then`, too."""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Take it in."""
        return self.do

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go on by whether there is anything."""
        if isinstance(heard, self.taken) or (isinstance(heard, self.nothing) and not self.otherwise):
            return Go("then", self.then)
        return Go("otherwise", self.otherwise) if isinstance(heard, self.nothing) else None


class TakeInForm(StepForm):
    """For whom it is, and where callers go on."""

    queue: str | None = None
    agent: str | None = None
    then: Name

    @property
    def for_queue(self) -> QueueId | None:
        """The queue it is for."""
        return None if self.queue is None else QueueId(self.queue)

    @property
    def for_agent(self) -> AgentId | None:
        """The agent it is for."""
        return None if self.agent is None else AgentId(self.agent)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then", "otherwise")

    def references(self) -> Iterator[Reference]:
        """Yield for whom it is."""
        if self.queue is not None:
            yield Reference(Kind.QUEUE, self.queue, ("queue",))
        if self.agent is not None:
            yield Reference(Kind.AGENT, self.agent, ("agent",))
