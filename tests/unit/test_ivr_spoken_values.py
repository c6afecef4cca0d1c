"""Values as rows of prompts, in both languages."""

from __future__ import annotations

import pytest

from ivr.prompts import speaking, spoken_values
from ivr.prompts.spoken_values import Currency, How, Part, Scalar, spoken, voiced

CHARACTERS = {
    prompt.name: prompt.text for prompt in (*speaking.PROMPTS, *spoken_values.PROMPTS) if prompt.language == "zh"
}
WORDS = {prompt.name: prompt.text for prompt in spoken_values.PROMPTS if prompt.language == "en"}


def read(how: How, value: Scalar, language: str, currency: Currency = Currency.CNY) -> str:
    prompts = spoken(how, value, language, currency)
    if language == "zh":
        return "".join(CHARACTERS[name] for name in prompts)
    return " ".join(WORDS.get(name, name.removeprefix("core:digits/")) for name in prompts)


@pytest.mark.parametrize(
    ("how", "value", "chinese", "english"),
    [
        (How.DIGITS, "2046", "二零四六", "2 0 4 6"),
        (How.NUMBER, 42, "四十二", "40 2"),
        (How.NUMBER, -3.5, "负三点五", "minus 3 point 5"),
        (How.NUMBER, "12.0", "十二", "12"),
        (How.DATE, "2026-11-25", "二零二六年十一月二十五日", "mon-10 20 h-5 2 thousand 20 6"),
        (How.DATE, "2026-03-30T09:00", "二零二六年三月三十日", "mon-2 h-30 2 thousand 20 6"),
        (How.TIME, "14:05", "十四点零五分", "2 oh 5 p-m"),
        (How.TIME, "2026-03-30T02:30", "两点三十分", "2 30 a-m"),
        (How.TIME, "00:00", "零点", "12 oclock a-m"),
        (How.MONEY, "12.50", "十二元五角", "12 yuan 50 fen"),
        (How.MONEY, 2, "两元", "2 yuan"),
        (How.MONEY, "0.34", "三角四分", "30 4 fen"),
        (How.MONEY, "100.05", "一百元零五分", "1 hundred yuan 5 fen"),
        (How.MONEY, "-0", "零元", "0 yuan"),
        (How.MONEY, "-7.10", "负七元一角", "minus 7 yuan 10 fen"),
    ],
)
def test_a_value_in_both_languages(how: How, value: Scalar, chinese: str, english: str) -> None:
    assert read(how, value, "zh") == chinese
    assert read(how, value, "en") == english


def test_money_has_a_singular_in_english_and_its_own_parts_in_chinese() -> None:
    assert read(How.MONEY, "1.01", "en", Currency.USD) == "1 dollar 1 cent"
    assert read(How.MONEY, "3.20", "en", Currency.EUR) == "3 euros 20 cents"
    assert read(How.MONEY, "3.20", "zh", Currency.USD) == "三美元二十美分"


@pytest.mark.parametrize(
    ("how", "value"),
    [
        (How.DIGITS, "none"),
        (How.NUMBER, "1e9"),
        (How.NUMBER, True),
        (How.DATE, "25.11.2026"),
        (How.DATE, "14:05"),
        (How.TIME, "2026-11-25"),
        (How.MONEY, "1.234"),
        (How.MONEY, "100000000000"),
    ],
)
def test_what_is_not_what_it_is_spoken_as_is_refused(how: How, value: Scalar) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are Python's own for some
        spoken(how, value, "en")


def test_prompts_and_variables_are_voiced_in_turn_and_what_cannot_be_spoken_is_named() -> None:
    said = ("your-order", Part(How.DIGITS, "order"), Part(How.MONEY, "amount"), Part(How.DATE, "due"))
    heard = voiced(said, {"order": "17", "amount": "12,50"}, "en")
    numbers = [f"core:digits/{digit}" for digit in "171250"]
    assert heard.prompts == ("your-order", *numbers)
    assert heard.unspoken == ("amount", "due")
