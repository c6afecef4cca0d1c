"""CEL expressions: what they are worth, and what makes one false or no expression at all."""

from __future__ import annotations

import pytest

from acd.errors import BadNeed
from acd.expressions import Expression


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("true", True),
        (" false ", False),
        ("call.topic == 'sales'", True),
        ("call.topic == 'service'", False),
        ("call.age > 3", False),  # not known of this call
        ("call.topic", False),  # a text is no condition
        ("1", False),
    ],
)
def test_a_condition_holds_only_where_it_is_true(text: str, holds: bool) -> None:
    assert Expression(text).holds({"call": {"topic": "sales"}}) is holds


def test_a_value_is_asked_for_of_literals_too() -> None:
    assert Expression("true").value({}) is True
    with pytest.raises(BadNeed, match="cannot be evaluated"):
        Expression("call.age").value({"call": {}})


def test_what_is_no_expression_is_refused_with_its_text() -> None:
    with pytest.raises(BadNeed, match=r"'call\. ==' is not a valid expression"):
        Expression("call. ==")


def test_two_of_the_same_text_are_one_and_of_another_are_not() -> None:
    one, same, other = Expression("skill.a > 1"), Expression("skill.a > 1"), Expression("skill.a > 2")
    assert (one == same, one == other, one == "skill.a > 1") == (True, False, False)
    assert len({one, same, other}) == 2
    assert (one.text, repr(one)) == ("skill.a > 1", "Expression('skill.a > 1')")


def test_a_literal_is_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    always = Expression(" true ")
    monkeypatch.setattr(always, "_program", None)
    assert always.holds({})
