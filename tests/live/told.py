"""What callers are told: which prompt they heard, and when, found in the sound that reached their telephone."""

from __future__ import annotations

import soundfile

from deploy.telephones.callers import Caller
from tests.live.hearing import RATE_HZ, Heard, heard_in
from tests.live.house import SOON_S, House
from tests.live.waiting import until

MADE_WITHIN_S = 30.0
IN_THE_FILE = 0.9
"""So much of a prompt is looked for: its end reaches the telephone's file only with the sound that follows."""
BEGUN_S = 1.5
"""So much of a prompt tells it from any other."""


def hears(caller: Caller) -> Heard:
    """All that the caller has heard so far."""
    return heard_in(caller.heard_files()[-1])


async def prompt(house: House, name: str, folder: str) -> Heard:
    """A prompt as Asterisk plays it, but for its end; the service makes them at its first start."""
    file = house.site.prompts / folder / f"{name}.wav"
    await until(file.is_file, f"the prompt {name} is made", MADE_WITHIN_S)
    samples, rate = soundfile.read(file, dtype="float64")
    assert rate == RATE_HZ
    return Heard(samples[: int(IN_THE_FILE * len(samples))])


async def until_told(house: House, caller: Caller, name: str, folder: str, since_s: float = 0.0) -> float:
    """Wait until the caller has heard all of a prompt; when it began, in seconds of what they heard."""
    return await _until_heard(caller, name, await prompt(house, name, folder), since_s)


async def until_begun(house: House, caller: Caller, name: str, folder: str, since_s: float = 0.0) -> float:
    """The same of its beginning alone: for who presses a key during the prompt."""
    return await _until_heard(caller, name, (await prompt(house, name, folder)).between(0.0, BEGUN_S), since_s)


async def _until_heard(caller: Caller, name: str, said: Heard, since_s: float) -> float:
    def told() -> list[float]:
        heard = hears(caller)
        began_s = heard.between(since_s, heard.duration_s).begins_s(said)
        return [] if began_s is None else [since_s + began_s]

    (began_s,) = await until(told, f"{caller.name} hears {name}", 2 * SOON_S)
    return began_s
