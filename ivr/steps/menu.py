"""`do: menu`: say what there is to choose from, and take one key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from ivr.prompts.spoken_values import Said
from ivr.state import MENU_PATH, MENU_PATH_KEPT, State, menus_passed
from ivr.steps.form import Key, Name, Reference, StepForm, Way
from ivr.steps.said import SaidForm, said, said_references
from ivr.steps.step import Go, Stay, Step
from ivr.steps.talk import CameOf, Do, DoAsk, Pressed


@dataclass(frozen=True, slots=True)
class Menu(Step):
    """Say something and go where the key pressed leads; after `tries` without a right key, go on by itself."""

    said: Said
    keys: Mapping[str, str]
    """Step by key (`0`-`9`, `*`, `#`)."""
    no_input: str
    wrong_input: str
    wrong_say: Said
    """Said after a key that leads nowhere; it may be nothing."""
    wait_s: float
    tries: int
    barge_in: bool

    def enter(self, state: State) -> Do:  # noqa: ARG002 - asks everybody the same
        """Ask for the key."""
        return self._ask(self.said)

    def after(self, state: State, heard: CameOf) -> Go | Stay | None:
        """Go where the key leads, or ask again."""
        if not isinstance(heard, Pressed):
            return None
        key = heard.key
        if key in self.keys:
            path = "/".join([*menus_passed(state.variables), state.step, key][-2 * MENU_PATH_KEPT :])
            return Go(key, self.keys[key], {MENU_PATH: path})
        tries = state.tries + 1
        if tries >= self.tries:
            return Go("wrong_input", self.wrong_input) if key else Go("no_input", self.no_input)
        again = (*self.wrong_say, *self.said) if key else self.said
        return Stay(replace(state, tries=tries), self._ask(again))

    def _ask(self, what: Said) -> DoAsk:
        return DoAsk(what, self.wait_s, self.barge_in)


class MenuForm(StepForm):
    """`do: menu`. Where `wrong_input` is not given, a wrong key leads where no key does."""

    counted: ClassVar[bool] = True

    do: Literal["menu"]
    say: SaidForm
    keys: Annotated[dict[Key, Name], Field(min_length=1)]
    hidden: dict[Key, Name] = Field(default={})
    """Keys that are taken and not announced."""
    no_input: Name
    wrong_input: Name | None = None
    wrong_say: SaidForm = ()
    wait_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    barge_in: bool = True

    @model_validator(mode="after")
    def _each_key_once(self) -> MenuForm:
        if twice := sorted(self.keys.keys() & self.hidden.keys()):
            raise ValueError(f"key {twice[0]} is in `keys` and in `hidden`: it can lead to one step alone")
        return self

    def step(self) -> Menu:
        """Return the step it stands for."""
        return Menu(
            said(self.say),
            {**self.keys, **self.hidden},
            self.no_input,
            self.wrong_input or self.no_input,
            said(self.wrong_say),
            self.wait_s,
            self.tries,
            self.barge_in,
        )

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        yield from (Way(key, to, ("keys", key), acted=True) for key, to in self.keys.items())
        yield from (Way(key, to, ("hidden", key), acted=True) for key, to in self.hidden.items())
        yield Way("no_input", self.no_input, ("no_input",))
        if self.wrong_input is not None:
            yield Way("wrong_input", self.wrong_input, ("wrong_input",), acted=True)

    def references(self) -> Iterator[Reference]:
        """Yield what is said."""
        yield from said_references(self.say, "say")
        yield from said_references(self.wrong_say, "wrong_say")
