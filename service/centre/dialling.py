"""What `dialling:` in switchboard.yaml may say, and its way into the policy's record."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from acd.names import AgentId, DialDoor
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from ivr.calendars.form import PhoneForm
from ivr.dialling.policy import Caps, DialRules, Listed

Model = TypeVar("Model", bound=BaseModel)
AT = "dialling"
"""Where the rules stand in switchboard.yaml."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Cap = Annotated[int, Field(ge=0, le=1_000_000)]


class CapsForm(_Part):
    """How many numbers may be dialled."""

    user_hour: Cap = Caps().user_hour
    user_day: Cap = Caps().user_day
    site_hour: Cap = Caps().site_hour
    site_day: Cap = Caps().site_day


class ListForm(_Part):
    """A list of numbers, and the doors that have it."""

    numbers: list[Annotated[str, AfterValidator(_pattern)]] = Field(min_length=1)
    """Regular expressions; one has to match the number as a whole."""
    doors: list[DialDoor] = Field(list(DialDoor), min_length=1)


class DiallingRules(_Part):
    """Which numbers are dialled, how, and how often."""

    dial: str = Field(pattern=r"^[A-Za-z0-9]+/[A-Za-z0-9_.:@/+-]*\{number\}[A-Za-z0-9_.:@/+-]*$")
    """How Asterisk dials a number: `PJSIP/{number}@trunk`."""
    lists: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")], ListForm] = Field(min_length=1)
    shows: str = Field("", pattern=r"^\+?[0-9]{0,32}$")
    """The number that people outside see."""
    ring: Annotated[float, Field(ge=3, le=300)] = 30
    talk: Annotated[float, Field(ge=3, le=86_400)] = 7200
    """So many seconds a caller or an agent talks with a number, at the most."""
    calendar: str | None = None
    """While it is not open nothing is dialled."""
    caps: CapsForm = CapsForm()
    by_phone: PhoneForm | None = None
    """Whose phones may throw the emergency stop, and by which code."""

    def rules(self) -> DialRules:
        """The rules they stand for."""
        return DialRules(
            dial=self.dial,
            lists=tuple(
                Listed(name, tuple(re.compile(text) for text in form.numbers), frozenset(form.doors))
                for name, form in self.lists.items()
            ),
            shows=self.shows,
            ring_s=self.ring,
            talk_s=self.talk,
            calendar=self.calendar or "",
            caps=Caps(self.caps.user_hour, self.caps.user_day, self.caps.site_hour, self.caps.site_day),
            code="" if self.by_phone is None else str(self.by_phone.code),
            stopped_by=frozenset(map(AgentId, () if self.by_phone is None else self.by_phone.agents)),
        )


def mistakes_in(
    file: Located[Model], rules: DiallingRules, calendars: Collection[str], agents: Collection[str]
) -> Iterator[Mistake]:
    """Yield a calendar that is not there, and agents who may stop dialling by phone and are not configured."""
    if rules.calendar is not None and rules.calendar not in calendars:
        text = f"unknown calendar '{rules.calendar}'{did_you_mean(rules.calendar, calendars)}"
        yield file.mistake((AT, "calendar"), text)
    for number, agent in enumerate(rules.by_phone.agents if rules.by_phone is not None else ()):
        if agent not in agents:
            text = f"unknown agent '{agent}'{did_you_mean(agent, agents)}"
            yield file.mistake((AT, "by_phone", "agents", number), text)
