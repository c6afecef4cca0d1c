"""A flow and its pure step function: `step(flow, state, heard)` says what to do next, and touches nothing.

Step kinds are plain records; a new kind is a record here, its YAML in `flow_file.py`, and a case in `_enter` or `_after`.
A flow that passed `flow_checks.py` always comes to a step that waits for the caller, the queue or the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from acd.expressions import Expression
from acd.names import Attributes, Opening, QueueId

LANGUAGE = "language"
"""The variable that holds the caller's language, by the name that agents' language skills have: `english`."""
MENU_PATH = "menu_path"
"""The variable that holds the menus passed and the keys pressed there: `language/2/topic/1`."""
MENU_PATH_KEPT = 10
"""How many of the last menus the path keeps: tickets have no room for more."""


def menus_passed(variables: Attributes) -> tuple[str, ...]:
    """Return the menus passed and the keys pressed there, in turn: `("language", "2", "topic", "1")`."""
    path = str(dict(variables).get(MENU_PATH, ""))
    return tuple(path.split("/")) if path else ()


# ------------------------------------------------------------------------------------------- kinds of steps


@dataclass(frozen=True, slots=True)
class Say:
    """Play a prompt."""

    prompt: str
    then: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Play a prompt and go where the key pressed leads; after `tries` without a right key, go on by itself."""

    prompt: str
    keys: Mapping[str, str]
    """Step by key (`0`-`9`, `*`, `#`)."""
    no_input: str
    wrong_input: str
    wrong_say: str
    """Prompt said after a key that leads nowhere; empty says nothing."""
    wait_s: float
    tries: int
    barge_in: bool


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Note something about the call."""

    values: Attributes
    then: str


@dataclass(frozen=True, slots=True)
class Decide:
    """Go to the first step whose condition holds; conditions see variables as `call.NAME`."""

    cases: tuple[tuple[Expression, str], ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Language:
    """Speak this language from here on."""

    language: str
    then: str


@dataclass(frozen=True, slots=True)
class Hours:
    """Go where a calendar says: open, closed, on a holiday, closed by hand."""

    calendar: str
    ways: Mapping[Opening, str]
    """A step for each opening."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Wait for an agent. `nobody`: where to go when nobody who could serve is signed in and ready; empty waits on.

    `turned_away`: where to go when the queue does not let the caller in and has no step of its own for that.
    """

    queue: QueueId
    need: str
    priority: int
    nobody: str
    turned_away: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """Offer to be called back, with the place in this queue. `otherwise`: where to go when no callback is agreed."""

    queue: QueueId
    need: str
    priority: int
    then: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Message:
    """Play a prompt and record what the caller says."""

    prompt: str
    most_s: float
    silence_s: float
    then: str


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Play a prompt, if there is one, and hang up."""

    prompt: str


Step = Say | Menu | SetVariables | Decide | Language | Hours | Queue | Callback | Message | Goodbye


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
        return State(self.start, _with((), {LANGUAGE: self.language, MENU_PATH: "", "entry": entry}))


# ------------------------------------------------------------------------------------------ where a caller is


@dataclass(frozen=True, slots=True)
class State:
    """Where a caller is in a flow, and what it learned of them."""

    step: str
    variables: Attributes
    tries: int = 0
    """How often this menu was played in vain."""

    def speaks(self, flow: Flow) -> str:
        """Return the folder of prompts to speak to this caller from."""
        return flow.languages.get(str(dict(self.variables).get(LANGUAGE)), flow.languages[flow.language])


# What came of the last thing that was done:


@dataclass(frozen=True, slots=True)
class Entered:
    """Nothing yet: the caller comes to the state's step, for the first time or again after a crash."""


@dataclass(frozen=True, slots=True)
class Done:
    """The prompt was played, the message was taken."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The caller pressed a key; empty: none in time."""

    key: str


@dataclass(frozen=True, slots=True)
class LeftQueue:
    """The caller left the queue without an agent, for a step of this flow."""

    to: str


@dataclass(frozen=True, slots=True)
class Stands:
    """How the calendar stands that was asked for."""

    opening: Opening


@dataclass(frozen=True, slots=True)
class CallbackAgreed:
    """The caller will be called back; their place waits without them."""


@dataclass(frozen=True, slots=True)
class CallbackDeclined:
    """The caller will not be called back: they do not want it, or it is not possible."""


Heard = Entered | Done | Pressed | LeftQueue | Stands | CallbackAgreed | CallbackDeclined

# What to do next:


@dataclass(frozen=True, slots=True)
class DoSay:
    """Play this prompt."""

    prompt: str


@dataclass(frozen=True, slots=True)
class DoAsk:
    """Play the prompts in turn and wait for a key, which may come during the last one."""

    prompts: tuple[str, ...]
    wait_s: float
    barge_in: bool


