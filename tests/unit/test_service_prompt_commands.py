"""`switchboard prompts`: what nobody recorded yet, and recordings taken in or refused with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner, Result

from ivr.prompts.audio import PEAK_DBFS, SPEECH_DBFS
from service.cli import app
from tests.unit.service_kit import FLOW, KEY, centre_in, clean_environment, spoil

SECOND = 48_000
LOUD = 0.9


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("SWITCHBOARD_TICKET_KEY", KEY)
    monkeypatch.setenv("COLUMNS", "200")
    return centre_in(tmp_path)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["prompts", *words])


def speech(
    amplitude: float = 0.02, seconds: float = 1.0, rate: int = SECOND
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return amplitude * np.sin(2 * np.pi * 300 * np.arange(int(seconds * rate)) / rate)


def recording(path: Path, samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int = SECOND) -> Path:
    soundfile.write(path, samples, rate)
    return path


def take_in(file: Path, *more: str, name: str = "topic", language: str = "zh") -> Result:
    return run("import", str(file), "--name", name, "--language", language, *more)


def in_draft_voice() -> set[str]:
    answer = run("missing", "--json")
    assert answer.exit_code == 0, answer.output
    return {f"{one['language']}/{one['name']}" for one in json.loads(answer.stdout)["items"]}


def test_what_is_recorded_is_missing_no_more_and_listed_as_recorded(tmp_path: Path) -> None:
    assert in_draft_voice() >= {"zh/topic", "en/topic", "en/failsafe-away", "zh/number-1"}
    taken = take_in(recording(tmp_path / "take 3.flac", np.column_stack([speech(), speech()])))
    assert taken.exit_code == 0, taken.output
    assert "after `switchboard reload`" in taken.stdout
    assert in_draft_voice() >= {"en/topic"}
    assert "zh/topic" not in in_draft_voice()
    items = json.loads(run("list", "--json").stdout)["items"]
    assert {"name": "topic", "language": "zh", "source": "recorded", "text": "请选"} in items
    assert {"name": "topic", "language": "en", "source": "draft", "text": "Choose"} in items
    assert "recorded" in run("list").stdout


def test_a_recording_is_taken_in_as_one_channel_of_16_khz_and_as_loud_as_the_others(
    config: Path, tmp_path: Path
) -> None:
    assert take_in(recording(tmp_path / "quiet.wav", np.column_stack([speech(), speech()]))).exit_code == 0
    samples, rate = soundfile.read(config / "prompts" / "zh" / "topic.wav", always_2d=True)
    assert (rate, samples.shape[1]) == (16_000, 1)
    assert 20 * np.log10(np.sqrt(np.mean(samples**2))) == pytest.approx(SPEECH_DBFS, abs=0.5)
    assert 20 * np.log10(np.max(np.abs(samples))) <= PEAK_DBFS


def test_a_recording_of_a_prompt_that_no_text_has_is_taken_in_before_the_flow_says_it(
    config: Path, tmp_path: Path
) -> None:
    spoil(config / FLOW, "no_input: message}", "no_input: welcome}")
    spoil(config / FLOW, "steps:\n", "steps:\n  welcome: {do: say, say: jingle, then: message}\n")
    assert "unknown prompt 'jingle'" in run("list").output
    file = recording(tmp_path / "jingle.wav", speech())
    for language in ("zh", "en"):
        assert take_in(file, name="jingle", language=language).exit_code == 0
    assert run("list").exit_code == 0


def test_an_earlier_recording_is_replaced_only_on_demand(config: Path, tmp_path: Path) -> None:
    (config / "prompts" / "zh").mkdir(parents=True)
    old = recording(config / "prompts" / "zh" / "topic.ogg", speech(seconds=0.5))
    new = recording(tmp_path / "new.wav", speech(seconds=2))
    refused = take_in(new)
    assert refused.exit_code == 1
    assert "topic.ogg is there already: --replace" in refused.output
    assert take_in(new, "--replace").exit_code == 0
    assert [path.name for path in old.parent.iterdir()] == ["topic.wav"]
    assert soundfile.info(old.parent / "topic.wav").duration == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("samples", "rate", "says"),
    [
        (speech(seconds=0.01), SECOND, "is 0.01 s long"),
        (speech(seconds=301, rate=8_000), 8_000, "is 301.00 s long"),
        (speech(amplitude=0.0005), SECOND, "is silent"),
        (np.column_stack([speech(), -speech()]), SECOND, "is silent"),
        (np.clip(speech(amplitude=3.0), -1, 1), SECOND, "is clipped"),
        (speech(rate=6_000), 6_000, "has 6000 samples a second"),
    ],
)
def test_a_recording_of_no_use_is_refused_with_the_reason(
    config: Path, tmp_path: Path, samples: np.ndarray[tuple[int, ...], np.dtype[np.float64]], rate: int, says: str
) -> None:
    refused = take_in(recording(tmp_path / "x.wav", samples, rate))
    assert refused.exit_code == 1
    assert f"x.wav {says}" in refused.output
    assert not (config / "prompts").exists()


def test_what_is_no_sound_or_has_no_fitting_name_is_refused(config: Path, tmp_path: Path) -> None:
    (tmp_path / "x.wav").write_bytes(b"no sound")
    assert "cannot be read as sound" in take_in(tmp_path / "x.wav").output
    assert "cannot be read as sound" in take_in(tmp_path / "gone.wav").output
    good = recording(tmp_path / "good.wav", speech())
    assert "is no prompt's name" in take_in(good, name="../topic").output
    assert "is no folder of prompts" in take_in(good, language="zh-CN").output
    assert not (config / "prompts").exists()


def test_a_language_that_no_prompt_had_is_told(tmp_path: Path) -> None:
    taken = take_in(recording(tmp_path / "good.wav", speech()), language="fr")
    assert "note: no prompt was in language 'fr' before" in taken.stdout


def test_prompts_are_made_by_the_voice_of_the_settings_and_what_cannot_be_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SWITCHBOARD_PROMPTS_DIR", str(tmp_path / "made"))
    file = recording(tmp_path / "said.wav", speech(rate=16_000), 16_000)
    monkeypatch.setenv("SWITCHBOARD_VOICE_COMMAND", f"cat '{file}'")
    made = run("make")
    assert made.exit_code == 0, made.output
    assert "prompts are ready in" in made.stdout
    assert (tmp_path / "made" / "zh" / "topic.wav").is_file()
    assert (tmp_path / "made" / "zh" / "topic.wav16").is_file()
    monkeypatch.setenv("SWITCHBOARD_VOICE_COMMAND", "false")
    failed = run("make")
    assert failed.exit_code == 1
    assert "not made: zh/topic: false failed (1)" in failed.output
