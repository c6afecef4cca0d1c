"""`do: language`: speak another language from here on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ivr.state import LANGUAGE, State
from ivr.steps.form import Kind, Name, Reference, StepForm, Way
from ivr.steps.step import Go, Step


@dataclass(frozen=True, slots=True)
class Language(Step):
    """Speak this language from here on."""

    language: str
    then: str

    def enter(self, state: State) -> Go:  # noqa: ARG002 - the same for everybody
        """Go on in this language."""
        return Go("then", self.then, {LANGUAGE: self.language})


class LanguageForm(StepForm):
    """`do: language`."""

    do: Literal["language"]
    language: Name
    then: Name

    def step(self) -> Language:
        """Return the step it stands for."""
        return Language(self.language, self.then)

    def ways(self) -> Iterator[Way]:
        """Yield every way out."""
        return self.named_ways("then")

    def references(self) -> Iterator[Reference]:
        """Yield the language."""
        yield Reference(Kind.LANGUAGE, self.language, ("language",))
