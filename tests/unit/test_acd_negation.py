"""`!` without brackets before a comparison: named with what is meant."""

from __future__ import annotations

import pytest

from acd.errors import BadNeed
from acd.expressions import Expression
from acd.negation import misplaced_negation

FACTS = {
    "skill": {"x": 3, "a": 9, "tv": 1},
    "agent": {"name": "Li"},
    "call": {"vip": True, "topic": "tv", "level": 2},
}


@pytest.mark.parametrize(
    ("before", "comparison", "after", "sign"),
    [
        ("", "skill.x >= 5", "", ">="),
        ("skill.a >= 1 && ", "skill.x<5", " && call.vip", "<"),
        ("(", "skill['x'] > 4", ")", ">"),
        ("", "skill[call.topic] <= call.level", "", "<="),
        ("", 'call.topic == "a && !b"', "", "=="),
        ("call.topic == 'it\\'s' || ", "agent.name != 'Li'", "", "!="),
        ("", "call.topic in ['tv', 'radio']", " ? true : false", "in"),
        ("", "call.level == 2", " // not two", "=="),
    ],
)
def test_a_comparison_that_is_meant_to_be_negated_is_named_with_brackets(
    before: str, comparison: str, after: str, sign: str
) -> None:
    written, meant = f"{before}!{comparison}{after}", f"{before}!({comparison}){after}"
    told = misplaced_negation(written)
    assert told.startswith(
        f"`!` binds before `{sign}` and negates `{comparison.split(sign, maxsplit=1)[0].strip()}` alone"
    )
    assert told.endswith(f"write `!({comparison})`")
    with pytest.raises(BadNeed):
        Expression(written).value(FACTS)
    assert Expression(meant).value(FACTS) in (True, False)
    assert misplaced_negation(meant) == ""


@pytest.mark.parametrize(
    "written",
    [
        "!(skill.x >= 5)",
        "!has(skill.x) || skill.x >= 5",
        "!call.vip && skill.x >= 5",
        "!call.vip == (skill.x >= 5)",
        "!call.vip == true",
        "skill.x != 5",
        "call.topic == '!skill.x >= 5'",
        "call.topic == r'\\' && skill.x >= 1 || call.topic == '!a >= 1'",
        "call.vip // !skill.x >= 5",
        "!call.topic.startsWith('t') && skill.x > 1",
        "",
    ],
)
def test_a_negation_that_says_what_it_means_is_left_alone(written: str) -> None:
    assert misplaced_negation(written) == ""
