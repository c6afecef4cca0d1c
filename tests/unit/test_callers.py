"""Streams of callers before they dial: who they are, what SIPp is told, what they say."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from statistics import mean, median

import numpy as np
import pytest
import soundfile

from deploy.telephones.caller_stream import MEDIA_PORTS, CallPlan, Key, caller_stream, evenly, media_port
from deploy.telephones.demand import Demand, callers
from deploy.telephones.handset import Exchange
from deploy.telephones.voice import RATE_HZ, write_voice

SHOP = Demand(
    menus=({"1": 0.7, "2": 0.3}, {"1": 0.5, "2": 0.5}),
    think_s=(0.5, 2.0),
    median_patience_s=60.0,
    patience_spread=0.8,
    mean_gap_s=5.0,
    first_number=5550000,
)


def test_the_same_seed_makes_the_same_callers() -> None:
    assert list(callers(SHOP, 50, seed=7)) == list(callers(SHOP, 50, seed=7))
    assert list(callers(SHOP, 50, seed=7)) != list(callers(SHOP, 50, seed=8))


def test_more_callers_leave_the_first_ones_as_they_were() -> None:
    assert list(callers(SHOP, 50, seed=7))[:10] == list(callers(SHOP, 10, seed=7))


def test_callers_spread_as_the_demand_says() -> None:
    plans = list(callers(SHOP, 2000, seed=1))
    assert [plan.before_s for plan in plans] == sorted(plan.before_s for plan in plans)
    assert plans[-1].before_s / len(plans) == pytest.approx(SHOP.mean_gap_s, rel=0.1)
    assert median(plan.patience_s for plan in plans) == pytest.approx(SHOP.median_patience_s, rel=0.1)
    assert mean(plan.keys[0].digit == "1" for plan in plans) == pytest.approx(0.7, abs=0.05)
    assert all(0.5 <= key.after_s <= 2.0 for plan in plans for key in plan.keys)
    assert len({plan.number for plan in plans}) == len(plans)


def test_evenly_spaced_callers_dial_in_their_order() -> None:
    plans = [CallPlan(str(number), (), patience_s=1) for number in range(4)]
    assert [plan.before_s for plan in evenly(plans, 0.5)] == [0.0, 0.5, 1.0, 1.5]


async def test_callers_of_one_stream_press_the_same_number_of_keys(tmp_path: Path) -> None:
    one_key = CallPlan("5550001", (Key("1", 1.0),), patience_s=1)
    for plans in ([one_key, replace(one_key, keys=())], []):
        with pytest.raises(ValueError, match="the same number of keys"):
            async with caller_stream(Exchange("127.0.0.1", 9), "4000", plans, parent=tmp_path):
                pass
    assert list(tmp_path.iterdir()) == []


def test_streams_that_start_together_do_not_choose_the_same_media_port() -> None:
    chosen = [media_port("127.0.0.1") for _ in range(20)]  # each before the one before has taken its own
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(MEDIA_PORTS)


def test_a_voice_is_a_capture_of_a_law_packets_at_their_times(tmp_path: Path) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 700 * np.arange(16_000) / 16_000)
    soundfile.write(tmp_path / "tone.wav", tone, 16_000)
    write_voice(tmp_path / "tone.wav", tmp_path / "tone.pcap", lasting_s=2.5)

    capture = (tmp_path / "tone.pcap").read_bytes()
    assert struct.unpack_from("<IHH", capture) == (0xA1B2C3D4, 2, 4)
    at, times, sound = 24, [], b""
    while at < len(capture):
        seconds, microseconds, length, _ = struct.unpack_from("<IIII", capture, at)
        times.append(seconds + microseconds / 1e6)
        rtp = capture[at + 16 + 14 + 20 + 8 : at + 16 + length]
        version, payload_type, sequence, timestamp, _ = struct.unpack_from(">BBHII", rtp)
        assert (version, payload_type, sequence, timestamp) == (0x80, 8, len(times) - 1, 160 * (len(times) - 1))
        sound += rtp[12:]
        at += 16 + length
    assert times == pytest.approx([0.02 * number for number in range(125)])
    assert (tmp_path / "tone.alaw").read_bytes() == sound
    raw = tmp_path / "sound.raw"
    raw.write_bytes(sound)
    samples, _ = soundfile.read(raw, format="RAW", subtype="ALAW", samplerate=RATE_HZ, channels=1)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * RATE_HZ / len(samples) == pytest.approx(700, abs=1)
