"""Flows that hand callers on in a circle: refused with the way round, where nobody is asked anything on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.yaml_file import ConfigurationRefused
from ivr.flows.checks import Known
from ivr.flows.files import load_flows

HEAD = """languages: {english: en}
language: english
prompts: {hello: {en: Hello}}
start: a
steps:
"""
TO_OTHER = "  a: {do: say, say: hello, then: on}\n  on: {do: transfer, flow: other}\n"
TO_MAIN = "  a: {do: transfer, flow: main}\n"
MENU_TO_MAIN = "  a: {do: menu, say: hello, keys: {1: on}, no_input: line}\n  on: {do: transfer, flow: main}\n"
LINE = "  line: {do: queue, queue: sales}\n"


def mistakes(folder: Path, **flows: str) -> list[str]:
    for name, steps in flows.items():
        (folder / f"{name}.yaml").write_text(HEAD + steps, encoding="utf-8")
    try:
        load_flows(folder, Known({"sales"}))
    except ConfigurationRefused as refused:
        return [line.removeprefix(f"{folder.name}/") for line in str(refused).splitlines()]
    return []


def test_flows_that_hand_on_to_each_other_are_refused_once_with_the_way_round(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, main=TO_OTHER, other=TO_MAIN)
    assert told.startswith("main.yaml:7:28:")
    assert "(main/on → other/a → main/a → main/on): that never ends; ask them something" in told


def test_a_flow_that_hands_on_to_itself_is_refused(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, main=TO_MAIN)
    assert "(main/a → main/a)" in told


def test_a_circle_on_which_callers_are_asked_is_theirs_to_leave(tmp_path: Path) -> None:
    assert mistakes(tmp_path, main=TO_OTHER, other=MENU_TO_MAIN + LINE) == []


def test_a_circle_taken_by_those_who_press_nothing_is_refused(tmp_path: Path) -> None:
    silence = MENU_TO_MAIN.replace("no_input: line", "no_input: on").replace("1: on", "1: line") + LINE
    (told,) = mistakes(tmp_path, main=TO_OTHER, other=silence)
    assert "(main/on → other/a → other/on → main/a → main/on)" in told


@pytest.mark.parametrize("asks", [False, True])
def test_a_called_flow_on_the_circle_is_silent_or_it_asks(tmp_path: Path, *, asks: bool) -> None:
    ask = "  a: {do: ask, say: hello, into: pin, most: 4, then: back, no_input: bye}\n  bye: {do: hang_up}\n"
    say = "  a: {do: say, say: hello, then: back}\n"
    told = mistakes(
        tmp_path,
        main="  a: {do: flow, flow: called, then: on}\n  on: {do: transfer, flow: main}\n",
        called=(ask if asks else say) + "  back: {do: return}\n",
    )
    assert len(told) == (0 if asks else 1), told


def test_a_circle_out_of_a_called_flow_is_found(tmp_path: Path) -> None:
    called = (
        "  a: {do: decide, cases: [{when: 'true', then: on}], otherwise: back}\n"
        "  on: {do: transfer, flow: main}\n  back: {do: return}\n"
    )
    main = "  a: {do: flow, flow: called, then: line}\n" + LINE
    (told,) = mistakes(tmp_path, main=main, called=called)
    assert told.startswith("called.yaml:7:")
    assert "(called/on → main/a → called/a → called/on)" in told