@dataclass(frozen=True, slots=True)
class DoLookUpHours:
    """Ask how this calendar stands now."""

    calendar: str


@dataclass(frozen=True, slots=True)
class DoRoute:
    """Queue the caller."""

    queue: QueueId
    need: str
    priority: int
    nobody: str
    turned_away: str = ""


@dataclass(frozen=True, slots=True)
class DoOfferCallback:
    """Agree with the caller on being called back, if they want it."""

    queue: QueueId
    need: str
    priority: int


@dataclass(frozen=True, slots=True)
class DoTakeMessage:
    """Play the prompt and record a message."""

    prompt: str
    most_s: float
    silence_s: float


@dataclass(frozen=True, slots=True)
class DoHangUp:
    """Play the prompt, if there is one, and hang up."""

    prompt: str


Do = DoSay | DoAsk | DoLookUpHours | DoRoute | DoOfferCallback | DoTakeMessage | DoHangUp


class FlowStuck(Exception):
    """The flow goes round without ever saying anything: the flow is at fault, and its checks should have refused it."""


def step(flow: Flow, state: State, heard: Heard) -> tuple[State, Do]:
    """Return where the caller is now and what to do there, given what came of the last thing done.

    Raises FlowStuck, and KeyError for a step the flow has not.
    """
    match heard:
        case Entered():
            return _enter(flow, state)
        case LeftQueue(to):
            return _enter(flow, replace(state, step=to))
        case Done() | Pressed() | Stands() | CallbackAgreed() | CallbackDeclined():
            return _after(flow, state, heard)
        case _:
            assert_never(heard)


def _enter(flow: Flow, state: State) -> tuple[State, Do]:  # noqa: C901, PLR0911 - one arm for each kind of step
    """Go on to the first step that does something a caller notices."""
    state = replace(state, tries=0)
    for _ in range(len(flow.steps) + 1):
        here = flow.steps[state.step]
        match here:
            case SetVariables():
                state = State(here.then, _with(state.variables, dict(here.values)))
            case Language():
                state = State(here.then, _with(state.variables, {LANGUAGE: here.language}))
            case Decide():
                facts = {"call": dict(state.variables)}
                target = next((then for condition, then in here.cases if condition.holds(facts)), here.otherwise)
                state = replace(state, step=target)
            case Say():
                return state, DoSay(here.prompt)
            case Menu():
                return state, DoAsk((here.prompt,), here.wait_s, here.barge_in)
            case Queue():
                return state, DoRoute(here.queue, here.need, here.priority, here.nobody, here.turned_away)
            case Hours():
                return state, DoLookUpHours(here.calendar)
            case Callback():
                return state, DoOfferCallback(here.queue, here.need, here.priority)
            case Message():
                return state, DoTakeMessage(here.prompt, here.most_s, here.silence_s)
            case Goodbye():
                return state, DoHangUp(here.prompt)
            case _:
                assert_never(here)
    raise FlowStuck(f"flow {flow.name} goes round silently at step {state.step}")


def _after(
    flow: Flow, state: State, heard: Done | Pressed | Stands | CallbackAgreed | CallbackDeclined
) -> tuple[State, Do]:
    match flow.steps[state.step], heard:
        case Say(then=then) | Message(then=then), Done():
            return _enter(flow, replace(state, step=then))
        case Hours(ways=ways), Stands(opening):
            return _enter(flow, replace(state, step=ways[opening]))
        case Callback(then=then), CallbackAgreed():
            return _enter(flow, replace(state, step=then))
        case Callback(otherwise=otherwise), CallbackDeclined():
            return _enter(flow, replace(state, step=otherwise))
        case Menu() as menu, Pressed(key):
            return _chosen(flow, state, menu, key)
        case here, _:
            raise FlowStuck(f"flow {flow.name}: {type(heard).__name__} at step {state.step} ({type(here).__name__})")


def _chosen(flow: Flow, state: State, menu: Menu, key: str) -> tuple[State, Do]:
    if key in menu.keys:
        path = "/".join([*menus_passed(state.variables), state.step, key][-2 * MENU_PATH_KEPT :])
        return _enter(flow, State(menu.keys[key], _with(state.variables, {MENU_PATH: path})))
    tries = state.tries + 1
    if tries >= menu.tries:
        return _enter(flow, replace(state, step=menu.wrong_input if key else menu.no_input))
    prompts = (menu.wrong_say, menu.prompt) if key and menu.wrong_say else (menu.prompt,)
    return replace(state, tries=tries), DoAsk(prompts, menu.wait_s, menu.barge_in)


def _with(variables: Attributes, more: Mapping[str, str | int | float | bool]) -> Attributes:
    return tuple(sorted({**dict(variables), **more}.items()))
