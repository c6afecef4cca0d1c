"""What callers in line are told, and when: their place, how long it may take, the queue's own prompts. Pure.

An announcement is a row of short prompts, so that it can end between any two of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from acd.plans.plan import Announcing
from acd.waits.expected_wait import ExpectedWait
from ivr.prompts import speaking
from ivr.prompts.speaking import Prompts
from ivr.prompts.text import PromptText

LONGEST_TOLD_MIN = 30
"""A range that begins later is told as "more than half an hour": nobody knows better."""
EXACT_BELOW_MIN = 10
"""Below, whole minutes are told; above, steps of five."""
_COARSE_MIN = 5
_MINUTE_S = 60.0

Rounding = Callable[[float], int]

_PLACE, _PLACE_END = "line-place", "line-place-end"
_SOON, _UP_TO, _BETWEEN = "line-wait-soon", "line-wait-up-to", "line-wait-between"
_AND, _MINUTES, _LONG = "line-wait-and", "line-wait-minutes", "line-wait-long"

PROMPTS = tuple(
    PromptText(name, language, text)
    for name, texts in {
        _PLACE: ("您现在排在第", "You are number"),
        _PLACE_END: ("位。", "in line."),
        _SOON: ("预计一分钟之内为您接通。", "We expect to answer you within a minute."),
        _UP_TO: ("预计还需等待，不超过", "We expect to answer you within"),
        _BETWEEN: ("预计还需等待", "The expected wait is between"),
        _AND: ("到", "and"),
        _MINUTES: ("分钟。", "minutes."),
        _LONG: ("预计还需等待半小时以上。", "The expected wait is more than half an hour."),
    }.items()
    for language, text in zip((speaking.CHINESE, speaking.ENGLISH), texts, strict=True)
)
"""What announcements are made of, besides numbers; to be made with the flows' prompts."""


def next_after(announcing: Announcing, waited_s: float) -> float | None:
    """The first announcement later than `waited_s`, in seconds of waiting; None: none comes any more."""
    if waited_s < announcing.first_after_s:
        return announcing.first_after_s
    if announcing.every_s is None:
        return None
    passed = math.floor((waited_s - announcing.first_after_s) / announcing.every_s)
    return announcing.first_after_s + (passed + 1) * announcing.every_s


def announcement(announcing: Announcing, place: int, wait: ExpectedWait | None, language: str) -> Prompts:
    """What a caller at this place is told; a wait that is not known is not told, numbers only where they can be spoken."""
    told: list[str] = []
    if speaking.can_speak(language):
        if announcing.place:
            told += [_PLACE, *speaking.number(place, language), _PLACE_END]
        if announcing.expected_wait and wait is not None:
            told += _expected(wait, language)
    return (*told, *announcing.say)


def _expected(wait: ExpectedWait, language: str) -> Prompts:
    low, high = _minutes(math.floor, wait.low_s), _minutes(math.ceil, wait.high_s)
    if high <= 1:
        return (_SOON,)
    if low >= LONGEST_TOLD_MIN:
        return (_LONG,)
    spoken_high = (*speaking.amount(high, language), _MINUTES)
    if low == 0:
        return (_UP_TO, *spoken_high)
    return (_BETWEEN, *speaking.amount(low, language), _AND, *spoken_high)


def _minutes(outwards: Rounding, seconds: float) -> int:
    minutes = outwards(seconds / _MINUTE_S)
    return minutes if minutes <= EXACT_BELOW_MIN else outwards(minutes / _COARSE_MIN) * _COARSE_MIN
