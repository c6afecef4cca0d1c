"""What an agent hears between picking up and the caller: the queue's name, how long the caller has waited, the key to press.

The wait is told as coarsely as people tell it: by five seconds below a minute, by the minute up to ten, then by five.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from acd.names import QueueId
from acd.plans.offering import Offering, Whisper
from ivr.caller import Asking
from ivr.house import House
from ivr.prompts.text import PromptText

_SECONDS = range(5, 60, 5)
_MINUTES = (*range(1, 11), *range(15, 60, 5))
_AT_ONCE_S = 2.5
"""Who has waited less has just come."""
_NOW, _HOUR = "whisper-wait-now", "whisper-wait-hour"


def asking_for(house: House, queue: QueueId, waited_s: float) -> Asking | None:
    """What an agent of this house is to hear and press for who has waited so long in this queue. None: nothing."""
    return asking_of(
        house.desk.floor.plan(queue).offering,
        queue,
        waited_s,
        lambda prompt: house.sounds.sound(prompt, house.agents_language()),
    )


def asking_of(offering: Offering, queue: QueueId, waited_s: float, sound: Callable[[str], str]) -> Asking | None:
    """What the agent is to hear and press for a caller of this queue; `sound` finds a prompt. None: nothing."""
    if not offering.asks:
        return None
    prompts = [queue_prompt(queue) if part is Whisper.QUEUE else wait_prompt(waited_s) for part in offering.whisper]
    if (accept := offering.accept) is None:
        return Asking(tuple(sound(prompt) for prompt in prompts), "", 0.0)
    prompts.append(key_prompt(accept.key))
    return Asking(tuple(sound(prompt) for prompt in prompts), accept.key, accept.within_s)


def queue_prompt(queue: QueueId) -> str:
    """The prompt that says the queue's name."""
    return f"whisper-queue-{queue}"


def key_prompt(key: str) -> str:
    """The prompt that says which key takes the call."""
    return f"offer-press-{key.replace('*', 'star')}"


def wait_prompt(waited_s: float) -> str:
    """The prompt that comes nearest to so many seconds of waiting."""
    if waited_s < _AT_ONCE_S:
        return _NOW
    if waited_s < _SECONDS[-1] + _AT_ONCE_S:
        return f"whisper-wait-{_nearest(waited_s, _SECONDS)}s"
    minutes = waited_s / 60
    return f"whisper-wait-{_nearest(minutes, _MINUTES)}min" if minutes < _MINUTES[-1] + 2.5 else _HOUR


def whisper_prompts(
    offerings: Mapping[QueueId, Offering], names: Mapping[QueueId, str], folder: str
) -> Iterator[PromptText]:
    """All that agents may hear by these offerings, in one language (`zh`, `en`), `names` being the queues' names in it."""
    chinese = folder == "zh"
    for queue, offering in offerings.items():
        if Whisper.QUEUE in offering.whisper:
            yield PromptText(queue_prompt(queue), folder, names[queue])
    for key in sorted({offering.accept.key for offering in offerings.values() if offering.accept is not None}):
        said = key.replace("*", "星号" if chinese else "star")
        yield PromptText(key_prompt(key), folder, f"接听请按{said}。" if chinese else f"Press {said} to take the call.")
    if any(Whisper.WAIT in offering.whisper for offering in offerings.values()):
        yield from _wait_prompts(folder)


def _wait_prompts(folder: str) -> Iterator[PromptText]:
    chinese = folder == "zh"
    yield PromptText(_NOW, folder, "刚刚进线。" if chinese else "Just called.")
    for seconds in _SECONDS:
        text = f"已等待{seconds}秒。" if chinese else f"Waited {seconds} seconds."
        yield PromptText(f"whisper-wait-{seconds}s", folder, text)
    for minutes in _MINUTES:
        english = f"Waited {minutes} minute{'s' if minutes > 1 else ''}."
        yield PromptText(f"whisper-wait-{minutes}min", folder, f"已等待{minutes}分钟。" if chinese else english)
    yield PromptText(_HOUR, folder, "已等待一个小时以上。" if chinese else "Waited an hour or more.")


def _nearest(value: float, steps: range | tuple[int, ...]) -> int:
    return min(steps, key=lambda step: abs(step - value))
