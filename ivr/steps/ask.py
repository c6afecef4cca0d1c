"""`do: ask`: take digits: an order number, a date of birth, a card number that nobody may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from acd.expressions import Expression
from ivr.prompts.spoken_values import Said
from ivr.state import State
from ivr.steps.form import Form, Key, Kind, Name, Reference, StepForm, Variable, Way
from ivr.steps.said import SaidForm, said, said_references
from ivr.steps.step import Go, Stay, Step
from ivr.steps.talk import CameOf, Digits, Do, DoAsk, DoAskDigits, Pressed

MOST_DIGITS = 32
_InVain = Literal["wrong_input", "no_input"]
"""The ways of who did not enter what was asked for."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """What was entered is read back, and taken with one key or asked anew with another."""

    said: Said
    yes: str
    again: str


@dataclass(frozen=True, slots=True)
class _ReadBack:
    """Digits were entered; they are being read back."""


@dataclass(frozen=True, slots=True)
class Ask(Step):
    """Take `least` to `most` digits into a variable; after `tries` in vain, go on by itself.

    What is wrong, not confirmed or not entered at all each counts as a try.
    """

    said: Said
    into: str
    least: int
    most: int
    valid: Expression | None
    """Sees the digits as `entered`, variables as `call.NAME`. Without it everything but digits (a star) is wrong."""
    wait_s: float
    """How long is waited for the first digit, and between two."""
    tries: int
    wrong_say: Said
    confirm: Confirm | None
    masked: bool
    """The digits are a secret: they are in no ticket, log, event or recording, and forgotten with the session."""
    then: str
    no_input: str
    wrong_input: str

    def enter(self, state: State) -> Do:  # noqa: ARG002 - asks everybody the same
        """Ask."""
        return self._ask(self.said)

    def after(self, state: State, heard: CameOf) -> Go | Stay | None:
        """Take what is right, read it back, or ask again."""
        match state.memory, heard:
            case None, Digits(entered):
                return self._entered(state, entered)
            case _ReadBack(), Pressed(key) if self.confirm is not None:
                return self._answered(state, key, self.confirm)
            case _:
                return None

    def _entered(self, state: State, entered: str) -> Go | Stay:
        if not self._is_right(entered, state):
            return self._again(state, "wrong_input" if entered else "no_input")
        if self.confirm is not None:
            return self._read_back(state.knowing({self.into: entered}), self.confirm)
        if self.masked:
            return Go("then", self.then, secrets={self.into: entered})
        return Go("then", self.then, {self.into: entered})

    def _answered(self, state: State, key: str, confirm: Confirm) -> Go | Stay:
        if key == confirm.yes:
            return Go("then", self.then)
        if key == confirm.again:
            return self._again(state, "wrong_input", wrong_say=())
        tries = state.tries + 1
        if tries >= self.tries:
            return self._given_up("wrong_input" if key else "no_input")
        return self._read_back(replace(state, tries=tries), confirm)

    def _is_right(self, entered: str, state: State) -> bool:
        if not self.least <= len(entered) <= self.most:
            return False
        if self.valid is None:
            return entered.isdigit()
        return self.valid.holds({"entered": entered, "call": dict(state.variables)})

    def _read_back(self, state: State, confirm: Confirm) -> Stay:
        return Stay(replace(state, memory=_ReadBack()), DoAsk(confirm.said, self.wait_s, barge_in=True))

    def _again(self, state: State, way: _InVain, wrong_say: Said | None = None) -> Go | Stay:
        tries = state.tries + 1
        if tries >= self.tries:
            return self._given_up(way)
        first = self.wrong_say if wrong_say is None else wrong_say
        words = (*first, *self.said) if way == "wrong_input" else self.said
        return Stay(replace(state.without(self.into), tries=tries, memory=None), self._ask(words))

    def _given_up(self, way: _InVain) -> Go:
        ways: Mapping[str, str] = {"wrong_input": self.wrong_input, "no_input": self.no_input}
        return Go(way, ways[way], forgets=(self.into,))

    def _ask(self, what: Said) -> DoAskDigits:
        return DoAskDigits(what, self.most, self.wait_s, self.masked)


class ConfirmForm(Form):
    """How what was entered is read back: `say` speaks the variable; `yes` takes it, `again` asks anew."""

    say: SaidForm
    yes: Key = "1"
    again: Key = "2"


class AskForm(StepForm):
    """`do: ask`. Where `wrong_input` is not given, wrong digits lead where none do."""

    counted: ClassVar[bool] = True

    do: Literal["ask"]
    say: SaidForm
    into: Variable
    least: Annotated[int, Field(ge=1, le=MOST_DIGITS)] = 1
    most: Annotated[int, Field(ge=1, le=MOST_DIGITS)]
    valid: Annotated[str, Field(max_length=300)] = ""
    wait_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    wrong_say: SaidForm = ()
    confirm: ConfirmForm | None = None
    masked: bool = False
    then: Name
    no_input: Name
    wrong_input: Name | None = None

    @model_validator(mode="after")
    def _sound(self) -> AskForm:
        if self.least > self.most:
            raise ValueError(f"'least' is {self.least} and 'most' {self.most}: no number of digits is right")
        if self.masked and self.confirm is not None:
            raise ValueError(
                "masked digits are not read back, since whoever stands by would hear them: take 'confirm' out"
            )
        if self.confirm is not None and self.confirm.yes == self.confirm.again:
            raise ValueError("'yes' and 'again' are the same key")
        return self

    def step(self) -> Ask:
        """Return the step it stands for."""
        confirm = self.confirm
        return Ask(
            said(self.say),
            self.into,
            self.least,
            self.most,
            Expression(self.valid) if self.valid else None,
            self.wait_s,
            self.tries,
            said(self.wrong_say),
            None if confirm is None else Confirm(said(confirm.say), confirm.yes, confirm.again),
            self.masked,
            self.then,
            self.no_input,
            self.wrong_input or self.no_input,
        )

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        yield Way("then", self.then, ("then",), acted=True)
        yield from self.named_ways("no_input")
        if self.wrong_input is not None:
            yield Way("wrong_input", self.wrong_input, ("wrong_input",), acted=True)

    def samples(self) -> Mapping[str, str]:
        """Return the variable: digits are a text."""
        return {self.into: "1"}

    def references(self) -> Iterator[Reference]:
        """Yield the variable, what is said, and the condition."""
        yield Reference(Kind.MASKED if self.masked else Kind.VARIABLE, self.into, ("into",))
        yield from said_references(self.say, "say")
        yield from said_references(self.wrong_say, "wrong_say")
        if self.confirm is not None:
            yield from said_references(self.confirm.say, "confirm", "say")
        if self.valid:
            yield Reference(Kind.CONDITION, self.valid, ("valid",))
