"""What a telephone can play: 8 kHz and 16 kHz, 16 bit, one channel, every prompt about equally loud."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from common.late import Late
from ivr.prompts.voice import Samples

if TYPE_CHECKING:
    import numpy as np
    import soundfile
    import soxr
else:
    np, soundfile, soxr = Late("numpy"), Late("soundfile"), Late("soxr")

RATE = 8_000
"""Samples a second of ordinary telephones (G.711)."""
WIDE_RATE = 16_000
"""Samples a second of wideband phones (G.722, Opus)."""
SPEECH_DBFS = -20.0
"""How loud speech is made: its root mean square, silence between words left out, against full scale."""
PEAK_DBFS = -1.0
"""Never louder than this at any moment."""
_SILENCE = 0.01
_FRAME_S = 0.02

SHORTEST_S, LONGEST_S = 0.1, 300.0
"""How long a recording of a prompt may be."""
SILENT_DBFS = -50.0
"""A recording whose loudest moment is below this has no speech in it."""
_FULL_SCALE, _MOST_CLIPPED = 0.999, 0.01


class NotSound(Exception):
    """The file cannot be read as sound, or is of no use as a prompt; the text says why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A prompt as Asterisk plays it: two WAV files' bytes, of which it takes the one that suits the caller's codec."""

    narrow: bytes
    wide: bytes


def read_sound(path: Path) -> tuple[Samples, int]:
    """Return a recorded file's sound, its channels mixed to one; raises NotSound."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise NotSound(f"{path.name} cannot be read as sound: {error}") from error
    return samples.mean(axis=1), rate


def read_prompt(path: Path) -> tuple[Samples, int]:
    """Return a recording's sound if it can be a prompt: not too long or short, neither silent nor clipped; raises NotSound."""
    try:
        about = soundfile.info(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise NotSound(f"{path.name} cannot be read as sound: {error}") from error
    if about.samplerate < RATE:
        raise NotSound(f"{path.name} has {about.samplerate} samples a second, fewer than a telephone's {RATE}")
    if not SHORTEST_S <= about.duration <= LONGEST_S:
        raise NotSound(f"{path.name} is {about.duration:.2f} s long: a prompt has {SHORTEST_S} to {LONGEST_S:.0f} s")
    samples, rate = read_sound(path)
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak < _amplitude(SILENT_DBFS):
        raise NotSound(
            f"{path.name} is silent: its loudest moment is below {SILENT_DBFS:.0f} dBFS; was the microphone on?"
        )
    if float(np.mean(np.abs(samples) >= _FULL_SCALE)) > _MOST_CLIPPED:
        raise NotSound(f"{path.name} is clipped: more than 1 % of it is at full scale; record it again, less loud")
    return samples, rate


def telephone_sound(samples: Samples, rate: int) -> Sound:
    """Return the prompt in both of a telephone's rates."""
    return Sound(telephone_wav(samples, rate), telephone_wav(samples, rate, WIDE_RATE))


def telephone_wav(samples: Samples, rate: int, to: int = RATE) -> bytes:
    """Return a WAV file's bytes: resampled to `to` samples a second, levelled, 16 bit."""
    resampled = cast("Samples", soxr.resample(samples, rate, to, quality="HQ")) if rate != to else samples
    levelled = resampled * _gain(resampled, round(to * _FRAME_S))
    out = io.BytesIO()
    soundfile.write(out, levelled, to, format="WAV", subtype="PCM_16")
    return out.getvalue()


def _gain(samples: Samples, frame: int) -> float:
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak == 0.0:
        return 1.0
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loudness = np.sqrt(np.mean(frames**2, axis=1)) if len(frames) else np.array([peak])
    spoken = loudness[loudness > _SILENCE * peak]
    speech = float(np.sqrt(np.mean(spoken**2))) if len(spoken) else peak
    return min(_amplitude(SPEECH_DBFS) / speech, _amplitude(PEAK_DBFS) / peak)


def _amplitude(dbfs: float) -> float:
    return float(10 ** (dbfs / 20))
