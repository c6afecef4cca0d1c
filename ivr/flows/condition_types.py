"""Conditions that can never be evaluated because of what their variables are: `call.count > "x"`, where `count` is a number.

Found by trying: each variable whose kind of value is known has a value such as it may have. What is not known is not blamed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice, product

from acd.errors import BadNeed
from acd.expressions import Expression
from ivr.flows.form import FlowForm
from ivr.state import ENTRY, LANGUAGE, MENU_PATH
from ivr.steps.form import Kind

Value = str | int | float | bool
Samples = Mapping[str, Sequence[Value]]
MOST_TRIED = 64
"""So many combinations of kinds of values are tried at the most."""


def samples_of(form: FlowForm) -> Samples:
    """Return by variable a value of each kind that steps give it; those of which a step does not say it are left out."""
    samples: dict[str, list[Value]] = {name: ["a"] for name in (LANGUAGE, MENU_PATH, ENTRY)}
    unknown = set(form.takes)
    for step in form.steps.values():
        told = step.samples()
        set_here = {one.name for one in step.references() if one.kind in (Kind.VARIABLE, Kind.MASKED)}
        unknown |= set_here - told.keys()
        for name, value in told.items():
            samples.setdefault(name, []).append(value)
    return {name: values for name, values in samples.items() if name not in unknown}


def never_holds(expression: Expression, samples: Samples) -> str:
    """Return why the condition can never hold, whatever of these its variables are; empty where it may."""
    mentioned = [name for name in samples if name in expression.text]
    why = ""
    for values in islice(product(*(samples[name] for name in mentioned)), MOST_TRIED):
        facts = {"call": dict(zip(mentioned, values, strict=True)), "entered": "1"}
        try:
            worth = expression.value(facts)
        except BadNeed as bad:
            if not isinstance(bad.__cause__, TypeError):
                return ""
            why = "compares or computes with kinds of values that do not go together"
        else:
            if isinstance(worth, bool):
                return ""
            why = "is neither true nor false"
    kinds = ", ".join(f"{name} is {_kinds(samples[name])}" for name in mentioned)
    return why and f"the condition {why}" + (f": {kinds}" if kinds else "")


def _kinds(values: Sequence[Value]) -> str:
    return " or ".join(dict.fromkeys(_kind(value) for value in values))


def _kind(value: Value) -> str:
    match value:
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case float():
            return "a number"
        case str():
            return "a text"
