"""What makes a flow unfit for callers although every line of it is well-formed: named before it meets one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from acd.errors import BadNeed
from acd.expressions import Expression
from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from ivr.flow import LANGUAGE, MENU_PATH
from ivr.flow_form import (
    CallbackForm,
    DecideForm,
    FlowForm,
    HangUpForm,
    HoursForm,
    LanguageForm,
    MenuForm,
    MessageForm,
    QueueForm,
    SayForm,
    SetForm,
    StepForm,
)

CORE = "core:"
"""What the name of one of Asterisk's core sounds begins with."""
_RESERVED = frozenset({LANGUAGE, MENU_PATH, "entry"})


@dataclass(frozen=True, slots=True)
class Known:
    """What flows may refer to besides themselves."""

    queues: Collection[str]
    calendars: Collection[str] = ()
    diverts: Collection[str] = ()
    """Steps that queues' plans send callers to when nobody is there."""
    calls_back: bool = False
    """The centre says how customers are called back."""
    prompts: Mapping[str, Collection[str]] | None = None
    """By folder of prompts, those there are besides the flow's own texts (recorded files)."""


@dataclass(frozen=True, slots=True)
class _Way:
    """A way from one step to another. `acted`: only taken when the caller does something."""

    place: tuple[str | int, ...]
    to: str
    acted: bool = False


def mistakes_in(located: Located[FlowForm], known: Known) -> Iterator[Mistake]:
    """Yield every mistake in the file."""
    form = located.value
    ways = {name: list(_ways(name, step)) for name, step in form.steps.items()}
    unknown = list(_unknown_steps(located, ways))
    yield from unknown
    yield from _unknown_others(located, known)
    if not known.calls_back:
        yield from _nobody_calls_back(located)
    yield from _bad_expressions(located)
    if not unknown:  # a mistyped step makes others look unreached
        yield from _bad_shape(located, ways, known)


def _ways(name: str, step: StepForm) -> Iterator[_Way]:
    at = ("steps", name)
    match step:
        case SayForm() | SetForm() | LanguageForm() | MessageForm():
            yield from _named_ways(at, step, "then")
        case MenuForm():
            yield from (_Way((*at, "keys", key), to, acted=True) for key, to in step.keys.items())
            yield _Way((*at, "no_input"), step.no_input)
            if step.wrong_input is not None:
                yield _Way((*at, "wrong_input"), step.wrong_input, acted=True)
        case DecideForm():
            yield from (_Way((*at, "cases", i, "then"), case.then) for i, case in enumerate(step.cases))
            yield _Way((*at, "otherwise"), step.otherwise)
        case HoursForm():
            yield from _named_ways(at, step, "open", "closed", "holiday", "emergency")
        case CallbackForm():
            yield _Way((*at, "then"), step.then)
            yield _Way((*at, "otherwise"), step.otherwise)
        case QueueForm():
            yield from _named_ways(at, step, "nobody", "turned_away")
        case HangUpForm():
            return


def _named_ways(at: tuple[str, ...], step: StepForm, *fields: str) -> Iterator[_Way]:
    ways = ((field, getattr(step, field)) for field in fields)
    return (_Way((*at, field), to) for field, to in ways if to is not None)


def _unknown_steps(located: Located[FlowForm], ways: Mapping[str, Iterable[_Way]]) -> Iterator[Mistake]:
    steps = located.value.steps
    start = _Way(("start",), located.value.start)
    for way in (start, *(way for found in ways.values() for way in found)):
        if way.to not in steps:
            yield located.mistake(way.place, f"unknown step '{way.to}'{did_you_mean(way.to, steps)}")


def _unknown_others(located: Located[FlowForm], known: Known) -> Iterator[Mistake]:
    form = located.value
    if form.language not in form.languages:
        yield _unknown_language(located, ("language",), form.language)
    for name, step in form.steps.items():
        at = ("steps", name)
        match step:
            case SetForm():
                for variable in sorted(_RESERVED & step.vars.keys()):
                    yield located.mistake_in_key((*at, "vars", variable), f"'{variable}' is set by the flow itself")
            case LanguageForm() if step.language not in form.languages:
                yield _unknown_language(located, (*at, "language"), step.language)
            case HoursForm() if step.calendar not in known.calendars:
                suggestion = did_you_mean(step.calendar, known.calendars)
                yield located.mistake((*at, "calendar"), f"unknown calendar '{step.calendar}'{suggestion}")
            case QueueForm() | CallbackForm() if step.queue not in known.queues:
                suggestion = did_you_mean(step.queue, known.queues)
                yield located.mistake((*at, "queue"), f"unknown queue '{step.queue}'{suggestion}")
            case _:
                pass
        for field in ("say", "wrong_say"):
            prompt = getattr(step, field, None)
            if prompt is not None and not prompt.startswith(CORE):
                yield from _missing_prompt(located, (*at, field), prompt, known)
    yield from _missing_texts(located, known)


def _nobody_calls_back(located: Located[FlowForm]) -> Iterator[Mistake]:
    for name, step in located.value.steps.items():
        if isinstance(step, CallbackForm):
            text = "nobody can be called back: switchboard.yaml has no `callback` (which numbers, dialled how)"
            yield located.mistake(("steps", name, "do"), text)


def _unknown_language(located: Located[FlowForm], place: tuple[str, ...], language: str) -> Mistake:
    known = located.value.languages
    return located.mistake(place, f"unknown language '{language}'{did_you_mean(language, known)}")


def _missing_prompt(located: Located[FlowForm], place: tuple[str, ...], prompt: str, known: Known) -> Iterator[Mistake]:
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


def _bad_expressions(located: Located[FlowForm]) -> Iterator[Mistake]:
    for name, step in located.value.steps.items():
        at = ("steps", name)
        texts: list[tuple[tuple[str | int, ...], str]] = []
        if isinstance(step, DecideForm):
            texts = [((*at, "cases", i, "when"), case.when) for i, case in enumerate(step.cases)]
        if isinstance(step, QueueForm) and step.need:
            texts = [((*at, "need"), step.need)]
        for place, text in texts:
            try:
                Expression(text)
            except BadNeed as mistake:
                yield located.mistake(place, " ".join(str(mistake).split()))


def _bad_shape(located: Located[FlowForm], ways: Mapping[str, list[_Way]], known: Known) -> Iterator[Mistake]:
    steps = located.value.steps
    all_ways = {name: [way.to for way in found if way.to in steps] for name, found in ways.items()}
    reached = _reachable(all_ways, {located.value.start, *known.diverts} & steps.keys())
    for name in steps.keys() - reached:
        yield located.mistake_in_key(("steps", name), f"step '{name}' is never reached")
    ends = {name for name, step in steps.items() if isinstance(step, QueueForm | HangUpForm)}
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
