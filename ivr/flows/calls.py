"""Flows that call each other: what is wrong between them, and each bound to those that it calls."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from common.suggest import did_you_mean
from common.yaml_file import Located, Mistake
from ivr.flows.flow import Flow
from ivr.flows.form import FlowForm
from ivr.flows.variables import Variables, variables_of
from ivr.steps.call_flow import CallFlow, CallFlowForm, ReturnForm
from ivr.steps.form import Kind

DEEPEST = 5
"""How many flows may wait for one: the caller's ticket carries what each of them knows."""

Read = Mapping[str, Located[FlowForm]]


def mistakes_between(read: Read, default: str) -> Iterator[Mistake]:
    """Yield what is wrong with the calls between these flows, by name. Calls of a flow that was itself refused go unblamed."""
    called_ones = {name for name, located in read.items() if _returns(located.value)}
    for name, located in read.items():
        if name in called_ones and name == default:
            text = f"flow '{name}' returns, and is the one that callers enter: nothing calls it"
            yield located.mistake(("steps",), text)
        for step_name, step in located.value.steps.items():
            if isinstance(step, CallFlowForm):
                yield from _wrong_call(located, name, step_name, step, read)
                continue
            for reference in step.references():
                if reference.kind is Kind.FLOW and reference.name in called_ones:
                    text = f"flow '{reference.name}' returns, and there is nothing to return to: call it (`do: flow`)"
                    yield located.mistake(("steps", step_name, *reference.place), text)


def _wrong_call(
    located: Located[FlowForm], name: str, step_name: str, step: CallFlowForm, read: Read
) -> Iterator[Mistake]:
    at = ("steps", step_name)
    if step.flow not in read:
        return  # an unknown flow, or one with mistakes of its own: both are told elsewhere
    called = read[step.flow].value
    if (round_about := _way_to(step.flow, name, read)) is not None:
        way = " → ".join([name, *round_about])
        yield located.mistake(
            (*at, "flow"), f"flow '{name}' comes to call itself ({way}): a caller might go on for ever"
        )
    elif _depth(step.flow, read) >= DEEPEST:
        yield located.mistake((*at, "flow"), f"more than {DEEPEST} flows call one another in turn here")
    if not _returns(called):
        text = f"flow '{step.flow}' never returns: give it a step `do: return`"
        yield located.mistake((*at, "flow"), text)
    for theirs in step.gives.keys() - set(called.takes):
        hint = did_you_mean(theirs, called.takes)
        yield located.mistake_in_key((*at, "with", theirs), f"flow '{step.flow}' takes no '{theirs}'{hint}")
    for missing in set(called.takes) - step.gives.keys():
        yield located.mistake((*at, "flow"), f"flow '{step.flow}' takes '{missing}', which `with` does not give it")
    yield from _wrongly_taken(located, step_name, step, variables_of(called))
    for language in located.value.languages.keys() - called.languages.keys():
        yield located.mistake((*at, "flow"), f"flow '{step.flow}' does not speak '{language}', as this one does")


def _wrongly_taken(
    located: Located[FlowForm], step_name: str, step: CallFlowForm, there: Variables
) -> Iterator[Mistake]:
    for mine, theirs in step.take.items():
        place = ("steps", step_name, "take", mine)
        if theirs in there.masked:
            text = f"'{theirs}' is masked in flow '{step.flow}', and would be known openly here: look it up there"
            yield located.mistake(place, text)
        elif theirs not in there.openly:
            told = f"flow '{step.flow}' sets no '{theirs}'{did_you_mean(theirs, there.openly)}"
            yield located.mistake(place, told)


def _returns(form: FlowForm) -> bool:
    return any(isinstance(step, ReturnForm) for step in form.steps.values())


def _calls(form: FlowForm) -> list[str]:
    return [step.flow for step in form.steps.values() if isinstance(step, CallFlowForm)]


def _way_to(start: str, goal: str, read: Read) -> list[str] | None:
    """The calls that lead from one flow to another; None: none do."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop()
        if way[-1] == goal:
            return way
        for called in _calls(read[way[-1]].value):
            if called in read and called not in seen:
                seen.add(called)
                ways.append([*way, called])
    return None


def _depth(name: str, read: Read, above: tuple[str, ...] = ()) -> int:
    """How many flows call each other in turn from this one on, itself counted."""
    further = (called for called in _calls(read[name].value) if called in read and called not in (*above, name))
    return 1 + max((_depth(called, read, (*above, name)) for called in further), default=0)


def bound(flows: Mapping[str, Flow]) -> dict[str, Flow]:
    """Return the flows, each with those that it calls, and with a version that changes with theirs."""
    return {name: _bound(flow, flows) for name, flow in flows.items()}


def _bound(flow: Flow, flows: Mapping[str, Flow]) -> Flow:
    called: dict[str, Flow] = {}
    pending = [flow]
    while pending:
        for step in pending.pop().steps.values():
            if isinstance(step, CallFlow) and step.flow not in called:
                called[step.flow] = flows[step.flow]
                pending.append(flows[step.flow])
    if not called:
        return flow
    versions = "".join([flow.version, *(called[name].version for name in sorted(called))])
    return replace(flow, version=hashlib.sha256(versions.encode()).hexdigest()[:12], called=called)
