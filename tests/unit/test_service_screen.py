"""The demo's screen: everything on it, in both languages, inside the terminal's width, whatever the terminal."""

from __future__ import annotations

import io
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console

from acd.events import Event
from service.demo.live_view import LiveView, Row
from service.demo.screen import Screen
from service.demo.words import EVENTS, IN_TABLES

NOON = 1_700_020_800.0
COUNTS = {"ready": 1, "offered": 0, "talking": 1, "wrap_up": 0, "paused": 0, "not_responding": 0, "signed_out": 1}
UP, DOWN = {"up": True, "since": NOON}, {"up": False, "since": NOON}
QUEUE = {
    "id": "sales",
    "name": {"zh-CN": "销售", "en": "Sales"},
    "waiting": 1,
    "longest_wait_since": NOON - 83.0,
    "offered": 9,
    "answered": 7,
    "abandoned": 1,
    "service_level": 0.714,
    "agents": COUNTS,
}
WHY = {
    "zh-CN": "能接此电话的坐席都在忙：王小明 (通话中)。",
    "en": "Everybody who could help is busy: 王小明 (talking).",
}


def agent(number: str, name: str, state: str, reason: str = "") -> Row:
    return {"id": number, "name": name, "state": state, "reason": reason, "since": NOON - 61.0}


def call(number: int, state: str, **more: object) -> Row:
    row = {
        "id": f"node1-1700000000.{number}",
        "queue": "sales",
        "state": state,
        "joined_at": NOON - 83.0,
        "agent": None,
    }
    return {**row, "position": None, "why": None, **more}


def live_view(**more: object) -> LiveView:
    view = LiveView(lambda: 0.0)
    floor = {
        "queues": [QUEUE],
        "agents": [
            agent("1001", "王小明", "talking"),
            agent("1003", "Anna Schmidt-Rosenbergwaldhausen", "paused", "lunch"),
            agent("1004", "陈伟", "signed_out"),
            agent("1005", "[red]Tom[/red]", "a state of tomorrow"),
        ],
        "calls": [call(12, "waiting", position=1, why=WHY), call(7, "talking", agent="1001")],
        "links": {"ami": {"node1": UP}, "redis": UP, "mqtt": None},
    }
    view.take({"type": "snapshot", "run": "r", "seq": 1, "at": NOON, **floor, **more})
    return view


def happen(view: LiveView, *kinds: str, agent: str | None = None) -> None:
    call = "node1-1700000000.12"
    events = [
        {"kind": kind, "at": NOON, "call": call, "agent": agent if kind == "Offered" else None, "queue": "sales"}
        for kind in kinds
    ]
    none: Row = {"queues": [], "agents": [], "calls": [], "gone": {}, "links": None}
    view.take({"type": "delta", "seq": 2, "at": NOON, "events": events, **none})


def drawn(view: LiveView, language: str = "en", width: int = 120, height: int = 40) -> list[str]:
    screen = Screen("Switchboard 总机 · demo", ["board  http://127.0.0.1:8080/"], ZoneInfo("Asia/Shanghai"), language)
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(screen.draw(view), height=height)
    return capture.get().splitlines()


def test_queues_agents_calls_and_events_are_there() -> None:
    view = live_view()
    happen(view, "Queued", "StillWaiting", "SomethingNew")
    text = "\n".join(drawn(view))
    for shown in (
        "销售 Sales",
        "1:23",
        "71%",
        "1001 王小明",
        "通话 talking",
        "示忙 paused (lunch)",
        "[red]Tom[/red]",
        "a state of tomorrow",
        "排队 waiting 1.",
        WHY["en"],
        "#12 sales",
        "入队 queued",
        "SomethingNew",
        "12:00:00",
        "● live",
        "board  http://127.0.0.1:8080/",
    ):
        assert shown in text, shown
    assert "陈伟" not in text  # signed out
    assert "StillWaiting" not in text


def test_sentences_are_in_the_terminal_s_language() -> None:
    assert WHY["zh-CN"] in "\n".join(drawn(live_view(), language="zh-CN"))


@pytest.mark.parametrize(("width", "height"), [(120, 40), (80, 24), (200, 60), (41, 12)])
def test_no_line_is_wider_than_the_terminal_and_the_whole_is_not_higher(width: int, height: int) -> None:
    view = live_view(calls=[call(number, "waiting", position=number, why=WHY) for number in range(1, 40)])
    happen(view, *["Queued"] * 60)
    lines = drawn(view, width=width, height=height)
    assert {cell_len(line) for line in lines} == {width}
    assert len(lines) == height


def test_a_long_reason_gives_way_before_the_figures_do() -> None:
    long = {"en": "Everybody who could help is busy: " + "李娜 (talking), " * 20, "zh-CN": "忙"}
    text = "\n".join(drawn(live_view(calls=[call(12, "waiting", position=3, why=long)])))
    assert "#12" in text
    assert "排队 waiting 3.  1:23" in text


def test_callers_in_line_stand_above_those_who_talk() -> None:
    lines = drawn(live_view())
    where = {number: next(i for i, line in enumerate(lines) if f"#{number} " in line) for number in (7, 12)}
    assert where[12] < where[7]


def test_what_is_not_so_is_not_shown_as_live() -> None:
    view = live_view(links={"ami": {"node1": DOWN}, "redis": UP, "mqtt": DOWN})
    text = "\n".join(drawn(view))
    assert "no link to Asterisk node1, MQTT" in text
    assert "● live" not in text
    view.trouble = "the live stream stopped; trying again"
    assert "the live stream stopped" in "\n".join(drawn(view))


def test_before_the_first_message_there_is_a_screen_too() -> None:
    assert "connecting" in "\n".join(drawn(LiveView(lambda: 0.0)))


def test_without_a_terminal_each_event_is_one_line_once_also_at_the_same_moment() -> None:
    view = live_view()
    screen = Screen("demo", [], ZoneInfo("Asia/Shanghai"), "en")
    out = io.StringIO()
    console = Console(file=out, width=200)
    happen(view, "Queued", "StillWaiting", "Offered", agent="1001")
    screen.print_new(view, console)
    screen.print_new(view, console)
    assert out.getvalue().splitlines() == [
        "12:00:00  入队 queued               #12 sales",
        "12:00:00  派单 offered              #12 1001 王小明",
    ]


def test_every_kind_of_event_has_words_or_is_told_by_the_tables() -> None:
    kinds = {kind.__name__ for kind in get_args(Event)}
    assert kinds == EVENTS.keys() | IN_TABLES
