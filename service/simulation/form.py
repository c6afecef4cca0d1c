"""A day file as it is written: when who calls, for how long, how patiently; and who works when. See docs/simulation.md."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from acd.errors import BadNeed
from acd.expressions import Expression
from acd.negation import misplaced_negation

MINUTE_S = 60
DAY_S = 86_400
"""A day that is simulated has 24 hours, whatever the clocks do."""


def _expression(text: str) -> str:
    try:
        if text:
            Expression(text)
    except BadNeed as bad:
        raise ValueError(str(bad)) from None
    if told := misplaced_negation(text):
        raise ValueError(told)
    return text


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
TimeOfDay = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="08:30; 24:00 ends the day")
]
Seconds = Annotated[float, Field(ge=0, le=DAY_S, allow_inf_nan=False)]
Mean = Annotated[float, Field(gt=0, le=DAY_S, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1)]
Need = Annotated[str, AfterValidator(_expression), Field(description="CEL; empty asks for nothing")]


def seconds_of(time: TimeOfDay) -> float:
    """Seconds since midnight."""
    hours, minutes = time.split(":")
    return float((int(hours) * 60 + int(minutes)) * MINUTE_S)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LogNormal(_Part):
    """The mean and the standard deviation of the times themselves (not of their logarithms), in seconds."""

    mean: Mean
    deviation: Mean


class Duration(_Part):
    """How long something lasts: always as long, exponentially (by its mean), or log-normally."""

    fixed: Seconds | None = None
    exponential: Mean | None = None
    log_normal: LogNormal | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give one of fixed, exponential, log_normal")
        return self


class Kind(_Part):
    """Callers of one kind, and how many of all they are, held against the other kinds' shares."""

    share: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1
    priority: int = Field(0, ge=-100, le=100)
    need: Need = ""
    attributes: dict[str, str | int | float | bool] = {}


class Demand(_Part):
    """A queue's callers."""

    callers: dict[TimeOfDay, Annotated[float, Field(ge=0, le=100_000)]] = {}
    """How many are expected in the interval that begins then."""
    kinds: list[Kind] = Field([Kind()], min_length=1)
    talk: Duration | None = None
    patience: Duration | None = None
    """None: callers wait however long."""
    wrap_up: Duration | None = None
    """How long agents finish up where the plan leaves the end to them."""
    pick_up: Duration | None = None
    """None: at once, or of a recorded day as in other calls."""
    unanswered: Share = 0
    """The share of offers that ring out."""


class PauseForm(_Part):
    """A break in a shift."""

    at: TimeOfDay
    minutes: Annotated[float, Field(gt=0, le=1440)]
    reason: Name


class ShiftForm(_Part):
    """Who works from when to when."""

    agents: list[str] = Field(min_length=1)
    begins: TimeOfDay = Field(alias="from")
    ends: TimeOfDay = Field(alias="to")
    pauses: list[PauseForm] = []


class DayForm(_Part):
    """A day file."""

    seed: int = 1
    opens: TimeOfDay = "00:00"
    closes: TimeOfDay = "24:00"
    interval: Annotated[int, Field(ge=1, le=1440)] = 30
    """Minutes for which each figure in `callers` holds."""
    recorded: str | None = None
    """A file of recorded calls, beside this one; they come instead of drawn ones."""
    queues: dict[Name, Demand] = {}
    shifts: list[ShiftForm] | None = None
    """None: every agent works from opening to closing."""
    back_after: Seconds = 60
    """When an agent whose phone rang out is ready again."""
    onward: dict[str, Name] = {}
    """Flow steps that lead to another queue."""
