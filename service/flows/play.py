"""A flow played in the terminal: what callers hear as text, keys from the keyboard, everything else asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from acd.names import Attributes
from ivr.lookups.answers import Scalar, Type
from ivr.rehearsal.outcomes import HANDED_OVER, Question, Turn, outcomes
from ivr.rehearsal.walk import CannotPress, NobodyListens, Told, Walk
from ivr.steps.talk import DoAskDigits, DoHangUp, DoLookUp, DoLookUpHours, DoRoute, LeftQueue
from service.flows.files import FlowFiles

FAX = "fax"
"""What is typed for a fax machine's tone."""
NOTHING = "stays"
"""The word for a caller who goes no further in the flow."""


class Terminal(Protocol):
    """Who plays."""

    def tell(self, line: str) -> None:
        """Show a line."""
        ...

    def ask(self, question: str, default: str) -> str:
        """Return what is typed; the default where nothing is."""
        ...


def play(walk: Walk, files: FlowFiles, now: Callable[[], datetime], terminal: Terminal) -> None:
    """Play until the call is over, or an agent has the caller."""
    texts = {(one.language, one.name): one.text for one in files.flows.prompts}
    while True:
        for told in walk.heard:
            terminal.tell("  " + _in_words(told, texts))
        walk.heard.clear()
        do = walk.do
        if isinstance(do, DoHangUp):
            terminal.tell(f"[{walk.state.step}] the call is over")
            return
        if isinstance(do, Question):
            _press(walk, do, terminal)
        elif not _comes_out(walk, do, files, now, terminal):
            return


def _in_words(told: Told, texts: Mapping[tuple[str, str], str]) -> str:
    return told.text if told.value else texts.get((told.language, told.text), f"({told.text})")


def _press(walk: Walk, question: Question, terminal: Terminal) -> None:
    most = f"up to {question.most} digits" if isinstance(question, DoAskDigits) else "a key"
    while True:
        keys = terminal.ask(f"[{walk.state.step}] {most}, or nothing{_of_machines(walk)}", "")
        if keys == FAX:
            try:
                walk.send_fax_tone()
            except NobodyListens as nobody:
                terminal.tell(str(nobody))
            else:
                return
        elif set(keys) <= set("0123456789*#"):
            try:
                walk.press(keys)
            except CannotPress as cannot:
                terminal.tell(str(cannot))
            else:
                return
        else:
            terminal.tell(f"a telephone has no '{keys}'")


def _of_machines(walk: Walk) -> str:
    return f"; {FAX}: a fax machine's tone / 传真机的提示音" if walk.listens else ""


def _comes_out(walk: Walk, turn: Turn, files: FlowFiles, now: Callable[[], datetime], terminal: Terminal) -> bool:
    """Let it come out as is said; say whether the flow goes on."""
    step, known = walk.state.step, dict(outcomes(turn))
    if isinstance(turn, DoRoute):
        diverts = sorted(set(files.by_queues.get(turn.queue, ())) & walk.here.steps.keys())
        known |= {to: LeftQueue(to) for to in diverts}
        terminal.tell(f"[{step}] waits in queue {turn.queue}, priority {turn.priority}")
    words = [word or NOTHING for word in known]
    default = words[0]
    if isinstance(turn, DoLookUpHours):
        default = files.centre.calendars[turn.calendar].at(now()).opening.value
    while True:
        word = terminal.ask(f"[{step}] comes out as ({', '.join(words)})", default)
        if word in words:
            break
        terminal.tell(f"'{word}' is none of these")
    word = HANDED_OVER if word == NOTHING else word
    if isinstance(turn, DoLookUp) and word == "then":
        known = dict(outcomes(turn, _learned(turn, terminal)))
    if (heard := known[word]) is None:
        terminal.tell(f"[{step}] goes no further in the flow")
        return False
    walk.come(heard, word)
    return True


def _learned(turn: DoLookUp, terminal: Terminal) -> Attributes:
    return tuple((wanted.variable, _value(wanted.variable, wanted.type, terminal)) for wanted in turn.inquiry.wanted)


def _value(variable: str, kind: Type, terminal: Terminal) -> Scalar:
    """What is typed, as the type that the lookup takes it as."""
    while True:
        typed = terminal.ask(f"  {variable} ({kind.value})", "")
        try:
            match kind:
                case Type.TEXT:
                    return typed
                case Type.WHOLE:
                    return int(typed)
                case Type.NUMBER:
                    return float(typed)
                case Type.YES_NO:
                    return {"yes": True, "no": False}[typed]
        except (ValueError, KeyError):
            terminal.tell(f"'{typed}' is not {kind.value}" + (": yes or no" if kind is Type.YES_NO else ""))
