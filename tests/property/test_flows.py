"""Random flows: whatever passes the checks never leaves a caller in a dead end, and never goes on without them for ever."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from common.yaml_file import ConfigurationRefused, Located, load_located
from ivr.flows.checks import Known, mistakes_in
from ivr.flows.files import load_flows
from ivr.flows.flow import Flow, FlowStuck
from ivr.flows.form import FlowForm
from ivr.rehearsal.outcomes import outcomes
from ivr.rehearsal.script import ScriptForm
from ivr.rehearsal.walk import FAX_TONE, NobodyListens, TalksForEver, Walk
from ivr.steps.talk import DoAsk, DoAskDigits, DoHangUp

KNOWN = Known(
    queues=("sales",), calendars=("shop",), lookups=("shop",), agents=("1001",), flows=("main",), calls_back=True
)
KEYS = "0123456789*#"
PROMPT = "core:hello"
LONGEST = 12
"""Steps in a flow, at the most."""
MOST_TRIES = 3
TONES = 0.2
"""How often a question is answered by a fax machine's tone, where the flow has a place for one."""

Step = dict[str, object]


@st.composite
def flows(draw: st.DrawFn) -> dict[str, object]:
    """A flow that is mostly fit: what nobody does anything for leads forward, mostly; keys lead anywhere."""
    count = draw(st.integers(1, LONGEST))
    names = [f"s{n}" for n in range(count)]

    def onward(n: int) -> str:
        astray = draw(st.integers(0, 40)) == 0
        return draw(st.sampled_from(names)) if astray else draw(st.sampled_from(names[n + 1 :]))

    steps = {name: _step(draw, names, partial(onward, n)) for n, name in enumerate(names[:-1])}
    steps[names[-1]] = draw(st.sampled_from([{"do": "hang_up"}, {"do": "queue", "queue": "sales"}]))
    fax = draw(st.sampled_from([None, *names]))
    reached = _reached(steps, {names[0], fax or names[0]})
    return {
        "start": names[0],
        **({} if fax is None else {"fax": fax}),
        "languages": {"english": "en", "chinese": "zh"},
        "language": "english",
        "steps": {name: step for name, step in steps.items() if name in reached},
    }


def _step(draw: st.DrawFn, names: list[str], to: Callable[[], str]) -> Step:  # noqa: C901, PLR0911, PLR0912 - a case for each kind
    anywhere = st.sampled_from(names)
    tries = draw(st.integers(1, MOST_TRIES))
    match draw(st.integers(0, 15)):
        case 0:
            return {"do": "say", "say": PROMPT, "then": to()}
        case 1 | 2 | 3:
            keys = draw(st.dictionaries(st.sampled_from(KEYS), anywhere, min_size=1, max_size=4))
            menu: Step = {"do": "menu", "say": PROMPT, "keys": keys, "no_input": to(), "tries": tries}
            return menu | ({"wrong_input": draw(anywhere)} if draw(st.booleans()) else {})
        case 4:
            ask: Step = {"do": "ask", "say": PROMPT, "into": "digits", "least": 2, "most": 4, "tries": tries}
            confirm = {"confirm": {"say": {"digits": "digits"}}} if draw(st.booleans()) else {}
            return ask | confirm | {"then": draw(anywhere), "no_input": to()}
        case 5:
            return {"do": "set", "vars": {"seen": draw(st.booleans())}, "then": to()}
        case 6:
            return {"do": "decide", "cases": [{"when": "call.seen == true", "then": to()}], "otherwise": to()}
        case 7:
            return {"do": "language", "language": draw(st.sampled_from(["english", "chinese"])), "then": to()}
        case 8:
            return {"do": "hours", "calendar": "shop", "open": to(), "closed": to()}
        case 9:
            return {"do": "callback", "queue": "sales", "then": to(), "otherwise": to()}
        case 11:
            return {"do": "fax", "then": to(), "otherwise": to()}
        case 12:
            return {"do": "message", "say": PROMPT, "then": to(), "otherwise": to()}
        case 13:
            return {"do": "transfer", "agent": "1001", "then": to(), "busy": to(), "otherwise": to()}
        case 14:
            asked: Step = {"do": "survey", "question": "content", "say": PROMPT, "least": 0, "most": 9, "tries": tries}
            return asked | {"then": to(), "otherwise": to()}
        case 10:
            return {"do": "lookup", "at": "shop", "path": "/x", "then": to(), "otherwise": to()}
        case _:
            return {"do": "queue", "queue": "sales", "nobody": to()}


