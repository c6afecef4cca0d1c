"""What makes a flow unfit for callers although every line of it is well-formed: named before it meets one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from acd.errors import BadNeed
from acd.expressions import Expression
from acd.negation import misplaced_negation
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from ivr.flows.condition_types import never_holds, samples_of
from ivr.flows.form import FlowForm
from ivr.flows.variables import Variables, variables_of, wrong_variable
from ivr.steps.call_flow import ReturnForm
from ivr.steps.form import Kind, Place, Reference, Way

CORE = "core:"
"""What the name of one of Asterisk's core sounds begins with."""

Named = Literal[Kind.QUEUE, Kind.CALENDAR, Kind.LANGUAGE, Kind.LOOKUP, Kind.AGENT, Kind.FLOW]
"""Kinds of things that have names."""


@dataclass(frozen=True, slots=True)
class Known:
    """What flows may refer to besides themselves."""

    queues: Collection[str]
    calendars: Collection[str] = ()
    diverts: Collection[str] = ()
    """Steps that queues' plans send callers to when nobody is there."""
    lookups: Collection[str] = ()
    """Other systems that flows may ask."""
    agents: Collection[str] = ()
    flows: Collection[str] = ()
    dials: Callable[[str], bool] = lambda _: False
    """Whether the policy of dialled numbers lists a number for flows."""
    calls_back: bool = False
    """The centre says how customers are called back."""
    prompts: Mapping[str, Collection[str]] | None = None
    """By folder of prompts, those there are besides the flow's own texts (recorded files)."""


def mistakes_in(located: Located[FlowForm], known: Known) -> Iterator[Mistake]:
    """Yield every mistake in the file."""
    form = located.value
    ways = {name: list(step.ways()) for name, step in form.steps.items()}
    there = variables_of(form)
    unknown = list(_unknown_steps(located, ways))
    yield from unknown
    if form.language not in form.languages:
        yield _unknown(located, ("language",), "language", form.language, form.languages)
    for name, step in form.steps.items():
        for reference in step.references():
            yield from _unfounded(located, name, reference, known, there)
    yield from _missing_texts(located, known)
    if form.fax is not None and any(isinstance(step, ReturnForm) for step in form.steps.values()):
        yield located.mistake(
            ("fax",), "a flow that returns is entered by no caller: say `fax` in the flow that calls it"
        )
    if not unknown:  # a mistyped step makes others look unreached
        yield from _bad_shape(located, ways, known)


def _unknown_steps(located: Located[FlowForm], ways: Mapping[str, Iterable[Way]]) -> Iterator[Mistake]:
    form = located.value
    if form.start not in form.steps:
        yield _unknown(located, ("start",), "step", form.start, form.steps)
    if form.fax is not None and form.fax not in form.steps:
        yield _unknown(located, ("fax",), "step", form.fax, form.steps)
    for name, found in ways.items():
        for way in found:
            if way.to not in form.steps:
                yield _unknown(located, ("steps", name, *way.place), "step", way.to, form.steps)


def _unfounded(
    located: Located[FlowForm], step: str, reference: Reference, known: Known, there: Variables
) -> Iterator[Mistake]:
    """Yield what is wrong with something a step counts on."""
    name, place, kind = reference.name, ("steps", step, *reference.place), reference.kind
    match kind:
        case Kind.PROMPT if not name.startswith(CORE):
            yield from _missing_prompt(located, place, name, known)
        case Kind.QUEUE | Kind.CALENDAR | Kind.LANGUAGE | Kind.LOOKUP | Kind.AGENT | Kind.FLOW:
            if name not in (names := _there(kind, located, known)):
                yield _unknown(located, place, kind.value, name, names)
        case Kind.VARIABLE | Kind.MASKED | Kind.SPOKEN | Kind.VALUE | Kind.ADDRESSED | Kind.DIALLED | Kind.GIVEN:
            yield from wrong_variable(located, kind, name, place, there)
        case Kind.CONDITION:
            yield from _bad_expression(located, place, name)
        case Kind.CALLBACKS if not known.calls_back:
            text = "nobody can be called back: switchboard.yaml has no `callback` (which numbers, dialled how)"
            yield located.mistake(place, text)
        case Kind.NUMBER if not known.dials(name):
            text = "this number is never dialled: no list of `dialling` in switchboard.yaml has it for the door `flow`"
            yield located.mistake(place, text)
        case Kind.PROMPT | Kind.CALLBACKS | Kind.NUMBER:
            pass
        case _:
            assert_never(kind)


