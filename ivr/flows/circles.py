"""Flows that hand their callers on in a circle in which nothing is asked of anybody: found before a caller goes round in it.

The session stops such a circle, too (`MOST_FLOWS`), for a reload may close one between flows of two versions.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping

from common.yaml_file import Located, Mistake
from ivr.flows.form import FlowForm
from ivr.steps.call_flow import CallFlowForm, ReturnForm
from ivr.steps.form import StepForm
from ivr.steps.transfer import TransferForm

Read = Mapping[str, Located[FlowForm]]
Spot = tuple[str, str]
"""A flow and one of its steps."""


def circles_between(read: Read) -> Iterator[Mistake]:
    """Yield each circle through steps that enter other flows, once, at the first of these steps."""
    onward = _onward(read)
    told: set[Spot] = set()
    for spot in onward:
        if spot in told or _entered(read, spot) is None:
            continue
        if (circle := _way_back(spot, onward)) is not None:
            told.update(each for each in circle if _entered(read, each) is not None)
            flow, step = spot
            way = " → ".join(f"{each}/{at}" for each, at in circle)
            yield read[flow].mistake(
                ("steps", step, "flow"),
                f"callers come round to this step without doing anything ({way}): that never ends; ask them something "
                "on the way, or lead one of these steps to a queue or to the end",
            )


def _onward(read: Read) -> dict[Spot, list[Spot]]:
    """By spot, where callers come from there without doing anything."""
    silent = _returning_silently(read)
    return {
        (flow, name): list(_leads_to(read, flow, form, silent))
        for flow, located in read.items()
        for name, form in located.value.steps.items()
    }


def _leads_to(read: Read, flow: str, form: StepForm, silent: frozenset[str]) -> Iterator[Spot]:
    into = form.flow if isinstance(form, CallFlowForm | TransferForm) else None
    if into is not None and into in read:
        yield into, read[into].value.start
    if isinstance(form, CallFlowForm) and form.flow not in silent:
        return
    for way in form.ways():
        if not way.acted and way.to in read[flow].value.steps:
            yield flow, way.to


def _returning_silently(read: Read) -> frozenset[str]:
    """The flows that may return to what called them without having asked anything."""
    silent: frozenset[str] = frozenset()
    while True:
        found = frozenset(name for name in read if _may_return(read, name, silent))
        if found == silent:
            return found
        silent = found


def _may_return(read: Read, flow: str, silent: frozenset[str]) -> bool:
    steps = read[flow].value.steps
    pending, seen = [(flow, read[flow].value.start)], set[Spot]()
    while pending:
        spot = pending.pop()
        if spot[0] != flow or spot in seen or (form := steps.get(spot[1])) is None:
            continue
        if isinstance(form, ReturnForm):
            return True
        seen.add(spot)
        pending += _leads_to(read, flow, form, silent)
    return False


def _entered(read: Read, spot: Spot) -> str | None:
    """The flow that callers enter for good at this spot; None: none."""
    form = read[spot[0]].value.steps[spot[1]]
    return form.flow if isinstance(form, TransferForm) else None


def _way_back(spot: Spot, onward: Mapping[Spot, list[Spot]]) -> list[Spot] | None:
    """The shortest way from a spot to itself; None: none."""
    before: dict[Spot, Spot] = {}
    pending = deque([spot])
    while pending:
        here = pending.popleft()
        for to in onward.get(here, ()):
            if to == spot:
                way = [spot, here]
                while way[-1] != spot:
                    way.append(before[way[-1]])
                return way[::-1]
            if to not in before:
                before[to] = here
                pending.append(to)
    return None
