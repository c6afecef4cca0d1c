"""Digits asked for: taken, refused, read back, kept secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.expressions import Expression
from acd.names import Attributes
from common.tasks import spawn
from ivr.flows.flow import Flow, step
from ivr.prompts.spoken_values import How, Part
from ivr.session import take_call
from ivr.state import State
from ivr.steps.ask import Ask, Confirm
from ivr.steps.hang_up import Goodbye
from ivr.steps.talk import Digits, Do, DoAsk, DoAskDigits, DoHangUp, Entered, Heard, Pressed
from ivr.tickets.ticket import VARIABLE, Ticket
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import TestHouse, flows_of, open_house, settle
from tests.unit.test_ivr_flow_file import HEAD, refusal

CONFIRM = Confirm(("you-entered", Part(How.DIGITS, "order"), "right"), "1", "2")


def asking(
    *, valid: str = "", confirm: Confirm | None = None, masked: bool = False, tries: int = 2, least: int = 4
) -> Flow:
    ask = Ask(
        ("enter",),
        "order",
        least,
        6,
        Expression(valid) if valid else None,
        4.0,
        tries,
        ("wrong",),
        confirm,
        masked,
        "taken",
        "silent",
        "refused",
    )
    ends = {name: Goodbye((name,)) for name in ("taken", "silent", "refused")}
    return Flow("main", "v", "ask", {"english": "en"}, "english", {"ask": ask, **ends})


def played(flow: Flow, *heard: Heard) -> tuple[State, Do]:
    state, do = step(flow, flow.begin("main"), Entered())
    for one in heard:
        state, do = step(flow, state, one)
    return state, do


def order(variables: Attributes) -> object:
    return dict(variables).get("order")


def test_right_digits_are_taken_into_the_variable() -> None:
    assert played(asking())[1] == DoAskDigits(("enter",), 6, 4.0, masked=False)
    state, do = played(asking(), Digits("123456"))
    assert (do, order(state.variables)) == (DoHangUp(("taken",)), "123456")


@pytest.mark.parametrize("entered", ["123", "1234567", "12*4"])
def test_wrong_digits_are_told_asked_again_and_then_take_their_path(entered: str) -> None:
    assert played(asking(), Digits(entered))[1] == DoAskDigits(("wrong", "enter"), 6, 4.0, masked=False)
    state, do = played(asking(), Digits(entered), Digits(entered))
    assert (do, order(state.variables)) == (DoHangUp(("refused",)), None)


def test_no_digits_are_asked_for_again_and_then_take_their_path() -> None:
    assert played(asking(), Digits(""))[1] == DoAskDigits(("enter",), 6, 4.0, masked=False)
    assert played(asking(), Digits(""), Digits(""))[1] == DoHangUp(("silent",))


def test_a_condition_says_what_is_right_stars_included() -> None:
    flow = asking(valid="entered.matches('^[0-9]{3}[0-9*]$') && call.entry == 'main'")
    assert played(flow, Digits("123*"))[1] == DoHangUp(("taken",))
    assert played(flow, Digits("12345"))[1] == DoAskDigits(("wrong", "enter"), 6, 4.0, masked=False)


def test_what_was_entered_is_read_back_and_taken_with_a_key() -> None:
    flow = asking(confirm=CONFIRM)
    state, do = played(flow, Digits("1234"))
    assert (do, order(state.variables)) == (DoAsk(CONFIRM.said, 4.0, barge_in=True), "1234")
    state, do = played(flow, Digits("1234"), Pressed("1"))
    assert (do, order(state.variables)) == (DoHangUp(("taken",)), "1234")


def test_who_does_not_confirm_is_asked_anew_and_what_they_entered_is_forgotten() -> None:
    flow = asking(confirm=CONFIRM)
    state, do = played(flow, Digits("1234"), Pressed("2"))
    assert (do, order(state.variables)) == (DoAskDigits(("enter",), 6, 4.0, masked=False), None)
    assert played(flow, Digits("1234"), Pressed("2"), Digits("4321"), Pressed("1"))[1] == DoHangUp(("taken",))
    state, do = played(flow, Digits("1234"), Pressed("2"), Digits("4321"), Pressed("2"))
    assert (do, order(state.variables)) == (DoHangUp(("refused",)), None)


def test_another_key_or_none_reads_back_again_and_not_for_ever() -> None:
    flow = asking(confirm=CONFIRM)
    assert played(flow, Digits("1234"), Pressed("7"))[1] == DoAsk(CONFIRM.said, 4.0, barge_in=True)
    assert played(flow, Digits("1234"), Pressed("7"), Pressed("9"))[1] == DoHangUp(("refused",))
    assert played(flow, Digits("1234"), Pressed(""), Pressed(""))[1] == DoHangUp(("silent",))


def test_masked_digits_are_a_secret_that_no_text_shows() -> None:
    state, _ = played(asking(masked=True), Digits("4929"))
    assert state.secrets == (("order", "4929"),)
    assert order(state.variables) is None
    assert "4929" not in repr((state, Digits("4929")))


def test_a_secret_is_known_to_what_looks_things_up_and_to_no_condition() -> None:
    state, _ = played(asking(masked=True), Digits("4929"))
    assert state.known["order"] == "4929"
    assert "order" not in dict(state.variables)


# ------------------------------------------------------------------------------------------------- in a session

MASKED = HEAD.replace("start: first", "start: card") + (
    "  card: {do: ask, say: hello, into: card, most: 4, masked: true, then: menu, no_input: end}\n"
    "  menu: {do: menu, say: hello, keys: {1: queue}, no_input: end}\n"
    "  queue: {do: queue, queue: sales}\n"
    "  end: {do: hang_up}\n"
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        open_one.flows = flows_of(MASKED, tmp_path)
        yield open_one


def ticket_of(house: TestHouse, caller: FakeCaller) -> Ticket:
    return house.ticket(caller.variables[VARIABLE])


async def test_masked_digits_are_unrecorded_and_the_ticket_stays_where_they_were_asked_for(house: TestHouse) -> None:
    caller = FakeCaller(["4929"])
    spawn(take_call(caller, house.house), "session")
    await settle()
    assert caller.acts[-1] == "ask zh/hello"
    assert house.muted == [f"muted {caller.call}", f"unmuted {caller.call}"]
    assert (ticket_of(house, caller).step, caller.acts.count(f"set {VARIABLE}")) == ("card", 1)
    caller.hangs_up()
    await settle()

    again = FakeCaller(variables=caller.variables)
    spawn(take_call(again, house.house), "session")
    await settle()
    assert len(house.muted) == 3, "handed in again, they are asked for the card again"
    again.hangs_up()
    await settle()


async def test_in_line_the_secret_is_gone_and_the_ticket_goes_on(house: TestHouse) -> None:
    caller = FakeCaller(["4929", "1"])
    spawn(take_call(caller, house.house), "session")
    await settle()
    ticket = ticket_of(house, caller)
    assert ticket.place is not None
    assert "card" not in dict(ticket.place.attributes)
    caller.hangs_up()
    await settle()


# --------------------------------------------------------------------------------------------------- in the file

END = "  end: {do: hang_up}\n"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("most: 3, least: 4", "'least' is 4 and 'most' 3"),
        ("most: 4, masked: true, confirm: {say: hello}", "masked digits are not read back"),
        ("most: 4, confirm: {say: hello, again: 1}", "'yes' and 'again' are the same key"),
        ("most: 4, valid: 'entered =='", "not a valid expression"),
        ("most: 4, wrong_say: {digits: sum}", "no step sets a variable 'sum'"),
        ("most: 4, masked: true, wrong_say: {digits: it}", "no step sets a variable 'it'"),
    ],
)
def test_asking_that_makes_no_sense_is_refused(tmp_path: Path, fields: str, told: str) -> None:
    text = HEAD + f"  first: {{do: ask, say: hello, into: it, {fields}, then: end, no_input: end}}\n" + END
    (line,) = refusal(tmp_path, text)
    assert told in line


def test_a_masked_variable_is_not_set_openly_elsewhere(tmp_path: Path) -> None:
    text = HEAD + (
        "  first: {do: ask, say: hello, into: it, most: 4, masked: true, then: set, no_input: end}\n"
        "  set: {do: set, vars: {it: 1}, then: end}\n"
    )
    (line,) = refusal(tmp_path, text + END)
    assert "'it' is masked here and set openly elsewhere" in line
