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
