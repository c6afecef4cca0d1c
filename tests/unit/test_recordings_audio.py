"""Asterisk's raw file made into stereo sound and peaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from recordings.disk.audio import BYTES_PER_SECOND, PEAKS_WANTED, AudioUnreadable, convert
from tests.unit.recordings_kit import tone, two_voices


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return tmp_path / "call-1.raw"


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return tmp_path / "call-1.wav"


def test_every_sample_is_kept_as_it_was(raw: Path, wav: Path) -> None:
    raw.write_bytes(two_voices(20.5))
    converted = convert(raw, wav)
    samples, rate = soundfile.read(wav, dtype="int16")
    assert (rate, converted.duration_s) == (8_000, 20.5)
    assert samples.astype("<i2").tobytes() == raw.read_bytes()


def test_the_peaks_show_who_speaks_when(raw: Path, wav: Path) -> None:
    silence = np.zeros(8_000 * 5, "<i2")
    caller = np.concatenate([tone(440, 5, 0.5), silence])
    agent = np.concatenate([silence, tone(440, 5, 0.25)])
    raw.write_bytes(np.stack([caller, agent], axis=1).tobytes())
    peaks = convert(raw, wav).peaks
    middle = len(peaks.left) // 2
    assert max(peaks.left[:middle]) == pytest.approx(0.5, abs=0.01)
    assert max(peaks.left[middle:]) == max(peaks.right[:middle]) == 0
    assert max(peaks.right[middle:]) == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("seconds", [0.001, 0.01, 1, 9.99, 75, 600])
def test_the_peaks_cover_the_recording_and_are_never_too_many(raw: Path, wav: Path, seconds: float) -> None:
    raw.write_bytes(two_voices(seconds))
    converted = convert(raw, wav)
    peaks = converted.peaks
    assert len(peaks.left) == len(peaks.right) <= PEAKS_WANTED
    covered = len(peaks.left) * peaks.seconds_per_peak
    assert covered - peaks.seconds_per_peak < converted.duration_s <= covered + 1e-9


def test_the_loudest_sample_there_is_has_a_peak_of_one(raw: Path, wav: Path) -> None:
    raw.write_bytes(np.full((100, 2), -32_768, "<i2").tobytes())
    assert convert(raw, wav).peaks.left == (1.0, 1.0)


@pytest.mark.parametrize("torn", [1, 2, 3])
def test_a_last_frame_that_is_torn_is_left_out(raw: Path, wav: Path, torn: int) -> None:
    raw.write_bytes(two_voices(1) + b"x" * torn)
    converted = convert(raw, wav)
    assert (converted.duration_s, converted.raw_bytes) == (1.0, BYTES_PER_SECOND + torn)


def test_an_hour_takes_no_more_memory_than_a_minute(raw: Path, wav: Path) -> None:
    with raw.open("wb") as file:
        file.truncate(3_600 * BYTES_PER_SECOND)
    tracemalloc.start()
    try:
        converted = convert(raw, wav)
        _now, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert converted.duration_s == 3_600
    assert highest < 4_000_000


def test_a_disk_that_fills_leaves_no_half_file_and_the_raw_one_whole(raw: Path, wav: Path, tmp_path: Path) -> None:
    raw.write_bytes(two_voices(10))
    limited = (
        "import resource, signal, sys, pathlib; from recordings.disk.audio import convert, AudioUnreadable\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: convert(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
        "except (OSError, AudioUnreadable): sys.exit(7)\n"
    )
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", limited, raw, wav], cwd=root, check=False)  # noqa: S603 - our own text
    assert ran.returncode == 7
    assert [path.name for path in tmp_path.iterdir()] == ["call-1.raw"]
    assert raw.stat().st_size == 10 * BYTES_PER_SECOND


def test_a_raw_file_that_shrinks_while_it_is_read_is_an_error(
    raw: Path, wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw.write_bytes(two_voices(1))
    longer = os.stat_result((0, 0, 0, 0, 0, 0, 2 * BYTES_PER_SECOND, 0, 0, 0))
    monkeypatch.setattr(Path, "stat", lambda *_a, **_n: longer)
    with pytest.raises(AudioUnreadable, match="became shorter"):
        convert(raw, wav)


def test_peaks_are_plain_json_numbers(raw: Path, wav: Path) -> None:
    raw.write_bytes(two_voices(1))
    assert json.loads(json.dumps(convert(raw, wav).peaks.left))
