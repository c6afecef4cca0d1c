"""What every kind of step is: something a caller comes to, and goes on from by one of its ways."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from acd.names import Attributes
from ivr.state import State
from ivr.steps.talk import CameOf, Do


@dataclass(frozen=True, slots=True)
class Go:
    """On to another step. `way` is the word for how this one is left: the `word` of one of the form's ways."""

    way: str
    to: str
    learned: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Variables set in going."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Secret ones (`State.secrets`)."""
    forgets: tuple[str, ...] = ()
    """Variables, secret ones too, that are no longer known."""


@dataclass(frozen=True, slots=True)
class Call:
    """Into another flow, and on at this step when it returns (`Step.returned`)."""

    flow: str
    takes: Attributes
    """The variables that it begins with."""


@dataclass(frozen=True, slots=True)
class Return:
    """Back to the flow that called this one."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Still at this step: its `tries` or `memory` have changed, and something else is to be done."""

    state: State
    do: Do


class Step(ABC):
    """A step of a flow: a frozen record, whose methods are pure."""

    __slots__ = ()

    @abstractmethod
    def enter(self, state: State) -> Go | Call | Return | Do:
        """What is done as a caller comes here; `Go` where they do not notice the step at all."""

    def returned(self, told: Mapping[str, str | int | float | bool]) -> Go | None:  # noqa: ARG002 - for the one kind that calls
        """Where to go when the flow that this step called has returned, having `told` its variables; None: it calls none."""
        return None

    def after(self, state: State, heard: CameOf) -> Go | Stay | None:  # noqa: ARG002 - for the kinds that wait
        """What follows from what came of it; None for what this step cannot bring, which is a mistake of the session's."""
        return None
