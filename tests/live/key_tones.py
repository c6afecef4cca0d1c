"""Keys as tones in the sound, as telephones without signalling send them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE_HZ = 8000
LOW_HZ = (697, 770, 852, 941)
HIGH_HZ = (1209, 1336, 1477)
ROWS = ("123", "456", "789", "*0#")
TONE_S = 0.12
PAUSE_S = 0.12
LEVEL = 0.25
"""Of each of the two tones, full scale being 1."""


def key_tones(file: Path, keys: str) -> None:
    """Write a sound file in which these keys are pressed one after the other (ITU-T Q.23's frequencies)."""
    at = np.arange(int(TONE_S * RATE_HZ)) / RATE_HZ
    pause = np.zeros(int(PAUSE_S * RATE_HZ))
    parts = [pause, pause]
    for key in keys:
        row = next(number for number, row in enumerate(ROWS) if key in row)
        low, high = LOW_HZ[row], HIGH_HZ[ROWS[row].index(key)]
        parts += [LEVEL * (np.sin(2 * np.pi * low * at) + np.sin(2 * np.pi * high * at)), pause]
    soundfile.write(file, np.concatenate(parts), RATE_HZ)
