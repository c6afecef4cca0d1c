"""What a step says, in YAML: a prompt, or a list of prompts and variables: `[your-order, {digits: order}]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from ivr.prompts.spoken_values import Currency, How, Part, Said
from ivr.steps.form import Form, Kind, Prompt, Reference, Variable


def _part(given: object) -> object:
    return {"prompt": given} if isinstance(given, str) else given


def _listed(given: object) -> object:
    return [given] if isinstance(given, str | dict) else given


class PartForm(Form):
    """One thing said: a prompt by its name, or a variable by what it is spoken as."""

    prompt: Prompt | None = None
    digits: Variable | None = None
    number: Variable | None = None
    date: Variable | None = None
    time: Variable | None = None
    money: Variable | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> PartForm:
        given = [word for word in ("prompt", *How) if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(f"one of {', '.join(How)} is said at a time, with the variable's name")
        if self.currency is not None and self.money is None:
            raise ValueError("a currency is said of money alone")
        return self

    def part(self) -> str | Part:
        """Return what it stands for."""
        if self.prompt is not None:
            return self.prompt
        how, variable = self.variable()
        return Part(how, variable, self.currency or Currency.CNY)

    def variable(self) -> tuple[How, str]:
        """Return the variable of a part that is not a prompt, and what it is spoken as."""
        return next((how, str(getattr(self, how))) for how in How if getattr(self, how) is not None)


SaidForm = Annotated[
    tuple[Annotated[PartForm, BeforeValidator(_part)], ...],
    BeforeValidator(_listed),
    Field(min_length=1, max_length=20),
]
"""A prompt, or a list of prompts and variables."""


def said(form: SaidForm) -> Said:
    """Return what the form stands for."""
    return tuple(part.part() for part in form)


def said_references(form: SaidForm, *place: str | int) -> Iterator[Reference]:
    """Yield the prompts and variables; `place` is where in the step the form stands."""
    for n, part in enumerate(form):
        if part.prompt is not None:
            yield Reference(Kind.PROMPT, part.prompt, (*place, n))
        else:
            how, variable = part.variable()
            yield Reference(Kind.SPOKEN, variable, (*place, n, how.value))
