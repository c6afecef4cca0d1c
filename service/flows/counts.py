"""How callers passed a flow's steps, counted from events for its drawing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from acd.events import Queued, Stamped, TurnedAway
from acd.facts import HandedOver, StepPassed
from acd.names import CallId, HandedTo
from common.yaml_file import ConfigurationRefused, Mistake
from cti_bridge.publishing.cloud_events import NotAnEvent, read_event
from ivr.drawing.graph import Callers, Counts, Passages
from ivr.flows.passing import HUNG_UP

COUNTED = frozenset(kind.__name__ for kind in (StepPassed, Queued, TurnedAway, HandedOver))
"""The events that are looked at."""


class Tally:
    """Gathers how callers passed the steps of one flow. A caller who passes a step twice is counted twice.

    Contained is who asked for nobody: who was turned away from a queue, or handed on in vain, had.
    """

    def __init__(self, flow: str) -> None:
        self._flow = flow
        self._came: set[CallId] = set()
        self._to_people: set[CallId] = set()
        """Of all flows' callers: which one they were in is known by their steps alone."""
        self._ways: Counter[tuple[str, str]] = Counter()
        self._spent_s: defaultdict[str, list[float]] = defaultdict(list)

    def note(self, stamped: Stamped) -> None:
        """Count the event where it is this flow's, or says that a caller came to people."""
        match stamped.event:
            case StepPassed(call=call, flow=flow, step=step, outcome=outcome, spent_s=spent_s) if flow == self._flow:
                self._came.add(call)
                self._ways[step, outcome] += 1
                self._spent_s[step].append(spent_s)
            case Queued(call=call) | TurnedAway(call=call) | HandedOver(call=call, to=HandedTo.AGENT | HandedTo.NUMBER):
                self._to_people.add(call)
            case _:
                pass

    def counts(self) -> Counts:
        """Return what was counted."""
        steps = {
            step: Passages(len(spent_s), self._ways[step, HUNG_UP], median(spent_s))
            for step, spent_s in self._spent_s.items()
        }
        callers = Callers(len(self._came), len(self._came - self._to_people)) if self._came else None
        return Counts(dict(self._ways), steps, callers)


def counted_in(file: Path, flow: str) -> Counts:
    """Count exported events, one CloudEvent a line. Raises ConfigurationRefused where a line is none, or for no such file."""
    tally = Tally(flow)
    mistakes: list[Mistake] = []
    try:
        with file.open(encoding="utf-8") as lines:
            _count(enumerate(lines, 1), tally, file, mistakes)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationRefused([Mistake(str(file), 1, 1, f"cannot be read: {error}")]) from None
    if mistakes:
        raise ConfigurationRefused(mistakes)
    return tally.counts()


def _count(lines: Iterable[tuple[int, str]], tally: Tally, file: Path, mistakes: list[Mistake]) -> None:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            tally.note(read_event(line))
        except NotAnEvent as error:
            mistakes.append(Mistake(str(file), number, 1, str(error)))
