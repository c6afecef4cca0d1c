"""What queues.yaml may say of newcomers: hours, and whom the queue turns away with which treatment."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from acd.plans.door import Door, Treatment
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake, Place

Model = TypeVar("Model", bound=BaseModel)
Prompt = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
WITH_HOURS = ("closed", "holiday", "emergency")
"""Treatments that only a queue with hours gives."""
TREATMENTS = (*WITH_HOURS, "none_signed_in", "full", "too_long")


class TreatmentRule(BaseModel):
    """What a caller gets who is not let in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    say: Prompt | None = None
    divert: str | None = None

    def treatment(self) -> Treatment:
        """The treatment it stands for."""
        return Treatment(self.say or "", self.divert or "")


class FullRule(TreatmentRule):
    """The same for a queue in which `most` stand already."""

    most: Annotated[int, Field(ge=1, le=100_000)]


class TooLongRule(TreatmentRule):
    """The same for a queue in which a longer wait than this (seconds) is likely."""

    expected_wait_above: Annotated[float, Field(gt=0, le=86_400)]


class DoorRules(BaseModel):
    """A queue's rules for newcomers; see `acd.plans.door.Door`."""

    hours: str | None = None
    closed: TreatmentRule | None = None
    holiday: TreatmentRule | None = None
    emergency: TreatmentRule | None = None
    none_signed_in: TreatmentRule | None = None
    full: FullRule | None = None
    too_long: TooLongRule | None = None

    def treatments(self) -> dict[str, TreatmentRule]:
        """The treatments that are given, by key."""
        given = {key: getattr(self, key) for key in TREATMENTS}
        return {key: rule for key, rule in given.items() if rule is not None}

    def door(self) -> Door:
        """The door it stands for."""
        given = {key: rule.treatment() for key, rule in self.treatments().items()}
        return Door(
            hours=self.hours or "",
            closed=given.get("closed", Treatment()),
            holiday=given.get("holiday"),
            emergency=given.get("emergency"),
            none_signed_in=given.get("none_signed_in"),
            full=given.get("full"),
            most=self.full.most if self.full is not None else 0,
            too_long=given.get("too_long"),
            expected_wait_above_s=self.too_long.expected_wait_above if self.too_long is not None else 0.0,
        )


def mistakes_in(file: Located[Model], at: Place, rules: DoorRules, calendars: Collection[str]) -> Iterator[Mistake]:
    """Yield unknown calendars, and treatments that need hours where there are none."""
    if rules.hours is not None and rules.hours not in calendars:
        text = f"unknown calendar '{rules.hours}'{did_you_mean(rules.hours, calendars)}"
        yield file.mistake((*at, "hours"), text)
    if rules.hours is None:
        for key in WITH_HOURS:
            if key in rules.treatments():
                yield file.mistake_in_key((*at, key), f"'{key}' is never so without hours: say `hours: CALENDAR` too")
