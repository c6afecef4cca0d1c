"""What a telephone can play: 8 kHz, 16 bit, one channel, every prompt about equally loud."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import numpy as np
import soundfile
import soxr

from ivr.voice import Samples

RATE = 8_000
"""Samples a second."""
SPEECH_DBFS = -20.0
"""How loud speech is made: its root mean square, silence between words left out, against full scale."""
PEAK_DBFS = -1.0
"""Never louder than this at any moment."""
_SILENCE = 0.01
_FRAME = RATE // 50


class NotSound(Exception):
    """The file cannot be read as sound."""


def read_sound(path: Path) -> tuple[Samples, int]:
    """Return a recorded file's sound, its channels mixed to one; raises NotSound."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise NotSound(f"{path.name} cannot be read as sound: {error}") from error
    return samples.mean(axis=1), rate


def telephone_wav(samples: Samples, rate: int) -> bytes:
    """Return a WAV file's bytes: resampled to 8 kHz, levelled, 16 bit."""
    narrow = cast("Samples", soxr.resample(samples, rate, RATE, quality="HQ")) if rate != RATE else samples
    levelled = narrow * _gain(narrow)
    out = io.BytesIO()
    soundfile.write(out, levelled, RATE, format="WAV", subtype="PCM_16")
    return out.getvalue()


def _gain(samples: Samples) -> float:
    peak = float(np.max(np.abs(samples), initial=0.0))
    if peak == 0.0:
        return 1.0
    frames = samples[: len(samples) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = np.sqrt(np.mean(frames**2, axis=1)) if len(frames) else np.array([peak])
    spoken = loudness[loudness > _SILENCE * peak]
    speech = float(np.sqrt(np.mean(spoken**2))) if len(spoken) else peak
    return min(_amplitude(SPEECH_DBFS) / speech, _amplitude(PEAK_DBFS) / peak)


def _amplitude(dbfs: float) -> float:
    return float(10 ** (dbfs / 20))
