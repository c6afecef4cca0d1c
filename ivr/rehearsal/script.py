"""What a file of flow tests may say: its forms, and the mistakes no form can name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake, Place
from ivr.flows.form import FlowForm
from ivr.steps.form import Form, Kind, Name, StepForm, Variable

Value = bool | int | float | Annotated[str, Field(max_length=80)]
TestName = Annotated[str, Field(min_length=1, max_length=120)]
Keys = Annotated[str, Field(pattern=r"^([0-9*#]{1,33}|nothing)$")]
"""Keys pressed one after the other; `nothing`: none in time."""
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=32)]
"""A way out of a step; of a queue also the step to which its plan or its keys lead."""


def _listed(given: object) -> object:
    return given if isinstance(given, list | tuple) else [given]


Heard = Annotated[tuple[Annotated[str, Field(max_length=80)], ...], BeforeValidator(_listed)]
"""Prompts by name, and values spoken, in turn; others may be heard between them."""
Words = Annotated[tuple[Word, ...], BeforeValidator(_listed), Field(min_length=1)]


class GivenForm(Form):
    """What is so before the call begins."""

    entry: Name | None = None
    """The name of the number dialled; by default the flow's."""
    at: datetime | None = None
    """When the call comes, in the centre's time zone."""
    ways: dict[Name, Words] = Field(default={})
    """Which way each of these steps comes out, at the caller's first, second … visit; the last word stays."""
    answers: dict[Name, dict[Variable, Value]] = Field(default={})
    """What is learned at each of these steps, where they are left by `then`."""


class TurnForm(Form):
    """Something heard, and what the caller then presses, or their machine sends."""

    heard: Heard = ()
    pressed: Keys | None = None
    sends: Literal["fax-tone"] | None = None

    @model_validator(mode="after")
    def _something(self) -> TurnForm:
        if not self.heard and self.pressed is None and self.sends is None:
            raise ValueError("says neither what is `heard` nor what is `pressed` or sent (`sends`)")
        if self.pressed is not None and self.sends is not None:
            raise ValueError("has a machine press keys: say either `pressed` or `sends`")
        return self

    @property
    def deed(self) -> str:
        """What the caller does, as it is called where they cannot; empty: nothing."""
        return f"sends {self.sends}" if self.sends else f"presses {self.pressed}" if self.pressed else ""


class EndsForm(Form):
    """Where the caller is in the end, and with what: only what is said is compared."""

    flow: Name | None = None
    """By default it is not asked which flow the caller was handed on to."""
    step: Name | None = None
    queue: str | None = None
    priority: int | None = None
    need: str | None = None
    language: Name | None = None
    variables: dict[Variable, Value] = Field(default={})

    @model_validator(mode="after")
    def _somewhere(self) -> EndsForm:
        if self.step is None and self.queue is None:
            raise ValueError("says neither the `step` nor the `queue` where the caller is in the end")
        return self


class TestForm(Form):
    """One test."""

    given: GivenForm = GivenForm()
    talk: list[TurnForm] = Field(default=[], max_length=100)
    ends: EndsForm


class ScriptForm(Form):
    """A file of tests of one flow."""

    flow: Name
    tests: Annotated[dict[TestName, TestForm], Field(min_length=1)]


def mistakes_in(
    located: Located[ScriptForm], forms: Mapping[str, FlowForm], by_queues: Mapping[str, Collection[str]]
) -> Iterator[Mistake]:
    """Yield what the tests name and the flows have not. `by_queues`: the steps that each queue sends its callers to."""
    script = located.value
    if script.flow not in forms:
        yield _unknown(located, ("flow",), "flow", script.flow, forms)
        return
    steps: dict[str, list[StepForm]] = {}  # a caller may be handed on, and the test says what comes of steps there, too
    for flow in forms.values():
        for name, form in flow.steps.items():
            steps.setdefault(name, []).append(form)
    for name, test in script.tests.items():
        yield from _unknown_ends(located, ("tests", name, "ends"), test.ends, forms, by_queues)
        yield from _unknown_ways(located, ("tests", name, "given", "ways"), test.given, steps, by_queues)
        yield from _unknown_answers(located, ("tests", name, "given", "answers"), test.given, steps)


Diverts = Mapping[str, Collection[str]]
Steps = Mapping[str, Sequence[StepForm]]
"""The steps of all flows by name; two flows may each have one."""


def _unknown_ends(
    located: Located[ScriptForm], at: Place, ends: EndsForm, forms: Mapping[str, FlowForm], by_queues: Diverts
) -> Iterator[Mistake]:
    flow = forms.get(ends.flow or located.value.flow)
    if flow is None:
        yield _unknown(located, (*at, "flow"), "flow", str(ends.flow), forms)
    elif ends.step is not None and ends.step not in flow.steps:
        yield _unknown(
            located, (*at, "step"), f"step of flow '{ends.flow or located.value.flow}'", ends.step, flow.steps
        )
    if ends.queue is not None and ends.queue not in by_queues:
        yield _unknown(located, (*at, "queue"), "queue", ends.queue, by_queues)


def _unknown_ways(
    located: Located[ScriptForm], at: Place, given: GivenForm, steps: Steps, by_queues: Diverts
) -> Iterator[Mistake]:
    for step, words in given.ways.items():
        if step not in steps:
            yield _unknown_key(located, (*at, step), "step", step, steps)
            continue
        known = {word for form in steps[step] for word in _words(form, by_queues)}
        for n, word in enumerate(words):
            if word not in known:
                yield _unknown(located, (*at, step, n), f"way out of step '{step}'", word, known)


def _unknown_answers(located: Located[ScriptForm], at: Place, given: GivenForm, steps: Steps) -> Iterator[Mistake]:
    for step, answers in given.answers.items():
        if step not in steps:
            yield _unknown_key(located, (*at, step), "step", step, steps)
            continue
        references = (one for form in steps[step] for one in form.references())
        learned = {one.name for one in references if one.kind is Kind.VARIABLE}
        for variable in answers.keys() - learned:
            yield _unknown_key(located, (*at, step, variable), f"variable of step '{step}'", variable, learned)


def _words(form: StepForm, by_queues: Diverts) -> set[str]:
    queues = (reference.name for reference in form.references() if reference.kind is Kind.QUEUE)
    diverts = {to for queue in queues if form.ends for to in by_queues.get(queue, ())}
    words = {way.word for way in form.ways()}
    return words | diverts | ({"holiday", "emergency"} if "closed" in words else set())


def _unknown(located: Located[ScriptForm], place: Place, what: str, name: str, known: Collection[str]) -> Mistake:
    return located.mistake(place, f"unknown {what} '{name}'{did_you_mean(name, known)}")


def _unknown_key(located: Located[ScriptForm], place: Place, what: str, name: str, known: Collection[str]) -> Mistake:
    return located.mistake_in_key(place, f"unknown {what} '{name}'{did_you_mean(name, known)}")