def _reached(steps: dict[str, Step], entered: set[str]) -> set[str]:
    """The steps that are led to: a flow with others would be refused for them alone."""
    found: set[str] = set()
    pending = list(entered)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            text = json.dumps(steps[name])
            pending += [other for other in steps if f'"{other}"' in text]
    return found


def written(text: str | bytes, folder: Path, name: str = "main.yaml") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def located(content: dict[str, object]) -> Located[FlowForm]:
    with tempfile.TemporaryDirectory() as folder:
        return load_located(written(json.dumps(content), Path(folder)), FlowForm)


def passes(content: dict[str, object]) -> Located[FlowForm] | None:
    found = located(content)
    return None if list(mistakes_in(found, KNOWN)) else found


def answer(walk: Walk, chance: random.Random, *, presses: bool) -> bool:
    """Let one thing come of where the caller is, at random; say whether the call goes on."""
    do = walk.do
    match do:
        case DoHangUp():
            return False
        case DoAsk() | DoAskDigits() if presses and walk.flow.fax and chance.random() < TONES:
            with suppress(NobodyListens):
                walk.send_fax_tone()
        case DoAsk():
            walk.press(chance.choice(["", *KEYS]) if presses else "")
        case DoAskDigits(most=most):
            walk.press("".join(chance.choices("0123456789*", k=chance.randint(0, most))) if presses else "")
        case _:
            word, heard = chance.choice(list(outcomes(do).items()))
            if heard is None:
                return False
            walk.come(heard, word)
    return True


def ends_in_silence(walk: Walk, chance: random.Random) -> bool:
    """Whether a caller who presses nothing more comes to a queue or the end, in as many turns as the flow can have."""
    most = (len(walk.flow.steps) + 1) * 2 * MOST_TRIES
    return any(not answer(walk, chance, presses=False) for _ in range(most))


def entered(flow: Flow) -> Walk:
    return Walk(flow, "main", {"main": flow})


