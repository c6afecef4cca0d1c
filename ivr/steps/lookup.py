"""`do: lookup`: ask another system, and go on by what it says, or by why it said nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ivr.lookups.answers import Type, Wanted, path_of
from ivr.lookups.port import CALLER_NUMBER, Failure, Inquiry, Learned, Method, NotLearned, placeholders
from ivr.state import State
from ivr.steps.form import Form, Kind, Name, Place, Prompt, Reference, StepForm, Variable, Way
from ivr.steps.step import Go, Step
from ivr.steps.talk import CameOf, Do, DoLookUp


@dataclass(frozen=True, slots=True)
class Lookup(Step):
    """Ask another system while the caller hears a prompt, then music."""

    inquiry: Inquiry
    prompt: str
    """Empty: none."""
    music: str
    then: str
    ways: Mapping[Failure, str]
    """A step for each failure."""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - the same for everybody; the session fills in what it knows
        """Ask."""
        return DoLookUp(self.inquiry, self.prompt, self.music)

    def after(self, state: State, heard: CameOf) -> Go | None:  # noqa: ARG002 - the same for everybody
        """Go on knowing what was learned, or where the failure leads."""
        match heard:
            case Learned(variables):
                return Go("then", self.then, dict(variables))
            case NotLearned(why):
                return Go(why.value, self.ways[why])
            case _:
                return None


def _template(text: str) -> str:
    placeholders(text)
    return text


def _path(text: str) -> str:
    path_of(text)
    return text


Template = Annotated[str, Field(max_length=200), AfterValidator(_template)]
"""A text in which `{name}` stands for a variable's value."""
AnswerPath = Annotated[str, Field(max_length=200), AfterValidator(_path)]


_SAMPLES: Mapping[Type, str | int | float | bool] = {
    Type.TEXT: "a",
    Type.WHOLE: 1,
    Type.NUMBER: 1.5,
    Type.YES_NO: True,
}


class TakeForm(Form):
    """A value taken from the answer."""

    place: AnswerPath = Field(alias="from")
    type: Type = Field(default=Type.TEXT, alias="as")
    most: Annotated[int, Field(ge=1, le=80)] = 40
    default: bool | int | float | Annotated[str, Field(max_length=80)] | None = None

    @model_validator(mode="after")
    def _default_of_its_type(self) -> Self:
        fits = {
            Type.TEXT: isinstance(self.default, str),
            Type.YES_NO: isinstance(self.default, bool),
            Type.WHOLE: isinstance(self.default, int) and not isinstance(self.default, bool),
            Type.NUMBER: isinstance(self.default, int | float) and not isinstance(self.default, bool),
        }
        if self.default is not None and not fits[self.type]:
            raise ValueError(f"the default is not {self.type.value}, as the value is")
        return self

    def wanted(self, variable: str) -> Wanted:
        """Return what it stands for."""
        return Wanted(variable, path_of(self.place), self.type, self.most, self.default)


class LookupForm(StepForm):
    """`do: lookup`; `otherwise` serves the failures that have no step of their own."""

    do: Literal["lookup"]
    at: str
    path: Annotated[Template, Field(pattern=r"^/[!-~]*$")]
    method: Method = Method.GET
    query: Annotated[dict[Annotated[str, Field(min_length=1, max_length=64)], Template], Field(max_length=20)] = Field(
        default={}
    )
    body: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=64)], bool | int | float | Template], Field(max_length=20)
    ] = Field(default={})
    within_s: Annotated[float, Field(ge=0.1, le=15)] = 3.0
    retries: Annotated[int, Field(ge=0, le=3)] | None = None
    say: Prompt | None = None
    music: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")] = "default"
    take: Annotated[dict[Variable, TakeForm], Field(max_length=8)] = Field(default={})
    then: Name
    timeout: Name | None = None
    refused: Name | None = None
    broken: Name | None = None
    bad_answer: Name | None = None
    otherwise: Name | None = None

    @model_validator(mode="after")
    def _every_failure_has_a_step(self) -> Self:
        without = [failure.value for failure in Failure if self._field(failure) is None]
        if without and self.otherwise is None:
            raise ValueError(f"no step for {', '.join(without)}: name one for each, or one for all as `otherwise`")
        if not without and self.otherwise is not None:
            raise ValueError("`otherwise` is never taken: every failure has a step of its own")
        return self

    @model_validator(mode="after")
    def _fits_the_method(self) -> Self:
        if self.method is Method.GET and self.body:
            raise ValueError("get has no body: put what is asked into path and query, or use post")
        if self.retries and not self.method.repeatable:
            raise ValueError("post is never repeated: it might be done twice; leave `retries` out, or use put")
        if "?" in self.path or "#" in self.path:
            raise ValueError("write what follows a ? as `query`")
        return self

    def step(self) -> Lookup:
        """Return the step it stands for."""
        retries = self.retries if self.retries is not None else int(self.method.repeatable)
        inquiry = Inquiry(
            self.at,
            self.method,
            self.path,
            self.query,
            self.body,
            self.within_s,
            1 + retries,
            tuple(form.wanted(variable) for variable, form in self.take.items()),
        )
        ways = {failure: self._field(failure) or self.otherwise or "" for failure in Failure}
        return Lookup(inquiry, self.say or "", self.music, self.then, ways)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        yield from self.named_ways("then")
        for failure in Failure:
            own = self._field(failure)
            to = own or self.otherwise
            if to is not None:
                yield Way(failure.value, to, (failure.value if own else "otherwise",))

    def samples(self) -> Mapping[str, str | int | float | bool]:
        """Return the variables taken, each of its type."""
        return {variable: _SAMPLES[form.type] for variable, form in self.take.items()}

    def references(self) -> Iterator[Reference]:
        """Yield where it is asked, the prompt, the variables that it sends, and those that it sets."""
        yield Reference(Kind.LOOKUP, self.at, ("at",))
        yield from self.prompts("say")
        for variable in self.take:
            yield Reference(Kind.VARIABLE, variable, ("take", variable))
        for place, template in self._templates():
            for name in placeholders(template):
                if name != CALLER_NUMBER:
                    yield Reference(Kind.VALUE if place[0] == "body" else Kind.ADDRESSED, name, place)

    def _templates(self) -> Iterator[tuple[Place, str]]:
        yield ("path",), self.path
        for field, templates in (("query", self.query), ("body", self.body)):
            for name, template in templates.items():
                if isinstance(template, str):
                    yield (field, name), template

    def _field(self, failure: Failure) -> str | None:
        match failure:
            case Failure.TIMEOUT:
                return self.timeout
            case Failure.REFUSED:
                return self.refused
            case Failure.BROKEN:
                return self.broken
            case Failure.BAD_ANSWER:
                return self.bad_answer
