"""Keys pressed while something was said, and the questions they answer."""

from __future__ import annotations

import pytest

from ivr.talks.typed_ahead import TypedAhead


def typed(keys: str) -> TypedAhead:
    ahead = TypedAhead()
    ahead.note(keys)
    return ahead


def test_each_question_takes_one_key() -> None:
    ahead = typed("2")
    ahead.note("1")
    assert [ahead.key(), ahead.key(), ahead.key()] == ["2", "1", ""]


@pytest.mark.parametrize(
    ("keys", "most", "digits", "whole", "left"),
    [
        ("", 4, "", False, ""),
        ("12", 4, "12", False, ""),
        ("12#", 4, "12", True, ""),
        ("#", 4, "", True, ""),
        ("1234", 4, "1234", True, ""),
        ("1234#5", 4, "1234", True, "5"),
        ("123456", 4, "1234", True, "5"),
    ],
)
def test_digits_end_with_the_hash_or_when_they_are_enough(
    keys: str, most: int, digits: str, whole: bool, left: str
) -> None:
    ahead = typed(keys)
    assert ahead.digits(most) == (digits, whole)
    assert ahead.key() == left


def test_what_is_forgotten_answers_nothing() -> None:
    ahead = typed("2")
    ahead.forget()
    assert (ahead.key(), ahead.digits(3)) == ("", ("", False))
