"""A caller walked through a flow by hand: what they hear is gathered, and whoever walks them says what comes of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.flows.flow import Flow, Passed, step_noting
from ivr.prompts.spoken_values import Part, Said
from ivr.rehearsal.outcomes import Question, Turn
from ivr.state import LANGUAGE, State
from ivr.steps.talk import (
    Digits,
    DoAsk,
    DoAskDigits,
    DoEnterFlow,
    DoHangUp,
    DoLookUp,
    Done,
    DoNoteAnswer,
    DoSay,
    DoTakeMessage,
    Entered,
    Heard,
    LeftQueue,
    Pressed,
)
from ivr.talks.fax_tone import Listening, at_its_faxes

FAX_TONE = "fax_tone"
"""The way from any step to the one where a flow has its faxes."""
MOST_SAID = 5_000
"""How much is said in one go before it is taken for endless: more than the steps a flow may have."""


class CannotPress(Exception):
    """These keys are no answer to what is asked; the text says why."""


class NobodyListens(Exception):
    """A fax machine's tone means nothing here; the text says why."""


class TalksForEver(Exception):
    """The flow goes round without the caller having a say: it is at fault, and its checks should have refused it."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something the caller heard: a prompt in a folder's language, or a variable's value spoken."""

    text: str
    """The prompt's name, or the value."""
    language: str
    value: bool = False
    """It is a variable's value."""


class Walk:
    """One caller's way. It stands where somebody has to say how it goes on (`do`), or where the call is over."""

    def __init__(self, flow: Flow, entry: str, others: Mapping[str, Flow], language: str = "") -> None:
        """Begin. `others`: the flows that this one may hand its callers on to, by name. `language`: by default the flow's."""
        self.flow = flow
        self._others = others
        self._listens = bool(flow.fax)
        """A fax machine's tone still counts: the flow entered first says whether it ever does."""
        self.heard: list[Told] = []
        """What the caller heard since this was last emptied."""
        self._entered = [flow.name]
        self._passed: list[Passed] = []
        self.state: State = flow.begin(entry).knowing({LANGUAGE: language or flow.language})
        self.do: Question | Turn | DoHangUp
        self._go_on(Entered())

    @property
    def passed(self) -> dict[str, list[Passed]]:
        """By flow, entered or called, the ways taken, in turn."""
        names = dict.fromkeys([*self._entered, *(one.flow for one in self._passed)])
        return {name: [one for one in self._passed if one.flow == name] for name in names}

    @property
    def here(self) -> Flow:
        """The flow that the caller is in: the one entered last, or one that it called."""
        return self.flow.at(self.state)

    @property
    def listens(self) -> bool:
        """Whether a fax machine's tone sent now leads to the flow's faxes."""
        return self._listens and bool(self.flow.fax)

    def press(self, keys: str) -> None:
        """Answer the question with these keys; none of them is silence. Raises CannotPress."""
        match self.do:
            case DoAsk():
                if len(keys) > 1:
                    raise CannotPress(f"'{keys}' is more than the one key that is asked for")
                self._go_on(Pressed(keys))
            case DoAskDigits(most=most):
                entered = keys.removesuffix("#")
                if len(entered) > most or "#" in entered:
                    raise CannotPress(f"'{keys}' is more than the {most} digits that are asked for")
                self._go_on(Digits(entered))
            case _:
                raise CannotPress("no key is asked for")

    def send_fax_tone(self) -> None:
        """Be a fax machine whose tone is noticed now. Raises NobodyListens."""
        if not self.flow.fax:
            raise NobodyListens(f"flow '{self.flow.name}' has no `fax`, so a machine's tone means nothing there")
        if not self._listens:
            raise NobodyListens("nobody listens for a machine's tone any more, or the flow entered first has no `fax`")
        at = self.state.stack[0].step if self.state.stack else self.state.step
        self._passed.append(Passed(self.flow.name, at, FAX_TONE, self.flow.fax))
        self.state = at_its_faxes(self.flow, self.state.variables, self.state.stack)
        self._go_on(Entered())

    def come(self, heard: Heard, word: str = "") -> None:
        """Go on after what came of it; `word` is the way's, where a queue is left by one of the step's own."""
        self._listens = self._listens and isinstance(self.do, Listening)
        if isinstance(heard, LeftQueue):
            self._passed.append(Passed(self.here.name, self.state.step, word, heard.to))
        self._go_on(heard)

    def _go_on(self, heard: Heard) -> None:
        for _ in range(MOST_SAID):
            self.state, do = step_noting(self.flow, self.state, heard, self._passed)
            heard = Done()
            match do:
                case DoSay(said):
                    self._hear(said)
                case DoNoteAnswer():
                    self._listens = False  # they have talked; nobody hears of it
                case DoAsk(said=said) | DoAskDigits(said=said) | DoHangUp(said):
                    self._hear(said)
                    self.do = do
                    return
                case DoEnterFlow(flow=name):
                    heard = self._enter(self._others[name])
                case DoLookUp(prompt=prompt) | DoTakeMessage(prompt=prompt):
                    self._hear((prompt,) if prompt else ())
                    self.do = do
                    return
                case _:
                    self.do = do
                    return
        raise TalksForEver(f"flow {self.flow.name} talks for ever at step {self.state.step}")

    def _enter(self, flow: Flow) -> Entered:
        self.flow = flow
        self._entered.append(flow.name)
        self.state = State(flow.start, self.state.everything)
        return Entered()

    def _hear(self, said: Said) -> None:
        language = self.flow.speaks(self.state)
        known: Mapping[str, object] = dict(self.state.variables)
        for part in said:
            if isinstance(part, Part):
                self.heard.append(Told(str(known.get(part.variable, "")), language, value=True))
            else:
                self.heard.append(Told(part, language))
