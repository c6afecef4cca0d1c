"""`do: survey`: ask one question after a talk, answered by a digit; told with who talked with the caller and in which queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ivr.prompts.spoken_values import Said
from ivr.state import State
from ivr.steps.form import Kind, Name, Reference, StepForm, Variable, Way
from ivr.steps.said import SaidForm, said, said_references
from ivr.steps.step import Go, Stay, Step
from ivr.steps.talk import CameOf, Do, DoAsk, Done, DoNoteAnswer, Pressed


@dataclass(frozen=True, slots=True)
class Answered:
    """What the caller answered, remembered until it is told; None: nothing that counts."""

    answer: int | None


@dataclass(frozen=True, slots=True)
class Survey(Step):
    """Ask a question; an answer from `least` to `most` becomes the variable of the question's name."""

    question: str
    said: Said
    least: int
    most: int
    wrong_say: Said
    wait_s: float
    tries: int
    then: str
    otherwise: str
    """Where there is no answer; empty: `then`, too."""

    def enter(self, state: State) -> Do:  # noqa: ARG002 - asks everybody the same
        """Ask."""
        return self._ask(self.said)

    def after(self, state: State, heard: CameOf) -> Go | Stay | None:  # noqa: PLR0911 - one arm for each thing heard
        """Have the answer told, then go on; ask again after a key that is none."""
        match heard, state.memory:
            case Pressed(key), _ if key.isdecimal() and self.least <= int(key) <= self.most:
                return self._tell(state, int(key))
            case Pressed(key), _ if state.tries + 1 < self.tries:
                again = (*self.wrong_say, *self.said) if key else self.said
                return Stay(replace(state, tries=state.tries + 1), self._ask(again))
            case Pressed(), _:
                return self._tell(state, None)
            case Done(), Answered(None) if self.otherwise:
                return Go("otherwise", self.otherwise)
            case Done(), Answered(None):
                return Go("then", self.then)
            case Done(), Answered(int() as answer):
                return Go("then", self.then, {self.question: answer})
            case _:
                return None

    def _ask(self, what: Said) -> DoAsk:
        return DoAsk(what, self.wait_s, barge_in=True)

    def _tell(self, state: State, answer: int | None) -> Stay:
        return Stay(replace(state, memory=Answered(answer)), DoNoteAnswer(self.question, answer))


class SurveyForm(StepForm):
    """`do: survey`; without `otherwise` who does not answer goes on at `then`, too."""

    do: Literal["survey"]
    question: Variable
    say: SaidForm
    least: Annotated[int, Field(ge=0, le=9)] = 1
    most: Annotated[int, Field(ge=0, le=9)] = 5
    wrong_say: SaidForm = ()
    wait_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    tries: Annotated[int, Field(ge=1, le=10)] = 2
    then: Name
    otherwise: Name | None = None

    @model_validator(mode="after")
    def _something_to_choose_from(self) -> Self:
        if self.least >= self.most:
            raise ValueError("`least` is the lowest answer and `most` the highest: there is nothing between them")
        return self

    def step(self) -> Survey:
        """Return the step it stands for."""
        return Survey(
            self.question,
            said(self.say),
            self.least,
            self.most,
            said(self.wrong_say),
            self.wait_s,
            self.tries,
            self.then,
            self.otherwise or "",
        )

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then", "otherwise")

    def references(self) -> Iterator[Reference]:
        """Yield what is said, and the variable that it sets."""
        yield Reference(Kind.VARIABLE, self.question, ("question",))
        yield from said_references(self.say, "say")
        yield from said_references(self.wrong_say, "wrong_say")
