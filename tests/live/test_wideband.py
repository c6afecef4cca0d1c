"""Each caller hears the file that suits their telephone, on a real Asterisk: 16 kHz where it speaks G.722, 8 kHz elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from deploy.telephones.callers import Caller
from tests.live.hearing import RATE_HZ, Heard
from tests.live.house import SOON_S, House
from tests.live.told import hears, prompt
from tests.live.waiting import until

SAID = "customer-number"
NARROW_HZ, WIDE_HZ = 700, 2500
LASTS_S = 4.0


@contextmanager
def saying(file: Path, tone_hz: int, rate_hz: int) -> Iterator[None]:
    """A tone stands in the prompt's file, so that it can be told from the other one."""
    before = file.read_bytes()
    tone = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(int(LASTS_S * rate_hz)) / rate_hz)
    try:
        soundfile.write(file, tone, rate_hz, format="WAV", subtype="PCM_16")
        yield
    finally:
        file.write_bytes(before)


def hears_wide(caller: Caller) -> Heard:
    """What a wideband telephone heard; every second sample is enough for tones below 4 kHz."""
    return Heard(hears(caller).samples[::2])


async def test_a_wideband_caller_hears_the_16_khz_file_and_a_narrowband_one_the_8_khz_file(house: House) -> None:
    await prompt(house, SAID, "en")
    file = house.site.prompts / "en" / f"{SAID}.wav"
    wide_file = file.with_suffix(".wav16")
    await until(wide_file.is_file, "the prompt is made for wideband", SOON_S)
    with saying(file, NARROW_HZ, RATE_HZ), saying(wide_file, WIDE_HZ, 2 * RATE_HZ):
        wide = await house.wideband_caller("called")
        await until(lambda: hears_wide(wide).last(0.5).share_of(WIDE_HZ) > 0.9, "they hear the 16 kHz file", 2 * SOON_S)
        narrow = await house.caller("called")
        await until(lambda: hears(narrow).last(0.5).share_of(NARROW_HZ) > 0.9, "they hear the 8 kHz file", 2 * SOON_S)
