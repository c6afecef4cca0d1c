"""One flow test carried out: the caller of its script is walked through the flow, and what comes is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from acd.names import Opening
from ivr.flows.flow import Flow, FlowStuck, Passed
from ivr.rehearsal.outcomes import HANDED_OVER, Question, Turn, outcomes
from ivr.rehearsal.script import EndsForm, GivenForm, TestForm, TurnForm
from ivr.rehearsal.walk import CannotPress, NobodyListens, TalksForEver, Told, Walk
from ivr.state import LANGUAGE
from ivr.steps.talk import DoHangUp, DoLookUpHours, DoReceiveFax, DoRoute, DoTakeMessage, LeftQueue

OpeningAt = Callable[[str, datetime], Opening]
"""How a calendar stands at a moment of the centre's time zone, by its name."""
MOST_TURNS = 1_000
"""How much may come of things in one call before it is taken for endless."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a test. `failure`: what was not as it should be, in a sentence; empty where all was."""

    failure: str
    passed: Mapping[str, Sequence[Passed]]
    """By flow, entered or called, the ways taken, in turn."""


class _Failed(Exception):
    """The test failed; the text says how."""


def rehearse(flow: Flow, flows: Mapping[str, Flow], test: TestForm, opening_at: OpeningAt) -> Verdict:
    """Walk the test's caller through the flow; `flows` are all there are, by name."""
    rehearsal = _Rehearsal(flow, flows, test, opening_at)
    try:
        rehearsal.run()
    except (_Failed, FlowStuck, TalksForEver, CannotPress) as failed:
        return Verdict(str(failed), rehearsal.passed)
    return Verdict("", rehearsal.passed)


class _Rehearsal:
    def __init__(self, flow: Flow, flows: Mapping[str, Flow], test: TestForm, opening_at: OpeningAt) -> None:
        self._flow, self._flows, self._test, self._opening_at = flow, flows, test, opening_at
        self._visits: dict[str, int] = {}
        self._walk: Walk | None = None

    @property
    def passed(self) -> Mapping[str, Sequence[Passed]]:
        """By flow, entered or called, the ways taken so far."""
        return {} if self._walk is None else self._walk.passed

    def run(self) -> None:
        """Raise where something is not as the test says."""
        walk = Walk(self._flow, self._test.given.entry or self._flow.name, self._flows)
        self._walk = walk
        for number, turn in enumerate(self._test.talk, start=1):
            over = self._until_asked(walk)
            _compare_heard(turn, number, walk)
            if not turn.deed:
                continue
            if over or not isinstance(walk.do, Question):
                raise _Failed(f"turn {number} {turn.deed}, but the call is over at step '{walk.state.step}'")
            try:
                _does(turn, walk)
            except (CannotPress, NobodyListens) as cannot:
                raise _Failed(f"turn {number}, at step '{walk.state.step}': {cannot}") from None
        self._until_asked(walk)
        _compare_end(self._test.ends, walk)

    def _until_asked(self, walk: Walk) -> bool:
        """Go on until a key is asked for; say whether the flow is over for the caller before that."""
        for _ in range(MOST_TURNS):
            do = walk.do
            if isinstance(do, Question):
                return False
            if isinstance(do, DoHangUp) or not self._comes_out(walk, do):
                return True
        raise _Failed(f"the flow goes on for ever at step '{walk.state.step}'")

    def _comes_out(self, walk: Walk, turn: Turn) -> bool:
        """Let it come out as the test says; say whether the flow goes on."""
        given, step = self._test.given, walk.state.step
        word = self._word(given, step, turn)
        known = outcomes(turn, tuple(sorted(given.answers.get(step, {}).items())))
        if word in known:
            if (heard := known[word]) is None:
                return False
            walk.come(heard, word)
        elif isinstance(turn, DoRoute) and word in walk.here.steps:
            walk.come(LeftQueue(word), word)
        else:
            raise _Failed(
                f"step '{step}' does not come out as '{word}', but as one of {', '.join(filter(None, known))}"
            )
        return True

    def _word(self, given: GivenForm, step: str, turn: Turn) -> str:
        visit = self._visits[step] = self._visits.get(step, 0) + 1
        if words := given.ways.get(step):
            # Each visit has its word; callers who come back to a queue more often than that stay there.
            if visit > len(words) and HANDED_OVER in outcomes(turn):
                return HANDED_OVER
            return words[min(visit, len(words)) - 1]
        if step in given.answers:
            return "then"
        if isinstance(turn, DoLookUpHours) and given.at is not None:
            return self._opening_at(turn.calendar, given.at).value
        if isinstance(turn, DoTakeMessage | DoReceiveFax):
            return "then"  # whoever does not say otherwise says something, and a machine sends a page
        if HANDED_OVER in (known := outcomes(turn)):
            return HANDED_OVER
        when = ", or when it is as `at`" if isinstance(turn, DoLookUpHours) else ""
        raise _Failed(
            f"the caller comes to step '{step}', and the test does not say how that comes out: give it in `given` as "
            f"`ways: {{{step}: WORD}}` (one of {', '.join(known)}){when}"
        )


def _does(turn: TurnForm, walk: Walk) -> None:
    if turn.pressed is None:
        walk.send_fax_tone()
    else:
        walk.press("" if turn.pressed == "nothing" else turn.pressed)


def _compare_heard(turn: TurnForm, number: int, walk: Walk) -> None:
    heard = iter(walk.heard)
    for wanted in turn.heard:
        if not any(one.text == wanted for one in heard):
            raise _Failed(f"turn {number} should hear '{wanted}', and heard {_listed(walk.heard)}")
    walk.heard.clear()


def _compare_end(ends: EndsForm, walk: Walk) -> None:
    do, state = walk.do, walk.state
    known = dict(state.variables)
    route = do if isinstance(do, DoRoute) else None
    where = f"step '{state.step}'" + ("" if route is None else f" (queue {route.queue})")
    if isinstance(do, Question) and ends.step != state.step:
        raise _Failed(
            f"the caller is still asked at {where}, having heard {_listed(walk.heard)}: the test presses no more"
        )
    compared: list[tuple[str, object, object]] = [
        ("flow", ends.flow, walk.here.name),
        ("step", ends.step, state.step),
        ("queue", ends.queue, None if route is None else route.queue),
        ("priority", ends.priority, None if route is None else route.priority),
        ("need", ends.need, None if route is None else route.need),
        ("language", ends.language, known.get(LANGUAGE)),
    ]
    wrong = [(what, wanted, found) for what, wanted, found in compared if wanted is not None and wanted != found]
    wrong += [
        (f"variable {name}", value, known.get(name))
        for name, value in ends.variables.items()
        if name not in known or known[name] != value
    ]
    if wrong:
        told = "; ".join(f"{what} should be {wanted!r}, and is {found!r}" for what, wanted, found in wrong)
        raise _Failed(f"the caller ends at {where}: {told}")


def _listed(heard: list[Told]) -> str:
    return ", ".join(f"'{one.text}'" for one in heard) or "nothing"
