"""What is wrong with a flow's variables: the flow's own set by a step, one read that no step sets, one masked and open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from ivr.flows.form import FlowForm
from ivr.prompts.speaking import can_speak
from ivr.state import ENTRY, LANGUAGE, MENU_PATH, SERVED_BY, SERVED_IN
from ivr.steps.form import Kind, Place

RESERVED = frozenset({LANGUAGE, MENU_PATH, ENTRY, SERVED_BY, SERVED_IN})
"""Set by the flow itself."""

AboutVariables = Literal[Kind.VARIABLE, Kind.MASKED, Kind.SPOKEN, Kind.VALUE, Kind.ADDRESSED, Kind.DIALLED, Kind.GIVEN]

_NO_PLACE_FOR_A_SECRET: Mapping[Kind, str] = {
    Kind.ADDRESSED: "an address is written down on its way: send it in the body, by post or put",
    Kind.DIALLED: "what is dialled stands in the telephone network's records: "
    "ask for a number without `masked`, or take it from a lookup",
    Kind.GIVEN: "whoever it is given to would know it openly: leave it out; only the body of a lookup may have it, "
    "in the flow that asked for it",
}


@dataclass(frozen=True, slots=True)
class Variables:
    """The names that a flow's callers may have something by."""

    openly: frozenset[str]
    masked: frozenset[str]


def variables_of(form: FlowForm) -> Variables:
    """Return the variables that a caller of this flow may have."""
    references = [reference for step in form.steps.values() for reference in step.references()]

    def named(kind: Kind) -> frozenset[str]:
        return frozenset(reference.name for reference in references if reference.kind is kind)

    return Variables(RESERVED | frozenset(form.takes) | named(Kind.VARIABLE), named(Kind.MASKED))


def wrong_variable(  # noqa: C901 - one arm for each way to use one
    located: Located[FlowForm], kind: AboutVariables, name: str, place: Place, there: Variables
) -> Iterator[Mistake]:
    """Yield what is wrong with a step's use of a variable."""
    match kind:
        case Kind.VARIABLE | Kind.MASKED:
            if name in RESERVED:
                yield located.mistake_in_key(place, f"'{name}' is set by the flow itself")
            elif kind is Kind.MASKED and name in there.openly:
                text = f"'{name}' is masked here and set openly elsewhere, where it would be written down"
                yield located.mistake(place, text)
        case Kind.SPOKEN:
            if name not in there.openly:
                told = f"no step sets a variable '{name}' that could be spoken{did_you_mean(name, there.openly)}"
                yield located.mistake(place, told)
            for language in located.value.languages.values():
                if not can_speak(language):
                    told = f"values can be spoken in 'zh' and 'en' only, and this flow speaks '{language}'"
                    yield located.mistake(place, told)
        case Kind.ADDRESSED | Kind.DIALLED | Kind.GIVEN if name in there.masked:
            yield located.mistake(place, f"'{name}' is masked, and {_NO_PLACE_FOR_A_SECRET[kind]}")
        case Kind.VALUE | Kind.ADDRESSED | Kind.DIALLED | Kind.GIVEN:
            if name not in (known := there.openly | there.masked):
                yield located.mistake(place, f"no step sets the variable '{name}'{did_you_mean(name, known)}")
        case _:
            assert_never(kind)
