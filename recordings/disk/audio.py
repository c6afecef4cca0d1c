"""Asterisk's raw file made into a stereo WAV file and its peaks, block by block: an hour needs no more memory than a second.

MixMonitor with option `D` writes no header, signed 16 bit little endian at 8 kHz, the two directions interleaved: first what
comes from the channel that is recorded (the caller: left), then what goes to it (the agent: right).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.late import Late
from recordings.disk.files import appearing

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import soundfile

    Frames = npt.NDArray[np.int16]
    """Shape (frames, 2)."""
else:
    np, soundfile = Late("numpy"), Late("soundfile")
    Frames = Any

SAMPLES_PER_SECOND = 8_000
CHANNELS = 2
BYTES_PER_FRAME = 2 * CHANNELS
"""A frame is one sample of each channel."""
BYTES_PER_SECOND = SAMPLES_PER_SECOND * BYTES_PER_FRAME

PEAKS_WANTED = 1_000
"""How many peaks a recording has at most: about as many as a player is wide."""
_SHORTEST_PEAK = SAMPLES_PER_SECOND // 100
_FRAMES_AT_ONCE = 65_536
_FULL_SCALE = 32_768
_WAV_LIMIT = 0xFFFF_FFFF - 4_096
"""A WAV file counts its bytes with 32 bits; the margin is for its headers."""


class AudioUnreadable(Exception):
    """The raw file cannot be read as audio, or the WAV file cannot be written: the disk is full or broken."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """The loudest sample of each stretch of time, 0 to 1, by channel: what a player draws."""

    left: tuple[float, ...]
    right: tuple[float, ...]
    seconds_per_peak: float


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a raw file."""

    raw_bytes: int
    """How long it was when it was read; where it is longer now, someone still writes to it."""
    duration_s: float
    peaks: Peaks


def convert(raw: Path, wav: Path) -> Converted:
    """Write `raw` as a stereo WAV file at `wav`, which appears only when it is whole. Blocks: use a thread.

    A last frame that is cut in the middle is left out. Raises OSError, and AudioUnreadable where libsndfile gives up.
    """
    raw_bytes = raw.stat().st_size
    frames = raw_bytes // BYTES_PER_FRAME
    stretch = max(ceil(frames / PEAKS_WANTED), _SHORTEST_PEAK)
    found: list[npt.NDArray[np.int32]] = []
    # Players know WAV best; only what it cannot hold (37 hours) goes into its 64-bit form
    form = "WAV" if frames * BYTES_PER_FRAME < _WAV_LIMIT else "RF64"
    with appearing(wav, raw.parent) as part:
        try:
            with soundfile.SoundFile(part, "w", SAMPLES_PER_SECOND, CHANNELS, "PCM_16", format=form) as out:
                for block in _blocks(raw, frames, stretch):
                    out.write(block)
                    found.append(_peaks(block, stretch))
        except soundfile.LibsndfileError as error:
            raise AudioUnreadable(f"{raw.name} could not be converted: {error}") from error
    highest = np.concatenate(found) / _FULL_SCALE if found else np.zeros((0, CHANNELS))
    left, right = (tuple(round(float(peak), 4) for peak in channel) for channel in highest.T)
    return Converted(raw_bytes, frames / SAMPLES_PER_SECOND, Peaks(left, right, stretch / SAMPLES_PER_SECOND))


def _blocks(raw: Path, frames: int, stretch: int) -> Iterator[Frames]:
    """Read the file in blocks of whole stretches; exactly `frames` frames, even where it grows meanwhile."""
    at_once = max(_FRAMES_AT_ONCE // stretch, 1) * stretch
    with raw.open("rb") as file:
        for start in range(0, frames, at_once):
            wanted = min(at_once, frames - start)
            block = np.frombuffer(file.read(wanted * BYTES_PER_FRAME), dtype="<i2").reshape(-1, CHANNELS)
            if len(block) < wanted:
                raise AudioUnreadable(f"{raw.name} became shorter while it was read; something else writes there")
            yield block


def _peaks(block: Frames, stretch: int) -> npt.NDArray[np.int32]:
    """Find the loudest sample of each stretch; the last may be shorter. Shape (stretches, 2), 0 to 32768."""
    loudness = np.abs(block.astype(np.int32))  # the lowest sample has no positive counterpart in 16 bits
    return np.maximum.reduceat(loudness, np.arange(0, len(loudness), stretch), axis=0)
