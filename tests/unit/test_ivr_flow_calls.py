"""Flows that call each other: what the called one knows, what comes back, where a caller is after a crash, what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from common.tasks import spawn
from common.yaml_file import ConfigurationRefused
from ivr.flows.checks import Known
from ivr.flows.files import Flows, load_flows
from ivr.flows.flow import Flow, FlowStuck, step
from ivr.rehearsal.walk import Walk
from ivr.session import take_call
from ivr.state import Frame, State
from ivr.steps.talk import Digits, Do, DoAskDigits, DoHangUp, Done, DoRoute, DoSay, Entered, Heard, LeftQueue
from ivr.tickets.ticket import VARIABLE
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import TestHouse, open_house, settle

HEAD = """languages: {english: en}
language: english
prompts: {hello: {en: Hello}}
"""
MAIN = """
start: first
steps:
  first: {do: set, vars: {customer: '17', note: mine}, then: verify}
  verify: {do: flow, flow: verify, with: {who: customer}, take: {verified: ok}, then: check}
  check: {do: decide, cases: [{when: call.verified, then: known}], otherwise: unknown}
  known: {do: queue, queue: sales, nobody: unknown}
  unknown: {do: hang_up, say: hello}
"""
VERIFY = """
takes: [who]
start: pin
steps:
  pin: {do: ask, say: hello, into: pin, most: 4, then: right, no_input: wrong, tries: 1}
  right: {do: set, vars: {ok: true, note: theirs}, then: back}
  wrong: {do: set, vars: {ok: false}, then: back}
  back: {do: return}
