"""`do: queue`: hand the caller to a queue."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from acd.errors import BadNeed
from acd.expressions import Expression
from acd.names import QueueId
from ivr.state import SHARED, State
from ivr.steps.form import LEAST_PRIORITY, MOST_PRIORITY, Kind, Name, Need, Priority, Reference, StepForm, Variable, Way
from ivr.steps.step import Step
from ivr.steps.talk import Do, DoRoute


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
    priority_from: Expression | None = None
    """Sees variables as `call.NAME`; where it comes to no number, `priority` stands."""
    attributes: frozenset[str] | None = None
    """The variables that go with the caller, besides those that every flow keeps; None: all."""
    after_talk: str = ""
    """Where to go when an agent has talked with the caller and hung up first; empty: the call is over then."""

    def enter(self, state: State) -> Do:
        """Queue the caller. They leave for a step (`LeftQueue`), or not at all."""
        taken = tuple(each for each in state.everything if self._goes_along(each[0]))
        return DoRoute(
            self.queue, self.need, self._priority(state), self.nobody, self.turned_away, taken, self.after_talk
        )

    def _goes_along(self, variable: str) -> bool:
        return self.attributes is None or variable in self.attributes or variable in SHARED

    def _priority(self, state: State) -> int:
        if self.priority_from is None:
            return self.priority
        try:
            found = self.priority_from.value({"call": dict(state.everything)})
        except BadNeed:
            return self.priority
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            return self.priority
        return max(LEAST_PRIORITY, min(MOST_PRIORITY, round(found)))


class QueueForm(StepForm):
    """`do: queue`. The call's variables go with it, all or those named, for needs and records to see as `call.NAME`."""

    ends: ClassVar[bool] = True

    do: Literal["queue"]
    queue: str
    need: Need = ""
    priority: Priority = 0
    priority_from: Annotated[str, Field(max_length=300)] = ""
    attributes: Annotated[list[Variable], Field(max_length=20)] | None = None
    nobody: Name | None = None
    turned_away: Name | None = None
    after: Name | None = None

    def step(self) -> Queue:
        """Return the step it stands for."""
        return Queue(
            QueueId(self.queue),
            self.need,
            self.priority,
            self.nobody or "",
            self.turned_away or "",
            Expression(self.priority_from) if self.priority_from else None,
            None if self.attributes is None else frozenset(self.attributes),
            self.after or "",
        )

    def ways(self) -> Iterator[Way]:
        """Yield every way out that the step names; the queue's plan and its keys may name more."""
        return self.named_ways("nobody", "turned_away", "after")

    def references(self) -> Iterator[Reference]:
        """Yield the queue, the need, how the priority is found, and what goes along."""
        yield Reference(Kind.QUEUE, self.queue, ("queue",))
        if self.need:
            yield Reference(Kind.CONDITION, self.need, ("need",))
        if self.priority_from:
            yield Reference(Kind.CONDITION, self.priority_from, ("priority_from",))
        for n, variable in enumerate(self.attributes or ()):
            yield Reference(Kind.GIVEN, variable, ("attributes", n))
