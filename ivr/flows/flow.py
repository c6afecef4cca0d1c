"""A flow and its pure step function: `step(flow, state, heard)` says what to do next, and touches nothing.

Each kind of step is a module in `ivr/steps/`. A flow that passed `checks.py` always comes to a step that waits for
the caller, the queue or the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from ivr.state import ENTRY, LANGUAGE, MENU_PATH, SHARED, Frame, State
from ivr.steps.call_flow import CallFlow, ReturnStep
from ivr.steps.step import Call, Go, Return, Stay, Step
from ivr.steps.talk import Do, Entered, Heard, LeftQueue


@dataclass(frozen=True, slots=True)
class Flow:
    """What a caller meets. `version` is a hash of its content: a call stays in the version it entered with."""

    name: str
    version: str
    start: str
    languages: Mapping[str, str]
    """Folder of prompts (`en`) by the language's name (`english`)."""
    language: str
    """The language callers are spoken to in until they choose."""
    steps: Mapping[str, Step]
    labels: Mapping[str, str] = field(default_factory=dict)
    """What steps are called in reports, by step: whoever leaves one is counted."""
    called: Mapping[str, Flow] = field(default_factory=dict)
    """The flows that this one calls, and those that they call, by name; the version counts them in."""
    fax: str = ""
    """The step where a caller goes who turns out to be a fax machine; empty: nobody listens for one."""

    def begin(self, entry: str) -> State:
        """Where a new caller stands; `entry` is the name they came in by."""
        return State(self.start, ()).knowing({LANGUAGE: self.language, MENU_PATH: "", ENTRY: entry})

    @property
    def returns(self) -> bool:
        """Whether it is made to be called by another flow."""
        return any(isinstance(step, ReturnStep) for step in self.steps.values())

    def at(self, state: State) -> Flow:
        """Return the flow that the caller is in: this one, or the one called last."""
        return self.called[state.stack[-1].into] if state.stack else self

    def fits(self, step: str, stack: Sequence[Frame]) -> bool:
        """Whether a caller may be at this step, called as the stack says: not where something was taken out since."""
        flow = self
        for frame in stack:
            if not isinstance(calling := flow.steps.get(frame.step), CallFlow) or calling.flow != frame.into:
                return False
            flow = self.called[frame.into]
        return step in flow.steps

    def speaks(self, state: State) -> str:
        """Return the folder of prompts to speak to this caller from."""
        here = self.at(state)
        return here.languages.get(str(dict(state.variables).get(LANGUAGE)), here.languages[here.language])


class FlowStuck(Exception):
    """The flow goes round without ever saying anything: the flow is at fault, and its checks should have refused it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that the caller left, by the word of the way and the step that it leads to."""

    flow: str
    """The flow that the step is in: the one entered, or one that was called."""
    step: str
    way: str
    to: str


def step(flow: Flow, state: State, heard: Heard) -> tuple[State, Do]:
    """Return where the caller is now and what to do there, given what came of the last thing done.

    Raises FlowStuck, and KeyError for a step the flow has not.
    """
    return step_noting(flow, state, heard, [])


def step_noting(flow: Flow, state: State, heard: Heard, passed: list[Passed]) -> tuple[State, Do]:
    """The same, for who wants to know the way: the steps left are added to `passed`, those that nobody notices too."""
    match heard:
        case Entered():
            return _enter(flow, state, passed)
        case LeftQueue(to, learned):
            return _enter(flow, replace(state.at(to).knowing(learned), secrets=()), passed)
        case _:
            here = flow.at(state).steps[state.step]
            match here.after(state, heard):
                case Go() as go:
                    return _enter(flow, _gone(flow, state, go, passed), passed)
                case Stay(stays, do):
                    return stays, do
                case None:
                    told = f"{type(heard).__name__} at step {state.step} ({type(here).__name__})"
                    raise FlowStuck(f"flow {flow.at(state).name}: {told}")
                case never:
                    assert_never(never)


def _enter(flow: Flow, state: State, passed: list[Passed]) -> tuple[State, Do]:
    """Go on to the first step that does something a caller notices."""
    state = state.at(state.step)
    been: set[tuple[str, ...]] = set()
    while (spot := (*(frame.step for frame in state.stack), state.step)) not in been:
        been.add(spot)  # with the steps that called, for a flow may be called from several
        match flow.at(state).steps[state.step].enter(state):
            case Go() as go:
                state = _gone(flow, state, go, passed)
            case Call() as call:
                state = _called(flow, state, call)
            case Return():
                state = _returned(flow, state, passed)
            case do:
                return state, do
    raise FlowStuck(f"flow {flow.at(state).name} goes round silently at step {state.step}")


def _gone(flow: Flow, state: State, go: Go, passed: list[Passed]) -> State:
    passed.append(Passed(flow.at(state).name, state.step, go.way, go.to))
    gone = state.at(go.to).without(*go.forgets).knowing(go.learned)
    return replace(gone, secrets=tuple(sorted({**dict(gone.secrets), **go.secrets}.items()))) if go.secrets else gone


def _called(flow: Flow, state: State, call: Call) -> State:
    shared = tuple((name, value) for name, value in state.variables if name in SHARED)
    stack = (*state.stack, Frame(state.step, call.flow, state.variables))
    return replace(state.at(flow.called[call.flow].start), variables=shared, stack=stack).knowing(dict(call.takes))


def _returned(flow: Flow, state: State, passed: list[Passed]) -> State:
    if not state.stack:
        raise FlowStuck(f"flow {flow.name} returns at step {state.step}, and nothing called it")
    *stack, frame = state.stack
    told = dict(state.variables)
    waited = replace(state.at(frame.step), variables=frame.variables, stack=tuple(stack))
    go = flow.at(waited).steps[frame.step].returned(told)
    if go is None:
        raise FlowStuck(f"flow {flow.at(waited).name} calls nothing at step {frame.step}")
    return _gone(flow, waited.knowing({name: told[name] for name in SHARED if name in told}), go, passed)
