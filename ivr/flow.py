"""A flow and its pure step function: `step(flow, state, heard)` says what to do next, and touches nothing.

Each kind of step is a module in `ivr/steps/`. A flow that passed `flow_checks.py` always comes to a step that waits for
the caller, the queue or the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from ivr.state import ENTRY, LANGUAGE, MENU_PATH, State
from ivr.steps.step import Go, Stay, Step
from ivr.talk import Do, Entered, Heard, LeftQueue


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

    def begin(self, entry: str) -> State:
        """Where a new caller stands; `entry` is the name they came in by."""
        return State(self.start, ()).knowing({LANGUAGE: self.language, MENU_PATH: "", ENTRY: entry})

    def speaks(self, state: State) -> str:
        """Return the folder of prompts to speak to this caller from."""
        return self.languages.get(str(dict(state.variables).get(LANGUAGE)), self.languages[self.language])


class FlowStuck(Exception):
    """The flow goes round without ever saying anything: the flow is at fault, and its checks should have refused it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that the caller left, by the word of the way and the step that it leads to."""

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
        case LeftQueue(to):
            return _enter(flow, replace(state.at(to), secrets=()), passed)
        case _:
            here = flow.steps[state.step]
            match here.after(state, heard):
                case Go() as go:
                    return _enter(flow, _gone(state, go, passed), passed)
                case Stay(stays, do):
                    return stays, do
                case None:
                    told = f"{type(heard).__name__} at step {state.step} ({type(here).__name__})"
                    raise FlowStuck(f"flow {flow.name}: {told}")
                case never:
                    assert_never(never)


def _enter(flow: Flow, state: State, passed: list[Passed]) -> tuple[State, Do]:
    """Go on to the first step that does something a caller notices."""
    state = state.at(state.step)
    for _ in range(len(flow.steps) + 1):
        come_of_it = flow.steps[state.step].enter(state)
        if not isinstance(come_of_it, Go):
            return state, come_of_it
        state = _gone(state, come_of_it, passed)
    raise FlowStuck(f"flow {flow.name} goes round silently at step {state.step}")


def _gone(state: State, go: Go, passed: list[Passed]) -> State:
    passed.append(Passed(state.step, go.way, go.to))
    gone = state.at(go.to).without(*go.forgets).knowing(go.learned)
    return replace(gone, secrets=tuple(sorted({**dict(gone.secrets), **go.secrets}.items()))) if go.secrets else gone
