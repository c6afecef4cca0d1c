"""Conditions are tried with values such as their variables may have: what can never hold is refused, what may is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from common.yaml_file import ConfigurationRefused
from ivr.flows.checks import Known
from ivr.flows.files import load_flows

FLOW = """\
start: first
languages: {{english: en}}
language: english
steps:
  first: {{do: set, vars: {{count: 3, vip: true, kind: x, mixed: 1}}, then: number}}
  number: {{do: ask, say: core:hello, into: order, most: 4, then: find, no_input: find}}
  find:
    do: lookup
    at: shop
    path: /x
    take: {{paid: {{from: p, as: yes_no}}, sum: {{from: s, as: number}}}}
    then: two
    otherwise: two
  two: {{do: set, vars: {{mixed: a}}, then: which}}
  which: {{do: decide, cases: [{{when: '{when}', then: queue}}], otherwise: queue}}
  queue: {{do: queue, queue: sales, need: '{need}'}}
"""


def refusal(folder: Path, when: str = "call.vip", need: str = "") -> str:
    (folder / "main.yaml").write_text(FLOW.format(when=when, need=need), encoding="utf-8")
    try:
        load_flows(folder, Known({"sales"}, lookups={"shop"}))
    except ConfigurationRefused as refused:
        return str(refused)
    return ""


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ('call.count > "2"', "kinds of values that do not go together: count is a whole number"),
        ("call.order > 1000", "order is a text"),
        ("call.vip && call.count", "count is a whole number, vip is true or false"),
        ("call.sum + call.kind > 2.0", "kind is a text, sum is a number"),
        ("call.language < 3", "language is a text"),
        ("call.mixed && call.vip", "mixed is a whole number or a text"),
        ("call.count + 1", "is neither true nor false: count is a whole number"),
        ("1 + 1", "the condition is neither true nor false"),
        ("!call.count > 2", "`!` binds before `>` and negates `call.count` alone: write `!(call.count > 2)`"),
    ],
)
def test_a_condition_that_can_never_hold_is_refused_with_its_place(tmp_path: Path, when: str, says: str) -> None:
    refused = refusal(tmp_path, when)
    assert says in refused
    assert refused.split(":")[1] == "15"


@pytest.mark.parametrize(
    "when",
    [
        "call.vip && call.count > 2",
        'call.order == "17" || int(call.order) > 20',
        "call.paid && call.sum > 2.5",
        "call.sum > 2",
        "call.mixed > 0",
        'call.mixed == "a"',
        "call.elsewhere > 3",
        'call.menu_path.contains("topic")',
    ],
)
def test_a_condition_that_may_hold_is_taken(tmp_path: Path, when: str) -> None:
    assert refusal(tmp_path, when) == ""


def test_needs_are_tried_as_far_as_they_are_about_the_call(tmp_path: Path) -> None:
    assert refusal(tmp_path, need="skill.sales >= 3 && skill[call.language] > 2") == ""
    assert "count is a whole number" in refusal(tmp_path, need='call.count > "2"')
    assert "write `!(skill.sales >= 3)`" in refusal(tmp_path, need="!skill.sales >= 3")