def _there(
    kind: Literal[Kind.QUEUE, Kind.CALENDAR, Kind.LANGUAGE, Kind.LOOKUP, Kind.AGENT, Kind.FLOW],
    located: Located[FlowForm],
    known: Known,
) -> Collection[str]:
    match kind:
        case Kind.QUEUE:
            return known.queues
        case Kind.CALENDAR:
            return known.calendars
        case Kind.LANGUAGE:
            return located.value.languages
        case Kind.LOOKUP:
            return known.lookups
        case Kind.AGENT:
            return known.agents
        case Kind.FLOW:
            return known.flows
        case _:
            assert_never(kind)


def _unknown(located: Located[FlowForm], place: Place, what: str, name: str, known: Collection[str]) -> Mistake:
    return located.mistake(place, f"unknown {what} '{name}'{did_you_mean(name, known)}")


def _bad_expression(located: Located[FlowForm], place: Place, text: str) -> Iterator[Mistake]:
    try:
        condition = Expression(text)
    except BadNeed as mistake:
        yield located.mistake(place, " ".join(str(mistake).split()))
        return
    if why := misplaced_negation(text) or never_holds(condition, samples_of(located.value)):
        yield located.mistake(place, why)


def _missing_prompt(located: Located[FlowForm], place: Place, prompt: str, known: Known) -> Iterator[Mistake]:
    form, recorded = located.value, known.prompts or {}
    everywhere = {name for names in recorded.values() for name in names} | form.prompts.keys()
    if prompt not in everywhere:
        yield located.mistake(place, f"unknown prompt '{prompt}'{did_you_mean(prompt, everywhere)}")
    elif prompt not in form.prompts:
        for language in form.languages.values():
            if prompt not in recorded.get(language, ()):
                yield located.mistake(place, f"prompt '{prompt}' is recorded, but not in language '{language}'")


def _missing_texts(located: Located[FlowForm], known: Known) -> Iterator[Mistake]:
    form, recorded = located.value, known.prompts or {}
    for prompt, texts in form.prompts.items():
        for language in form.languages.values():
            if language not in texts and prompt not in recorded.get(language, ()):
                yield located.mistake_in_key(("prompts", prompt), f"prompt '{prompt}' has no text in '{language}'")


def _bad_shape(located: Located[FlowForm], ways: Mapping[str, list[Way]], known: Known) -> Iterator[Mistake]:
    steps = located.value.steps
    all_ways = {name: [way.to for way in found if way.to in steps] for name, found in ways.items()}
    begins = {located.value.start, located.value.fax or located.value.start, *known.diverts}
    reached = _reachable(all_ways, begins & steps.keys())
    for name in steps.keys() - reached:
        yield located.mistake_in_key(("steps", name), f"step '{name}' is never reached")
    ends = {name for name, step in steps.items() if step.ends}
    back: dict[str, list[str]] = {name: [] for name in steps}
    for name, found in all_ways.items():
        for to in found:
            back[to].append(name)
    for name in reached - _reachable(back, ends):
        yield located.mistake_in_key(("steps", name), f"from step '{name}' no way leads to a queue or to the end")
    by_itself = {name: [way.to for way in found if way.to in steps and not way.acted] for name, found in ways.items()}
    for name in sorted(steps):
        if name in _reachable(by_itself, by_itself[name]):
            yield located.mistake_in_key(
                ("steps", name),
                f"step '{name}' comes round to itself without the caller doing anything: that never ends",
            )


def _reachable(ways: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    pending = list(start)
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending.extend(ways[name])
    return reached
