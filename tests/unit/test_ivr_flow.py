"""The pure step function: where a caller goes, for everything that can be heard."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from acd.expressions import Expression
from acd.names import Opening, QueueId
from ivr.flows.flow import Flow, FlowStuck, step
from ivr.state import MENU_PATH_KEPT, State, menus_passed
from ivr.steps.decide import Decide
from ivr.steps.hang_up import Goodbye
from ivr.steps.hours import Hours
from ivr.steps.language import Language
from ivr.steps.menu import Menu
from ivr.steps.message import Message
from ivr.steps.queue import Queue
from ivr.steps.say import Say
from ivr.steps.set import SetVariables
from ivr.steps.step import Step
from ivr.steps.talk import (
    Do,
    DoAsk,
    DoHangUp,
    DoLookUpHours,
    Done,
    DoRoute,
    DoSay,
    DoTakeMessage,
    Entered,
    Heard,
    LeftQueue,
    MessageTaken,
    Pressed,
    Stands,
)

MENU = Menu(("choose",), {"1": "sales", "#": "menu"}, "silent", "wrong", ("wrong-key",), 5.0, 2, barge_in=True)
ENDS: Mapping[str, Step] = {
    "sales": Queue(QueueId("sales"), "skill.sales >= 1", 3, "message"),
    "silent": Goodbye(("bye",)),
    "wrong": Goodbye(()),
    "message": Message(DoTakeMessage("speak", 60.0, 5.0), "silent", ""),
}


def flow(start: str, **steps: Step) -> Flow:
    return Flow("main", "v", start, {"chinese": "zh", "english": "en"}, "chinese", {**ENDS, **steps})


def played(flow_: Flow, *heard: Heard) -> tuple[State, Do]:
    state, do = step(flow_, flow_.begin("main"), Entered())
    for one in heard:
        state, do = step(flow_, state, one)
    return state, do


def test_a_say_step_is_said_and_goes_on() -> None:
    one = flow("hello", hello=Say(("welcome",), "silent"))
    assert played(one)[1] == DoSay(("welcome",))
    assert played(one, Done())[1] == DoHangUp(("bye",))


def test_a_menu_key_leads_on_and_is_part_of_the_path() -> None:
    state, do = played(flow("menu", menu=MENU), Pressed("#"), Pressed("1"))
    assert do == DoRoute(QueueId("sales"), "skill.sales >= 1", 3, "message", attributes=state.variables)
    assert menus_passed(state.variables) == ("menu", "#", "menu", "1")
    assert menus_passed(()) == ()


def test_no_key_plays_the_menu_again_and_then_takes_its_path() -> None:
    one = flow("menu", menu=MENU)
    assert played(one, Pressed(""))[1] == DoAsk(("choose",), 5.0, barge_in=True)
    assert played(one, Pressed(""), Pressed(""))[0].step == "silent"


def test_a_wrong_key_is_told_and_then_takes_its_path() -> None:
    one = flow("menu", menu=MENU)
    assert played(one, Pressed("7"))[1] == DoAsk(("wrong-key", "choose"), 5.0, barge_in=True)
    assert played(one, Pressed("7"), Pressed("7"))[0].step == "wrong"


def test_coming_back_to_a_menu_begins_its_tries_anew() -> None:
    assert played(flow("menu", menu=MENU), Pressed("7"), Pressed("#"))[0].tries == 0


def test_the_menu_path_stays_short() -> None:
    state, _ = played(flow("menu", menu=MENU), *[Pressed("#")] * 50)
    assert len(menus_passed(state.variables)) == 2 * MENU_PATH_KEPT


def test_silent_steps_are_passed_in_one_go_and_decide_by_what_they_set() -> None:
    one = flow(
        "set",
        set=SetVariables((("topic", "sales"), ("tries", 2)), "english"),
        english=Language("english", "decide"),
        decide=Decide(
            (
                (Expression("call.missing == 1"), "wrong"),
                (Expression("call.topic == 'sales' && call.language == 'english'"), "sales"),
            ),
            "silent",
        ),
    )
    state, do = played(one)
    assert isinstance(do, DoRoute)
    assert dict(state.variables) == {
        "entry": "main",
        "language": "english",
        "menu_path": "",
        "topic": "sales",
        "tries": 2,
    }
    assert one.speaks(state) == "en"


def test_a_decision_without_a_case_that_holds_goes_otherwise() -> None:
    assert played(flow("d", d=Decide(((Expression("false"), "wrong"),), "silent")))[0].step == "silent"


def test_leaving_a_queue_goes_on_at_the_step_named() -> None:
    state, do = played(flow("sales"), LeftQueue("message"))
    assert do == DoTakeMessage("speak", 60.0, 5.0)
    assert step(flow("sales"), state, MessageTaken())[1] == DoHangUp(("bye",))


def test_entering_at_any_step_again_does_that_step_again() -> None:
    one = flow("hello", hello=Say(("welcome",), "menu"), menu=MENU)
    state, _ = played(one, Done())
    assert step(one, State(state.step, state.variables), Entered())[1] == DoAsk(("choose",), 5.0, barge_in=True)


def test_a_language_the_flow_no_longer_has_is_spoken_as_its_first() -> None:
    assert flow("sales").speaks(State("menu", (("language", "french"),))) == "zh"


def test_a_flow_that_goes_round_silently_is_stopped() -> None:
    with pytest.raises(FlowStuck):
        played(flow("a", a=SetVariables((), "b"), b=SetVariables((), "a")))


def test_hearing_what_a_step_cannot_bring_is_a_mistake() -> None:
    with pytest.raises(FlowStuck):
        played(flow("hello", hello=Say(("welcome",), "silent")), Pressed("1"))


def test_an_hours_step_asks_how_the_calendar_stands_and_goes_there() -> None:
    ways = {Opening.OPEN: "sales", Opening.CLOSED: "message", Opening.HOLIDAY: "silent", Opening.EMERGENCY: "wrong"}
    door = flow("door", door=Hours("shop", ways))
    assert played(door)[1] == DoLookUpHours("shop")
    assert {opening: played(door, Stands(opening))[0].step for opening in Opening} == ways


def test_a_queue_s_priority_comes_from_what_is_known_and_stays_within_bounds() -> None:
    def priority(expression: str, **known: str | int | bool) -> int:
        queue = Queue(QueueId("sales"), "", 3, "", priority_from=Expression(expression))
        one = flow("set", set=SetVariables(tuple(sorted(known.items())), "line"), line=queue)
        _, do = played(one)
        assert isinstance(do, DoRoute)
        return do.priority

    assert priority("call.vip ? 10 : 0", vip=True) == 10
    assert priority("call.level", level=7) == 7
    assert priority("call.level", level=1000) == 100
    assert priority("call.level * 1.5", level="much") == 3
    assert priority("call.nobody_knows") == 3


def test_the_variables_named_go_with_the_caller_and_those_that_every_flow_keeps() -> None:
    queue = Queue(QueueId("sales"), "", 0, "", attributes=frozenset({"order"}))
    _, do = played(flow("set", set=SetVariables((("order", "17"), ("secretly", 1)), "line"), line=queue))
    assert isinstance(do, DoRoute)
    assert dict(do.attributes).keys() == {"order", "language", "menu_path", "entry"}
