"""Random flows that call each other and hand their callers on: no centre that passes the checks keeps a caller for ever."""

from __future__ import annotations

import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from common.yaml_file import ConfigurationRefused, load_located
from ivr.flows.files import Flows, load_flows
from ivr.flows.flow import Flow
from ivr.flows.form import FlowForm
from ivr.rehearsal.outcomes import outcomes
from ivr.rehearsal.walk import FAX_TONE, Walk
from ivr.steps.talk import DoAsk, DoAskDigits, DoHangUp
from tests.property.test_flows import KNOWN, MOST_TRIES, answer, flows

NAMES = ("main", "one", "two", "three")
POLICIES = 3
"""So many ways in which everything comes out are tried with each silent caller."""
Content = dict[str, object]


@dataclass(frozen=True, slots=True)
class Traits:
    """What other flows have to know of one."""

    returns: bool
    takes: bool


@st.composite
def centres(draw: st.DrawFn) -> dict[str, Content]:
    """Some flows by name. Mostly those called stand later among the names; one astray may close a circle."""
    names = NAMES[: draw(st.integers(2, len(NAMES)))]
    traits = {name: Traits(name != "main" and draw(st.booleans()), draw(st.booleans())) for name in names}
    return {name: _flow(draw, name, traits) for name in names}


def _flow(draw: st.DrawFn, name: str, traits: dict[str, Traits]) -> Content:
    """One flow, some of whose steps are replaced by such as lead into another."""
    content = draw(flows())
    mine = traits[name]
    steps = dict(content["steps"])  # type: ignore[call-overload]  # made so by `flows`
    for at, step in list(steps.items()):
        onward = next((step[way] for way in ("then", "no_input", "nobody", "otherwise") if way in step), None)
        if onward is None or draw(st.integers(0, 2)):
            continue
        steps[at] = _into_another(draw, onward, name, traits)
    if mine.returns:
        content.pop("fax", None)
        content |= {"takes": ["topic"]} if mine.takes else {}
        steps |= {
            at: {"do": "return"}
            for at, step in steps.items()
            if step["do"] == "hang_up" or ("then" not in step and step["do"] == "queue")
        }
    content["steps"] = {at: step for at, step in steps.items() if at in _led_to(steps, content)}
    return content


def _into_another(draw: st.DrawFn, onward: object, name: str, traits: dict[str, Traits]) -> Content:
    order = list(traits)
    ahead = order[order.index(name) + 1 :]
    other = draw(st.sampled_from(order if draw(st.integers(0, 3)) == 0 or not ahead else ahead))
    if traits[other].returns:
        given = {"with": {"topic": "language"}} if traits[other].takes else {}
        taken = {"take": {"learned": "entry"}} if draw(st.booleans()) else {}
        return {"do": "flow", "flow": other, **given, **taken, "then": onward}
    return {"do": "transfer", "flow": other}


def _led_to(steps: dict[str, Content], content: Content) -> set[str]:
    pending, found = [str(content["start"]), str(content.get("fax", content["start"]))], set[str]()
    while pending:
        at = pending.pop()
        if at in steps and at not in found:
            found.add(at)
            text = json.dumps(steps[at])
            pending += [other for other in steps if f'"{other}"' in text]
    return found


@dataclass(frozen=True, slots=True)
class Centre:
    """Flows as the service has them, and as they were written."""

    flows: Flows
    forms: dict[str, FlowForm]

    def size(self) -> int:
        """How many steps there are in all."""
        return sum(len(form.steps) for form in self.forms.values())

    def enter(self, flow: Flow) -> Walk:
        """A caller of this flow."""
        return Walk(flow, flow.name, self.flows.by_name)


def taken(contents: dict[str, Content]) -> Centre:
    """The flows as the service reads them. Raises ConfigurationRefused."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for flow, content in contents.items():
            (folder / f"{flow}.yaml").write_text(json.dumps(content), encoding="utf-8")
        read = load_flows(folder, KNOWN)
        return Centre(read, {flow: load_located(folder / f"{flow}.yaml", FlowForm).value for flow in contents})


def goes_on_in_silence(walk: Walk, centre: Centre, seed: int) -> bool:
    """Let one thing come of where a caller is who does nothing: at a step always the same, and never the end if it can be helped.

    Were there a circle, some seed would keep the caller in it: chance at each turn leaves one sooner or later.
    """
    do = walk.do
    match do:
        case DoHangUp():
            return False
        case DoAsk() | DoAskDigits():
            walk.press("")
            return True
    here, step = walk.here.name, walk.state.step
    acted = {way.word for way in centre.forms[here].steps[step].ways() if way.acted}
    known = {word: heard for word, heard in outcomes(do).items() if heard is not None and word not in acted}
    if not known:
        return False
    word = random.Random(f"{seed} {here} {step}").choice(sorted(known))  # noqa: S311 - chance, nothing secret
    walk.come(known[word], word)
    return True


def ends_in_silence(walk: Walk, centre: Centre, seed: int) -> bool:
    """Whether who does nothing more comes to a queue or the end, in as many turns as flows that call flows can have."""
    return any(not goes_on_in_silence(walk, centre, seed) for _ in range(MOST_TRIES * (centre.size() + 1) ** 2))


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)
@given(centres(), st.integers(0, 2**32), st.integers(0, 60))
def test_no_flows_together_that_pass_the_checks_have_a_dead_end_or_run_for_ever(
    contents: dict[str, Content], seed: int, turns: int
) -> None:
    try:
        centre = taken(contents)
    except ConfigurationRefused as refused:
        event("refused: " + str(refused.mistakes[0].text)[:60])
        reject()
    chance = random.Random(seed)  # noqa: S311 - chance, nothing secret
    for flow in centre.flows.by_name.values():
        if flow.returns:
            continue  # nobody enters it by themselves
        for policy in range(seed, seed + POLICIES):
            assert ends_in_silence(centre.enter(flow), centre, policy), "a caller who never presses a key"
        walk = centre.enter(flow)
        if all(answer(walk, chance, presses=True) for _ in range(turns)):
            assert ends_in_silence(walk, centre, seed), "a caller who has pressed enough keys"
        event(f"flows passed: {len(walk.passed)}")
        ways_are_those_the_checks_knew_of(walk, centre)


def ways_are_those_the_checks_knew_of(walk: Walk, centre: Centre) -> None:
    """Every step left, in whichever flow, is left by a way of its form."""
    for name, ways in walk.passed.items():
        form = centre.forms[name]
        for passed in ways:
            assert passed.way == FAX_TONE or passed.to in {way.to for way in form.steps[passed.step].ways()}
