"""Numbers spoken: a number and a language in, the prompts to be played in turn out. Pure.

English is spoken with Asterisk's own number sounds, Chinese with prompts of one character each, from the draft voice or
recorded. Dates, times and money are in `spoken_values.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ivr.prompts.text import PromptText

Prompts = tuple[str, ...]
"""Names of prompts, as `House.sounds` takes them; `core:` begins one of Asterisk's own."""

CHINESE, ENGLISH = "zh", "en"
"""Folders of prompts whose numbers can be spoken."""
LARGEST = 99_999_999
"""Of whole numbers; a larger one is spoken digit by digit."""

_PAIR = "number-pair"
"""两: two of something."""
_CHARACTERS = {
    **{f"number-{digit}": character for digit, character in enumerate("零一二三四五六七八九")},
    "number-10": "十",
    "number-100": "百",
    "number-1000": "千",
    "number-10000": "万",
    _PAIR: "两",
}
PROMPTS = tuple(PromptText(name, CHINESE, character) for name, character in _CHARACTERS.items())
"""What numbers are spoken with; to be made with the flows' prompts."""

_TEN, _HUNDRED, _THOUSAND, _TEN_THOUSAND, _MILLION = 10, 100, 1_000, 10_000, 1_000_000
_TWENTY = 20


def can_speak(language: str) -> bool:
    """Whether numbers can be spoken in this language (its folder of prompts)."""
    return language in _NUMBERS


def digits(text: str, language: str) -> Prompts:
    """Speak digits one by one; whatever else the text holds (spaces, dashes) is left out. Raises KeyError: see `can_speak`."""
    name = _DIGIT[language]
    return tuple(name.format(character) for character in text if character.isascii() and character.isdigit())


def number(value: int, language: str) -> Prompts:
    """Speak a whole number, from 0 on. Raises ValueError below, KeyError: see `can_speak`."""
    if value < 0:
        raise ValueError(f"{value} is not a number that can be counted to")
    return digits(str(value), language) if value > LARGEST else _NUMBERS[language](value)


def amount(value: int, language: str) -> Prompts:
    """Speak how many of something there are (Chinese says 两 for two of them). Raises as `number`."""
    return (_PAIR,) if (value, language) == (2, CHINESE) else number(value, language)


def _english(value: int) -> Prompts:
    spoken: list[str] = []
    for size, name in ((_MILLION, "million"), (_THOUSAND, "thousand"), (_HUNDRED, "hundred")):
        if value >= size:
            spoken += [*_english(value // size), f"core:digits/{name}"]
            value %= size
    if value > _TWENTY:
        spoken.append(f"core:digits/{value // _TEN * _TEN}")
        value %= _TEN
    if value or not spoken:
        spoken.append(f"core:digits/{value}")
    return tuple(spoken)


def _chinese(value: int) -> Prompts:
    if value >= _TEN_THOUSAND:
        above, rest = divmod(value, _TEN_THOUSAND)
        gap = ("number-0",) if 0 < rest < _THOUSAND else ()
        return (*_chinese(above), "number-10000", *gap, *(_chinese(rest) if rest else ()))
    if _TEN <= value < _TWENTY:
        return ("number-10", *(_chinese(value - _TEN) if value > _TEN else ()))
    spoken: list[str] = []
    gap_before = False
    for size in (_THOUSAND, _HUNDRED, _TEN, 1):
        digit, value = divmod(value, size)
        if digit:
            spoken += ["number-0"] if gap_before and spoken else []
            spoken += [f"number-{digit}"] + ([f"number-{size}"] if size > 1 else [])
        gap_before = not digit
    return tuple(spoken) or ("number-0",)


_NUMBERS: Mapping[str, Callable[[int], Prompts]] = MappingProxyType({CHINESE: _chinese, ENGLISH: _english})
_DIGIT: Mapping[str, str] = MappingProxyType({CHINESE: "number-{}", ENGLISH: "core:digits/{}"})
