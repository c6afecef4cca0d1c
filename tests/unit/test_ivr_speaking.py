"""Numbers as rows of prompts, in both languages."""

from __future__ import annotations

import pytest

from ivr.prompts import speaking

CHARACTERS = {prompt.name: prompt.text for prompt in speaking.PROMPTS}


def read(prompts: speaking.Prompts) -> str:
    """What the prompts say: characters in Chinese, words in English."""
    if all(name in CHARACTERS for name in prompts):
        return "".join(CHARACTERS[name] for name in prompts)
    return " ".join(name.removeprefix("core:digits/") for name in prompts)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (5, "五"),
        (10, "十"),
        (11, "十一"),
        (20, "二十"),
        (42, "四十二"),
        (100, "一百"),
        (101, "一百零一"),
        (110, "一百一十"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (2345, "二千三百四十五"),
        (10_000, "一万"),
        (10_001, "一万零一"),
        (12_000, "一万二千"),
        (100_000, "十万"),
        (120_034, "十二万零三十四"),
        (99_999_999, "九千九百九十九万九千九百九十九"),
        (100_000_000, "一零零零零零零零零"),
    ],
)
def test_a_number_in_chinese(value: int, said: str) -> None:
    assert read(speaking.number(value, "zh")) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (7, "7"),
        (20, "20"),
        (21, "20 1"),
        (100, "1 hundred"),
        (115, "1 hundred 15"),
        (2_340, "2 thousand 3 hundred 40"),
        (1_000_001, "1 million 1"),
        (31_000_000, "30 1 million"),
    ],
)
def test_a_number_in_english(value: int, said: str) -> None:
    assert read(speaking.number(value, "en")) == said


def test_two_of_something_is_another_word_in_chinese_than_the_number_two() -> None:
    assert read(speaking.amount(2, "zh")) == "两"
    assert read(speaking.amount(12, "zh")) == "十二"
    assert read(speaking.amount(2, "en")) == "2"


def test_digits_are_spoken_one_by_one_whatever_stands_between_them() -> None:
    assert read(speaking.digits("+49 10-2", "zh")) == "四九一零二"
    assert read(speaking.digits("10²", "en")) == "1 0"


def test_what_cannot_be_counted_to_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        speaking.number(-1, "en")
    assert not speaking.can_speak("fr")


def test_every_chinese_number_has_its_prompts() -> None:
    spoken = {name for value in range(20_000) for name in speaking.number(value, "zh")}
    assert spoken | {"number-pair"} == set(CHARACTERS)
