"""What the YAML of every kind of step is: a form that makes the step, and says where it leads and what it refers to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ivr.steps.step import Step

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=32)]
"""A step's or prompt's name; short, since the caller's ticket carries the steps passed."""
Prompt = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]*|core:[A-Za-z0-9/_-]+)$", max_length=64)]
"""A prompt of the flow's own, or one of Asterisk's core sounds: `core:vm-goodbye`."""
Key = Annotated[str, Field(pattern=r"^[0-9*#]$")]
Variable = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Need = Annotated[str, Field(max_length=300)]
"""CEL over `skill.*`, `agent.*` and `call.*`; empty needs nothing."""
LEAST_PRIORITY, MOST_PRIORITY = -100, 100
Priority = Annotated[int, Field(ge=LEAST_PRIORITY, le=MOST_PRIORITY)]

Place = tuple[str | int, ...]
"""A place in a step's YAML: `("keys", "1")`."""


class Form(BaseModel):
    """A part of a flow file; unknown keys are refused, digits may be written without quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


@dataclass(frozen=True, slots=True)
class Way:
    """A way from one step to another, as the file says it."""

    word: str
    """What it is called in reports, tests and graphs: `1`, `no_input`, `otherwise`. `Go.way` says the same."""
    to: str
    place: Place
    acted: bool = False
    """Only taken when the caller does something."""


class Kind(StrEnum):
    """What a step may refer to; the value is the word for it in mistakes."""

    PROMPT = "prompt"
    QUEUE = "queue"
    CALENDAR = "calendar"
    LANGUAGE = "language"
    VARIABLE = "variable"
    """One that it sets."""
    MASKED = "masked variable"
    """One that it sets, and nobody may see (`State.secrets`)."""
    SPOKEN = "spoken variable"
    """One that callers are told."""
    VALUE = "value"
    """One whose value it sends."""
    ADDRESSED = "addressed value"
    """One whose value it puts into an address, which every proxy on the way may write down."""
    DIALLED = "dialled value"
    """One whose value is dialled, which dial strings and the network's records then have."""
    GIVEN = "given value"
    """One whose value another flow or a queue gets, where it is like any other."""
    LOOKUP = "lookup"
    """Another system that switchboard.yaml names."""
    AGENT = "agent"
    FLOW = "flow"
    NUMBER = "number"
    """A number outside, which the policy of dialled numbers has to list for flows."""
    CONDITION = "condition"
    """CEL."""
    CALLBACKS = "callbacks"
    """That the centre calls customers back at all."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something outside itself that a step counts on, or an expression that has to be one."""

    kind: Kind
    name: str
    """The name, or the expression's text."""
    place: Place


class StepForm(Form, ABC):
    """The YAML of one kind of step. Each has a `do: Literal[...]`, which tells them apart."""

    ends: ClassVar[bool] = False
    """The caller is in the queue or at the end here: every way through a flow has to come to such a step."""

    counted: ClassVar[bool] = False
    """Reports count who passes here also where no label is given: callers are asked something."""

    label: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$", max_length=40)] | None = None
    """What the step is called in reports."""

    @abstractmethod
    def step(self) -> Step:
        """Return the step it stands for."""

    @abstractmethod
    def ways(self) -> Iterator[Way]:
        """Yield every way out."""

    def references(self) -> Iterator[Reference]:
        """Yield what it counts on; nothing unless the kind says otherwise."""
        return iter(())

    def samples(self) -> Mapping[str, str | int | float | bool]:
        """Return the variables it sets whose kind of value is known, each with a value such as it may have."""
        return {}

    def named_ways(self, *fields: str) -> Iterator[Way]:
        """Yield the ways of fields that are each a step's name, called as the field is; those not given are left out."""
        given = ((field, getattr(self, field)) for field in fields)
        return (Way(field, to, (field,)) for field, to in given if to is not None)

    def prompts(self, *fields: str) -> Iterator[Reference]:
        """Yield the prompts of fields that are each a prompt's name; those not given are left out."""
        given = ((field, getattr(self, field)) for field in fields)
        return (Reference(Kind.PROMPT, name, (field,)) for field, name in given if name is not None)
