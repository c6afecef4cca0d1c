"""What a flow file may say: its YAML as pydantic forms, one a kind of step, and each form's way into `flow.py`'s records."""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from acd.expressions import Expression
from acd.names import Opening, QueueId
from ivr.flow import Callback, Decide, Flow, Goodbye, Hours, Language, Menu, Message, Queue, Say, SetVariables, Step

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=32)]
"""A step's or prompt's name; short, since the caller's ticket carries the steps passed."""
Prompt = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]*|core:[A-Za-z0-9/_-]+)$", max_length=64)]
"""A prompt of the flow's own, or one of Asterisk's core sounds: `core:vm-goodbye`."""
LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
"""A folder of prompts: `zh`, `en`."""
Key = Annotated[str, Field(pattern=r"^[0-9*#]$")]
Variable = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Value = bool | int | float | Annotated[str, Field(max_length=64)]


class _Form(BaseModel):
    """A part of a flow file; unknown keys are refused, digits may be written without quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class SayForm(_Form):
    """`do: say`."""

    do: Literal["say"]
    say: Prompt
    then: Name

    def step(self) -> Step:
        """Return the step it stands for."""
        return Say(self.say, self.then)


class MenuForm(_Form):
    """`do: menu`. Where `wrong_input` is not given, a wrong key leads where no key does."""

    do: Literal["menu"]
    say: Prompt
    keys: Annotated[dict[Key, Name], Field(min_length=1)]
    no_input: Name
    wrong_input: Name | None = None
    wrong_say: Prompt | None = None
    wait_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    barge_in: bool = True

    def step(self) -> Step:
        """Return the step it stands for."""
        wrong_input = self.wrong_input or self.no_input
        return Menu(
            self.say,
            self.keys,
            self.no_input,
            wrong_input,
            self.wrong_say or "",
            self.wait_s,
            self.tries,
            self.barge_in,
        )


class SetForm(_Form):
    """`do: set`."""

    do: Literal["set"]
    vars: Annotated[dict[Variable, Value], Field(min_length=1, max_length=10)]
    then: Name

    def step(self) -> Step:
        """Return the step it stands for."""
        return SetVariables(tuple(sorted(self.vars.items())), self.then)


class CaseForm(_Form):
    """One case of a decision."""

    when: str
    then: Name


class DecideForm(_Form):
    """`do: decide`; the first case that holds is taken."""

    do: Literal["decide"]
    cases: Annotated[list[CaseForm], Field(min_length=1)]
    otherwise: Name

    def step(self) -> Step:
        """Return the step it stands for."""
        return Decide(tuple((Expression(case.when), case.then) for case in self.cases), self.otherwise)


class LanguageForm(_Form):
    """`do: language`."""

    do: Literal["language"]
    language: Name
    then: Name

    def step(self) -> Step:
        """Return the step it stands for."""
        return Language(self.language, self.then)


class HoursForm(_Form):
    """`do: hours`. Where `holiday` or `emergency` is not given, it leads where `closed` does."""

    do: Literal["hours"]
    calendar: str
    open: Name
    closed: Name
    holiday: Name | None = None
    emergency: Name | None = None

    def step(self) -> Step:
        """Return the step it stands for."""
        ways = {
            Opening.OPEN: self.open,
            Opening.CLOSED: self.closed,
            Opening.HOLIDAY: self.holiday or self.closed,
            Opening.EMERGENCY: self.emergency or self.closed,
        }
        return Hours(self.calendar, ways)


class QueueForm(_Form):
    """`do: queue`. All the call's variables go with it, for needs and records to see as `call.NAME`."""

    do: Literal["queue"]
    queue: str
    need: Annotated[str, Field(max_length=300)] = ""
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    nobody: Name | None = None
    turned_away: Name | None = None

    def step(self) -> Step:
        """Return the step it stands for."""
        return Queue(QueueId(self.queue), self.need, self.priority, self.nobody or "", self.turned_away or "")


class CallbackForm(_Form):
    """`do: callback`: the place in `queue` is kept for a call back."""

    do: Literal["callback"]
    queue: str
    need: Annotated[str, Field(max_length=300)] = ""
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    then: Name
    otherwise: Name

    def step(self) -> Step:
        """Return the step it stands for."""
        return Callback(QueueId(self.queue), self.need, self.priority, self.then, self.otherwise)


class MessageForm(_Form):
    """`do: message`."""

    do: Literal["message"]
    say: Prompt
    most_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    then: Name

    def step(self) -> Step:
        """Return the step it stands for."""
        return Message(self.say, self.most_s, self.silence_s, self.then)


class HangUpForm(_Form):
    """`do: hang_up`."""

    do: Literal["hang_up"]
    say: Prompt | None = None

    def step(self) -> Step:
        """Return the step it stands for."""
        return Goodbye(self.say or "")


_Talks = SayForm | MenuForm | LanguageForm | MessageForm | HangUpForm
_Decides = SetForm | DecideForm | HoursForm
StepForm = _Talks | _Decides | QueueForm | CallbackForm


class FlowForm(_Form):
    """A whole flow file.

    `languages`: folder of prompts by language, whose name is what needs see as `call.language` and agents' skills are
    called (`{chinese: zh, english: en}`). `prompts`: each prompt's text by folder, spoken by the draft voice until it is
    recorded.
    """

    start: Name
    languages: Annotated[dict[Name, LanguageCode], Field(min_length=1)]
    language: Name
    prompts: dict[Name, dict[LanguageCode, Text]] = {}
    steps: Annotated[dict[Name, Annotated[StepForm, Field(discriminator="do")]], Field(min_length=1, max_length=500)]

    def flow(self, name: str) -> Flow:
        """Return the flow it stands for; raises BadNeed for a condition that is no CEL."""
        version = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]
        steps = {step_name: form.step() for step_name, form in self.steps.items()}
        return Flow(name, version, self.start, self.languages, self.language, steps)
