"""What callers in line are told, and when."""

from __future__ import annotations

import pytest

from acd.plans.plan import Announcing
from acd.waits.expected_wait import ExpectedWait
from ivr.prompts.speaking import PROMPTS as NUMBERS
from ivr.waiting.announcing import PROMPTS, announcement, next_after

TEXTS = {(prompt.name, prompt.language): prompt.text for prompt in (*PROMPTS, *NUMBERS)}
EVERYTHING = Announcing(20.0, 60.0, place=True, expected_wait=True, say=("please-hold",))


def told(announcing: Announcing, place: int, wait: ExpectedWait | None, language: str) -> str:
    """The announcement in words."""
    said = announcement(announcing, place, wait, language)
    words = [TEXTS.get((name, language), name.removeprefix("core:digits/")) for name in said]
    return ("" if language == "zh" else " ").join(words)


def minutes(low: float, high: float) -> ExpectedWait:
    return ExpectedWait(low * 60, (low + high) * 30, high * 60)


def test_place_and_wait_and_the_queue_s_own_prompts_in_turn() -> None:
    said = told(EVERYTHING, 3, minutes(2.2, 4.7), "en")
    assert said == "You are number 3 in line. The expected wait is between 2 and 5 minutes. please-hold"
    said = told(EVERYTHING, 2, minutes(2.2, 4.7), "zh")
    assert said == "您现在排在第二位。预计还需等待两到五分钟。please-hold"


@pytest.mark.parametrize(
    ("wait", "says"),
    [
        (minutes(0.1, 0.9), "We expect to answer you within a minute."),
        (minutes(0.3, 3.2), "We expect to answer you within 4 minutes."),
        (minutes(1.0, 10.0), "The expected wait is between 1 and 10 minutes."),
        (minutes(8.9, 10.1), "The expected wait is between 8 and 15 minutes."),
        (minutes(13.0, 21.0), "The expected wait is between 10 and 20 5 minutes."),
        (minutes(31.0, 50.0), "The expected wait is more than half an hour."),
        (None, ""),
    ],
)
def test_a_wait_is_told_in_honest_minutes_outwards_and_not_at_all_where_it_is_not_known(
    wait: ExpectedWait | None, says: str
) -> None:
    assert told(Announcing(1.0, expected_wait=True), 1, wait, "en") == says


def test_where_numbers_cannot_be_spoken_only_the_queue_s_own_prompts_are() -> None:
    assert announcement(EVERYTHING, 3, minutes(2, 5), "fr") == ("please-hold",)


def test_nothing_is_told_that_is_not_asked_for() -> None:
    assert announcement(Announcing(1.0, say=("please-hold",)), 3, minutes(2, 5), "en") == ("please-hold",)


@pytest.mark.parametrize(
    ("waited_s", "at_s"), [(0.0, 20.0), (19.9, 20.0), (20.0, 80.0), (79.0, 80.0), (80.5, 140.0), (500.0, 500.0 + 60.0)]
)
def test_announcements_come_by_the_time_waited(waited_s: float, at_s: float) -> None:
    assert next_after(EVERYTHING, waited_s) == at_s


def test_one_announcement_where_it_is_not_repeated() -> None:
    assert next_after(Announcing(20.0), 19.0) == 20.0
    assert next_after(Announcing(20.0), 20.0) is None


def test_every_text_is_there_in_both_languages() -> None:
    names = {prompt.name for prompt in PROMPTS}
    assert {(prompt.name, prompt.language) for prompt in PROMPTS} == {(n, lang) for n in names for lang in ("zh", "en")}