"""


def load(folder: Path, main: str = MAIN, **others: str) -> Flows:
    for name, text in {"main": main, **(others or {"verify": VERIFY})}.items():
        (folder / f"{name}.yaml").write_text(HEAD + text, encoding="utf-8")
    return load_flows(folder, Known({"sales"}))


def refusal(folder: Path, main: str = MAIN, **others: str) -> str:
    with pytest.raises(ConfigurationRefused) as refused:
        load(folder, main, **others)
    return str(refused.value)


def played(flow: Flow, *heard: Heard) -> tuple[State, Do]:
    state, do = step(flow, flow.begin("main"), Entered())
    for one in heard:
        state, do = step(flow, state, one)
    return state, do


def test_the_called_flow_knows_what_it_is_given_and_nothing_else(tmp_path: Path) -> None:
    flow = load(tmp_path).by_name["main"]
    state, do = played(flow)
    assert isinstance(do, DoAskDigits)
    assert (flow.at(state).name, state.step) == ("verify", "pin")
    variables = dict(state.variables)
    assert (variables["who"], variables["language"], "customer" in variables) == ("17", "english", False)


def test_what_is_taken_comes_back_by_name_and_all_else_is_as_it_was(tmp_path: Path) -> None:
    state, do = played(load(tmp_path).by_name["main"], Digits("1234"))
    assert isinstance(do, DoRoute)
    variables = dict(state.variables)
    assert (variables["verified"], variables["note"], state.stack) == (True, "mine", ())
    assert not {"pin", "who", "ok"} & variables.keys()
    assert played(load(tmp_path).by_name["main"], Digits(""))[1] == DoHangUp(("hello",))


def test_a_flow_that_asks_nothing_may_be_called_twice_in_turn(tmp_path: Path) -> None:
    main = (
        "start: first\nsteps:\n  first: {do: flow, flow: noted, then: again}\n"
        "  again: {do: flow, flow: noted, then: end}\n  end: {do: hang_up, say: hello}\n"
    )
    noted = (
        "start: a\nsteps:\n  a: {do: set, vars: {seen: true}, then: b}\n"
        "  b: {do: set, vars: {seen: false}, then: c}\n  c: {do: return}\n"
    )
    assert played(load(tmp_path, main, noted=noted).by_name["main"])[1] == DoHangUp(("hello",))


def test_a_language_chosen_and_menus_passed_in_the_called_flow_stay(tmp_path: Path) -> None:
    both = HEAD.replace("{english: en}", "{english: en, chinese: zh}").replace("en: Hello", "en: Hello, zh: 您好")
    main = "start: a\nsteps:\n  a: {do: flow, flow: other, then: b}\n  b: {do: say, say: hello, then: c}\n  c: {do: hang_up}\n"
    other = "start: a\nsteps:\n  a: {do: language, language: chinese, then: b}\n  b: {do: return}\n"
    for name, text in {"main": main, "other": other}.items():
        (tmp_path / f"{name}.yaml").write_text(both + text, encoding="utf-8")
    flow = load_flows(tmp_path, Known({"sales"})).by_name["main"]
    state, do = played(flow)
    assert do == DoSay(("hello",))
    assert flow.speaks(state) == "zh"
    assert played(flow, Done())[1] == DoHangUp(())


def test_who_leaves_a_queue_within_a_called_flow_goes_on_there(tmp_path: Path) -> None:
    inner = (
        "takes: [who]\nstart: line\nsteps:\n  line: {do: queue, queue: sales, nobody: no}\n"
        "  no: {do: set, vars: {ok: false}, then: back}\n  back: {do: return}\n"
    )
    flow = load(tmp_path, verify=inner).by_name["main"]
    state, do = played(flow)
    assert isinstance(do, DoRoute)
    everything = dict(state.everything)
    assert (everything["customer"], everything["who"]) == ("17", "17"), "the line knows what all of them know"
    assert step(flow, state, LeftQueue("no"))[1] == DoHangUp(("hello",))


def test_the_version_changes_with_that_of_the_flow_called(tmp_path: Path) -> None:
    before = load(tmp_path).by_name
    after = load(tmp_path, verify=VERIFY.replace("most: 4", "most: 5")).by_name
    assert before["main"].version != after["main"].version


def test_a_flow_that_returns_is_not_entered_from_outside(tmp_path: Path) -> None:
    flows = load(tmp_path)
    assert flows.entered_by("verify") is flows.by_name["main"]
    with pytest.raises(FlowStuck):
        played(flows.by_name["verify"], Digits("1234"))


def test_a_ticket_s_place_is_known_by_the_calls_that_led_there(tmp_path: Path) -> None:
    flows = load(tmp_path)
    stack = (Frame("verify", "verify", ()),)
    assert flows.having("main", "pin", stack) is flows.by_name["main"]
    assert flows.having("main", "pin") is None
    assert flows.having("main", "gone", stack) is None
    assert flows.having("main", "pin", (Frame("check", "verify", ()),)) is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("flow: verify,", "flow: verfy,", "unknown flow 'verfy', did you mean 'verify'?"),
        ("with: {who: customer}", "with: {hwo: customer}", "flow 'verify' takes no 'hwo', did you mean 'who'?"),
        ("with: {who: customer}, ", "", "flow 'verify' takes 'who', which `with` does not give it"),
        ("who: customer", "who: custmer", "no step sets the variable 'custmer', did you mean 'customer'?"),
        ("verified: ok", "verified: okay", "flow 'verify' sets no 'okay', did you mean 'ok'?"),
    ],
)
def test_a_call_that_does_not_fit_is_refused_at_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    words = refusal(tmp_path, MAIN.replace(old, new), verify=VERIFY)
    assert told in words
    assert words.startswith(f"{tmp_path.name}/main.yaml:8:")


def test_masked_digits_are_neither_given_to_a_called_flow_nor_taken_from_it(tmp_path: Path) -> None:
    asked = "first: {do: ask, say: hello, into: customer, most: 4, masked: true, then: verify, no_input: unknown}"
    given = refusal(tmp_path, MAIN.replace("first: {do: set, vars: {customer: '17', note: mine}, then: verify}", asked))
    assert given.startswith(f"{tmp_path.name}/main.yaml:8:"), given
    assert "'customer' is masked, and whoever it is given to would know it openly" in given

    masked = VERIFY.replace("into: pin, most: 4,", "into: pin, most: 4, masked: true,")
    taken = refusal(tmp_path, MAIN.replace("verified: ok", "verified: pin"), verify=masked)
    assert taken.startswith(f"{tmp_path.name}/main.yaml:8:"), taken
    assert "'pin' is masked in flow 'verify', and would be known openly here" in taken


def test_a_flow_that_comes_to_call_itself_is_refused(tmp_path: Path) -> None:
    call = "start: a\nsteps:\n  a: {{do: flow, flow: {}, then: b}}\n  b: {{do: return}}\n"
    main = "start: a\nsteps:\n  a: {do: flow, flow: one, then: b}\n  b: {do: hang_up}\n"
    words = refusal(tmp_path, main, one=call.format("two"), two=call.format("one"))
    assert "flow 'one' comes to call itself (one → two → one)" in words
    assert "flow 'two' comes to call itself (two → one → two)" in words


def test_calls_are_not_deeper_than_a_ticket_can_tell(tmp_path: Path) -> None:
    call = "start: a\nsteps:\n  a: {{do: flow, flow: {}, then: b}}\n  b: {{do: return}}\n"
    chain = {f"f{n}": call.format(f"f{n + 1}") for n in range(5)}
    main = "start: a\nsteps:\n  a: {do: flow, flow: f0, then: b}\n  b: {do: hang_up}\n"
    words = refusal(tmp_path, main, **chain, f5="start: b\nsteps:\n  b: {do: return}\n")
    assert "more than 5 flows call one another in turn" in words


def test_a_called_flow_returns_and_the_one_that_callers_enter_does_not(tmp_path: Path) -> None:
    never = VERIFY.replace("do: return", "do: hang_up")
    assert "flow 'verify' never returns" in refusal(tmp_path, verify=never)
    assert "flow 'main' returns, and is the one that callers enter" in refusal(
        tmp_path, MAIN.replace("do: hang_up, say: hello", "do: return"), verify=VERIFY
    )


def test_a_caller_is_not_handed_on_to_a_flow_that_returns(tmp_path: Path) -> None:
    main = "start: a\nsteps:\n  a: {do: transfer, flow: verify}\n"
    assert "flow 'verify' returns, and there is nothing to return to" in refusal(tmp_path, main, verify=VERIFY)


def test_a_circle_through_a_call_needs_something_from_the_caller_there(tmp_path: Path) -> None:
    again = MAIN.replace("otherwise: unknown", "otherwise: verify")
    assert "comes round to itself" in refusal(tmp_path, again, verify=VERIFY)


def test_a_walk_tells_the_ways_taken_in_the_called_flow_as_that_flow_s(tmp_path: Path) -> None:
    flow = load(tmp_path).by_name["main"]
    walk = Walk(flow, "main", {})
    assert walk.here.name == "verify"
    walk.press("1234")
    assert [(one.step, one.way) for one in walk.passed["verify"]] == [("pin", "then"), ("right", "then")]
    assert [(one.step, one.way) for one in walk.passed["main"]][-2:] == [("verify", "then"), ("check", "case_1")]


# ------------------------------------------------------------------------------------------------- in a session


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        open_one.flows = load(tmp_path)
        yield open_one


async def test_who_is_handed_in_again_within_a_called_flow_goes_on_there(house: TestHouse) -> None:
    caller = FakeCaller()
    spawn(take_call(caller, house.house), "session")
    await settle()
    ticket = house.ticket(caller.variables[VARIABLE])
    assert (ticket.flow, ticket.step, [frame.step for frame in ticket.stack]) == ("main", "pin", ["verify"])
    caller.hangs_up()
    await settle()

    again = FakeCaller(["1234"], variables=caller.variables)
    spawn(take_call(again, house.house), "session")
    await settle()
    assert "ask en/hello" in again.acts, "the PIN is asked for again"
    assert again.acts[-1] == "set SWITCHBOARD_DONE", "nobody is there for the line"
    again.hangs_up()
    await settle()
