"""`do: transfer`: hand the caller on to a number outside, to one agent, or to another flow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from acd.names import AgentId, Attributes, HandOverEnd
from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Way
from ivr.steps.step import Go, Stay, Step
from ivr.steps.talk import CameOf, Do, DoEnterFlow, DoHangUp, DoRingAgent, DoRingNumber, HandedOn

_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
FAILURES = (HandOverEnd.REFUSED, HandOverEnd.BUSY, HandOverEnd.NO_ANSWER, HandOverEnd.FAILED)
"""What brings the caller back to the flow without a conversation."""


@dataclass(frozen=True, slots=True)
class ToNumber:
    """A number, or the variable that holds one. Personal: never to be logged."""

    number: str
    variable: str = ""

    def among(self, variables: Attributes) -> str:
        """The number; empty where the variable is not set."""
        return str(dict(variables).get(self.variable, "")) if self.variable else self.number


@dataclass(frozen=True, slots=True)
class Transfer(Step):
    """Hand the caller on."""

    to: ToNumber | DoRingAgent | DoEnterFlow
    then: str
    """After the conversation, where the far end hung up first; empty: the call is over then."""
    ways: Mapping[HandOverEnd, str]
    """A step for each failure; none where another flow is entered, which cannot fail."""

    def enter(self, state: State) -> Do:
        """Ring there, or enter the flow."""
        return DoRingNumber(self.to.among(state.variables)) if isinstance(self.to, ToNumber) else self.to

    def after(self, state: State, heard: CameOf) -> Go | Stay | None:
        """Go on after the conversation, or where its failure leads."""
        match heard:
            case HandedOn(HandOverEnd.TALKED) if self.then:
                return Go("then", self.then)
            case HandedOn(HandOverEnd.TALKED):
                return Stay(state, DoHangUp(()))
            case HandedOn(end) if end in self.ways:
                return Go(end.value, self.ways[end])
            case _:
                return None


class TransferForm(StepForm):
    """`do: transfer`; `otherwise` serves the failures that have no step of their own."""

    ends: ClassVar[bool] = True

    do: Literal["transfer"]
    number: Annotated[str, Field(pattern=rf"^(\+?[0-9]{{1,32}}|{_VARIABLE.pattern})$")] | None = None
    agent: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")] | None = None
    flow: Name | None = None
    ring_s: Annotated[float, Field(ge=3, le=120)] | None = None
    then: Name | None = None
    refused: Name | None = None
    busy: Name | None = None
    no_answer: Name | None = None
    failed: Name | None = None
    otherwise: Name | None = None

    @model_validator(mode="after")
    def _to_one_of_them(self) -> Self:
        given = [what for what in ("number", "agent", "flow") if getattr(self, what) is not None]
        if len(given) != 1:
            raise ValueError("to whom? name one: `number`, `agent` or `flow`")
        return self

    @model_validator(mode="after")
    def _every_failure_has_a_step(self) -> Self:
        named = [end.value for end in FAILURES if getattr(self, end.value) is not None]
        if self.flow is not None:
            if named or self.then or self.otherwise or self.ring_s:
                raise ValueError("a flow is entered for good: leave `ring_s`, `then` and the ways of failures out")
            return self
        without = [end.value for end in FAILURES if end.value not in named]
        if without and self.otherwise is None:
            raise ValueError(f"no step for {', '.join(without)}: name one for each, or one for all as `otherwise`")
        if not without and self.otherwise is not None:
            raise ValueError("`otherwise` is never taken: every failure has a step of its own")
        if self.ring_s is not None and self.number is not None:
            raise ValueError("how long a number rings, `dialling.ring` in switchboard.yaml says: leave `ring_s` out")
        return self

    def step(self) -> Transfer:
        """Return the step it stands for."""
        ways = {} if self.flow is not None else {end: self._way(end) for end in FAILURES}
        return Transfer(self._to(), self.then or "", ways)

    def _to(self) -> ToNumber | DoRingAgent | DoEnterFlow:
        if self.number is not None:
            return ToNumber(self.number, self._variable())
        if self.agent is not None:
            return DoRingAgent(AgentId(self.agent), self.ring_s or 20.0)
        return DoEnterFlow(self.flow or "")

    def _variable(self) -> str:
        held = _VARIABLE.fullmatch(self.number or "")
        return "" if held is None else held[1]

    def _way(self, end: HandOverEnd) -> str:
        return getattr(self, end.value) or self.otherwise or ""

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        yield from self.named_ways("then")
        for end in FAILURES if self.flow is None else ():
            own = getattr(self, end.value)
            if to := self._way(end):
                yield Way(end.value, to, (end.value if own else "otherwise",))

    def references(self) -> Iterator[Reference]:
        """Yield to whom."""
        if self.agent is not None:
            yield Reference(Kind.AGENT, self.agent, ("agent",))
        if self.flow is not None:
            yield Reference(Kind.FLOW, self.flow, ("flow",))
        if variable := self._variable():
            yield Reference(Kind.DIALLED, variable, ("number",))
        elif self.number is not None:
            yield Reference(Kind.NUMBER, self.number, ("number",))
