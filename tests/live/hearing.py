"""What a telephone heard: how loud, and which tones."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 8000
WAV_HEADER_BYTES = 44
FULL_SCALE = 32768.0
TONE_WIDTH_HZ = 25.0
LIKENESS_OF_S = 1.0
SAME = 0.5
"""How alike what was heard and a prompt have to be (normalised correlation): music and another prompt stay far below."""
AUDIBLE = 0.005
"""Root mean square; a quiet line's noise stays below it, music and tones are far above."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Mono sound, samples between -1 and 1, 8,000 a second."""

    samples: NDArray[np.float64]

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE_HZ

    def between(self, start_s: float, end_s: float) -> Heard:
        """A part of it."""
        return Heard(self.samples[int(start_s * RATE_HZ) : int(end_s * RATE_HZ)])

    def last(self, seconds: float) -> Heard:
        """Its end."""
        return self.between(max(0.0, self.duration_s - seconds), self.duration_s)

    @property
    def level(self) -> float:
        """Root mean square; 0 is silence, a full-scale sine 0.707."""
        return float(np.sqrt(np.mean(self.samples**2))) if len(self.samples) else 0.0

    def share_of(self, tone_hz: float) -> float:
        """How much of its energy is this tone: 0 none (or nothing heard), 1 all."""
        if not len(self.samples):
            return 0.0
        power = np.abs(np.fft.rfft(self.samples * np.hanning(len(self.samples)))) ** 2
        pitch = np.fft.rfftfreq(len(self.samples), 1 / RATE_HZ)
        whole = float(power.sum())
        return float(power[np.abs(pitch - tone_hz) <= TONE_WIDTH_HZ].sum()) / whole if whole else 0.0

    def likeness(self, prompt: Heard) -> float:
        """How like the prompt its likest passage is: 1 where it was heard unchanged, near 0 for other sound.

        The normalised cross-correlation of the prompt's loudest second; a whole prompt would not bear one lost packet.
        """
        wanted = max(prompt.parts(LIKENESS_OF_S), key=lambda part: part.level, default=prompt).samples
        if len(self.samples) < len(wanted):
            return 0.0
        size = len(self.samples) + len(wanted) - 1
        together = np.fft.irfft(np.fft.rfft(self.samples, size) * np.conj(np.fft.rfft(wanted, size)), size)
        energy = np.concatenate(([0.0], np.cumsum(self.samples**2)))
        passages = len(self.samples) - len(wanted) + 1
        loud = np.sqrt(np.maximum(energy[len(wanted) :][:passages] - energy[:passages], 0.0))
        quiet = AUDIBLE * np.sqrt(len(wanted))  # a passage of nearly nothing is like nothing
        return float(np.max(together[:passages] / np.maximum(loud, quiet)) / np.linalg.norm(wanted))

    def begins_s(self, said: Heard) -> float | None:
        """When this was said, by its whole length; None: not at all."""
        if len(self.samples) < len(said.samples):
            return None
        size = len(self.samples) + len(said.samples)
        product = np.fft.rfft(self.samples, size) * np.conj(np.fft.rfft(said.samples, size))
        alike = np.fft.irfft(product, size)[: len(self.samples) - len(said.samples) + 1]
        power = np.cumsum(np.concatenate(([0.0], self.samples**2)))
        energy = power[len(said.samples) :] - power[: -len(said.samples)]
        alike /= np.sqrt(np.maximum(energy, 1e-9) * float(np.sum(said.samples**2)))
        best = int(np.argmax(alike))
        return best / RATE_HZ if alike[best] > SAME else None

    def parts(self, seconds: float) -> list[Heard]:
        """Cut into parts of this length; a shorter rest is left out."""
        size = int(seconds * RATE_HZ)
        return [Heard(self.samples[at : at + size]) for at in range(0, len(self.samples) - size + 1, size)]


def heard_in(file: Path) -> Heard:
    """What a handset's file holds so far: 16 bit mono WAV, perhaps still growing, its header not yet true."""
    return Heard(np.fromfile(file, dtype="<i2", offset=WAV_HEADER_BYTES) / FULL_SCALE)


def sides_of(wav: bytes) -> tuple[Heard, Heard]:
    """The two sides of a stereo recording: left, right."""
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float64", always_2d=True)
    assert rate == RATE_HZ
    left, right = samples.T
    return Heard(left), Heard(right)
