"""`do: queue`: hand the caller to a queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from acd.names import QueueId
from ivr.state import State
from ivr.steps.form import Kind, Name, Need, Priority, Reference, StepForm, Way
from ivr.steps.step import Step
from ivr.talk import Do, DoRoute


@dataclass(frozen=True, slots=True)
class Queue(Step):
    """Wait for an agent. `nobody`: where to go when nobody who could serve is signed in and ready; empty waits on.

    `turned_away`: where to go when the queue does not let the caller in and has no step of its own for that.
    """

    queue: QueueId
    need: str
    priority: int
    nobody: str
    turned_away: str = ""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody
        """Queue the caller. They leave for a step (`LeftQueue`), or not at all."""
        return DoRoute(self.queue, self.need, self.priority, self.nobody, self.turned_away)


class QueueForm(StepForm):
    """`do: queue`. All the call's variables go with it, for needs and records to see as `call.NAME`."""

    ends: ClassVar[bool] = True

    do: Literal["queue"]
    queue: str
    need: Need = ""
    priority: Priority = 0
    nobody: Name | None = None
    turned_away: Name | None = None

    def step(self) -> Queue:
        """Return the step it stands for."""
        return Queue(QueueId(self.queue), self.need, self.priority, self.nobody or "", self.turned_away or "")

    def ways(self) -> Iterator[Way]:
        """Yield every way out that the step names; the queue's plan and its keys may name more."""
        return self.named_ways("nobody", "turned_away")

    def references(self) -> Iterator[Reference]:
        """Yield the queue and the need."""
        yield Reference(Kind.QUEUE, self.queue, ("queue",))
        if self.need:
            yield Reference(Kind.CONDITION, self.need, ("need",))
