"""What an agent is told of a caller before they are joined: which prompts, and that all of them are made."""

from __future__ import annotations

import pytest

from acd.names import QueueId
from acd.plans.offering import PLAIN, AcceptByKey, Offering, Whisper
from ivr.caller import Asking
from ivr.waiting.whisper import asking_of, key_prompt, queue_prompt, wait_prompt, whisper_prompts

SALES = QueueId("sales")
BOTH = (Whisper.QUEUE, Whisper.WAIT)


@pytest.mark.parametrize(
    ("waited_s", "prompt"),
    [
        (0, "whisper-wait-now"),
        (2.6, "whisper-wait-5s"),
        (12.4, "whisper-wait-10s"),
        (57.4, "whisper-wait-55s"),
        (57.6, "whisper-wait-1min"),
        (170, "whisper-wait-3min"),
        (14 * 60, "whisper-wait-15min"),
        (57 * 60, "whisper-wait-55min"),
        (58 * 60, "whisper-wait-hour"),
        (9000, "whisper-wait-hour"),
    ],
)
def test_the_wait_is_told_as_people_tell_it(waited_s: float, prompt: str) -> None:
    assert wait_prompt(waited_s) == prompt


@pytest.mark.parametrize("folder", ["zh", "en"])
def test_everything_that_may_be_said_is_made_and_nothing_else(folder: str) -> None:
    offerings = {SALES: Offering(whisper=BOTH, accept=AcceptByKey("*", 5.0)), QueueId("plain"): PLAIN}
    made = {prompt.name: prompt for prompt in whisper_prompts(offerings, {SALES: "Sales"}, folder)}
    said = {wait_prompt(float(waited_s)) for waited_s in range(5000)}
    assert set(made) == said | {queue_prompt(SALES), key_prompt("*")}
    assert {prompt.language for prompt in made.values()} == {folder}
    assert made[queue_prompt(SALES)].text == "Sales"
    assert list(whisper_prompts({SALES: PLAIN}, {}, folder)) == []


def test_a_plain_offer_asks_nothing() -> None:
    assert asking_of(PLAIN, SALES, 10.0, str.upper) is None


def test_a_whisper_says_what_the_queue_wants_said_in_its_order() -> None:
    asking = asking_of(Offering(whisper=BOTH), SALES, 11.0, "en/{}".format)
    assert asking == Asking(("en/whisper-queue-sales", "en/whisper-wait-10s"), "", 0.0)


def test_the_key_to_press_is_said_last() -> None:
    offering = Offering(whisper=(Whisper.WAIT,), accept=AcceptByKey("*", 8.0))
    asking = asking_of(offering, SALES, 0.0, str)
    assert asking == Asking(("whisper-wait-now", "offer-press-star"), "*", 8.0)