@settings(max_examples=150, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
@given(flows(), st.integers(0, 2**32), st.integers(0, 60))
def test_no_flow_that_passes_the_checks_has_a_dead_end_or_runs_for_ever(
    content: dict[str, object], seed: int, turns: int
) -> None:
    found = passes(content)
    assume(found is not None)
    assert found is not None
    flow, chance = found.value.flow("main"), random.Random(seed)  # noqa: S311 - chance, nothing secret
    assert ends_in_silence(entered(flow), chance), "a caller who never presses a key"
    walk = entered(flow)
    if all(answer(walk, chance, presses=True) for _ in range(turns)):
        assert ends_in_silence(walk, chance), "a caller who has pressed enough keys"
    forms = found.value.steps
    for passed in walk.passed["main"]:
        if passed.way == FAX_TONE:
            assert passed.to == found.value.fax
            continue
        ways = {(way.word, way.to) for way in forms[passed.step].ways()}
        assert passed.to in {to for _, to in ways}, "every step left is left by a way that the checks knew of"
        if passed.way in {word for word, _ in ways}:
            assert (passed.way, passed.to) in ways, "and by its own word"


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(flows(), st.integers(0, 2**32))
def test_a_circle_without_the_caller_is_refused(content: dict[str, object], seed: int) -> None:
    """The same the other way round: a flow that keeps a silent caller for ever does not pass."""
    found = located(content)
    if any(way.to not in found.value.steps for step in found.value.steps.values() for way in step.ways()):
        return
    try:
        ends = ends_in_silence(entered(found.value.flow("main")), random.Random(seed))  # noqa: S311
    except (FlowStuck, TalksForEver):
        ends = False
    if not ends:
        assert "never ends" in " ".join(str(mistake) for mistake in mistakes_in(found, KNOWN))


# --------------------------------------------------------------------------------------------- any text at all

FLOW = """\
start: topic
languages: {chinese: zh, english: en}
language: chinese
prompts:
  topic: {zh: 请选, en: Choose}
steps:
  topic: {do: menu, say: topic, keys: {1: order, 2: sales}, no_input: end}
  order: {do: ask, say: [topic, {digits: order}], into: order, most: 9, valid: 'entered != "0"', then: told, no_input: end}
  told: {do: decide, cases: [{when: 'call.order == "1"', then: end}], otherwise: sales}
  sales: {do: queue, queue: sales, need: "skill.sales > 3", priority: 2}
  end: {do: hang_up}
"""
SCRIPT = """\
flow: main
tests:
  sales by key:
    given: {at: 2026-11-25 10:00, ways: {sales: nobody}}
    talk: [{heard: topic, pressed: 1}]
    ends: {queue: sales}
"""
BITS = st.sampled_from(
    ["", ":", "{", "}", "[", "]", "&a", "*a", "!!python/object:os.system", "? ", "- ", "|", ">", "#", "'", '"', "\t", "\n",
     "\x00", "\ufeff", "<<: *a", "0x", ".inf", "2026-02-30", "~", "steps:", "\n  ", "%YAML 9.9\n", "---\n", "...\n", "é"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def spoiled(text: str, at: int, length: int, bit: str) -> str:
    begin = at % len(text)
    return text[:begin] + bit + text[begin + length :]


def placed(content: dict[str, object], path: list[int], value: object) -> dict[str, object]:
    """The content with this value somewhere in it."""
    where: object = content
    for step in path:
        keys = list(where) if isinstance(where, dict) else list(range(len(where))) if isinstance(where, list) else []
        if not keys:
            break
        key = keys[step % len(keys)]
        inner = where[key]  # type: ignore[index]
        if not isinstance(inner, dict | list) or not inner or step % 3 == 0:
            where[key] = value  # type: ignore[index]
            break
        where = inner
    return content


def places_are_told(refused: ConfigurationRefused) -> None:
    assert refused.mistakes
    for mistake in refused.mistakes:
        assert mistake.file.endswith("main.yaml")
        assert min(mistake.line, mistake.column) >= 1
        assert mistake.text


def refused_with_a_place(text: str | bytes) -> None:
    """Read it as flow and as flow test; nothing but ConfigurationRefused may come, and each mistake has its place."""
    with tempfile.TemporaryDirectory() as folder:
        file = written(text, Path(folder))
        for read in (lambda: load_flows(Path(folder), KNOWN), lambda: load_located(file, ScriptForm)):
            try:
                read()
            except ConfigurationRefused as refused:
                places_are_told(refused)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_flow_or_refused(text: bytes) -> None:
    refused_with_a_place(text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([FLOW, SCRIPT]), st.integers(0, 10_000), st.integers(0, 12), BITS)
def test_a_file_spoiled_anywhere_is_taken_or_refused_with_its_places(text: str, at: int, length: int, bit: str) -> None:
    refused_with_a_place(spoiled(text, at, length, bit))


@settings(max_examples=100, deadline=None)
@given(flows(), st.lists(st.integers(0, 100), min_size=1, max_size=6), VALUES)
def test_any_value_anywhere_is_taken_or_refused_with_its_place(
    content: dict[str, object], path: list[int], value: object
) -> None:
    refused_with_a_place(json.dumps(placed(content, path, value)))


@pytest.mark.parametrize(
    "text", ["&a [*a]", "steps: &a {x: *a}", "[" * 5_000, "{a: " * 2_000, "start: " + "x" * 100_000]
)
def test_files_that_lead_round_or_far_down_are_refused(text: str) -> None:
    refused_with_a_place(text)
