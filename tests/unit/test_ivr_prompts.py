"""Prompts: recordings before drafts, made once, level and narrow as telephones want them, never in anybody's way."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.prompts.audio import RATE, NotSound, read_sound, telephone_wav
from ivr.prompts.making import Prompts, Source
from ivr.prompts.text import PromptText
from ivr.prompts.voice import EspeakVoice, Samples, VoiceFailed

HELLO_ZH, HELLO_EN = PromptText("hello", "zh", "您好"), PromptText("hello", "en", "Hello")


def tone(seconds: float = 0.5, rate: int = 22_050, amplitude: float = 0.1) -> Samples:
    at = np.arange(int(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * 440 * at)).astype(np.float32)


class FakeVoice:
    """Speaks every text as a tone; counts how many at once."""

    name = "fake"

    def __init__(self) -> None:
        self.spoken: list[str] = []
        self.at_once = self.most_at_once = 0

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:
        """Return a tone, unless the text is one it cannot say."""
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        self.spoken.append(f"{language}/{text}")
        if text == "unspeakable":
            raise VoiceFailed("it cannot say that")
        return tone(), 22_050


def prompts(folder: Path, voice: FakeVoice | None = None, parallel: int = 2) -> Prompts:
    return Prompts(folder / "made", folder / "recorded", voice or FakeVoice(), parallel)


async def test_texts_become_files_that_a_telephone_can_play(tmp_path: Path) -> None:
    made = prompts(tmp_path)
    assert await made.make([HELLO_ZH, HELLO_EN]) == []
    path = tmp_path / "made" / "zh" / "hello.wav"
    about = soundfile.info(path)
    assert (about.samplerate, about.channels, about.subtype) == (8000, 1, "PCM_16")
    assert about.duration == pytest.approx(0.5, abs=0.01)
    wide = soundfile.info(path.with_suffix(".wav16"))
    assert (wide.samplerate, wide.channels, wide.subtype, wide.format) == (16_000, 1, "PCM_16", "WAV")
    assert wide.duration == pytest.approx(0.5, abs=0.01)
    assert path.stat().st_mode & 0o777 == path.with_suffix(".wav16").stat().st_mode & 0o777 == 0o644
    assert made.sound("hello", "zh") == "switchboard/zh/hello"


async def test_what_is_made_is_kept_and_made_anew_only_when_its_text_changes(tmp_path: Path) -> None:
    await prompts(tmp_path).make([HELLO_ZH, HELLO_EN])
    voice = FakeVoice()
    again = prompts(tmp_path, voice)
    assert again.sound("hello", "en") == "switchboard/en/hello"
    await again.make([HELLO_ZH, PromptText("hello", "en", "Good day")])
    assert voice.spoken == ["en/Good day"]
    (tmp_path / "made" / "zh" / "hello.wav").unlink()
    await again.make([HELLO_ZH])
    assert voice.spoken == ["en/Good day", "zh/您好"]
    (tmp_path / "made" / "zh" / "hello.wav16").unlink()
    await again.make([HELLO_ZH])
    assert voice.spoken == ["en/Good day", "zh/您好", "zh/您好"]


async def test_a_recording_replaces_the_draft_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "recorded" / "en").mkdir(parents=True)
    soundfile.write(tmp_path / "recorded" / "en" / "hello.flac", tone(1.0, 16_000), 16_000)
    soundfile.write(tmp_path / "recorded" / "en" / "only-recorded.wav", tone(1.0, 8_000), 8_000)
    voice = FakeVoice()
    made = prompts(tmp_path, voice)
    assert made.recorded("en") == {"hello", "only-recorded"}
    assert made.recorded("zh") == set()
    await made.make([HELLO_ZH, HELLO_EN])
    assert voice.spoken == ["zh/您好"]
    assert [(one.language, one.name, one.source) for one in made.all()] == [
        ("en", "hello", Source.RECORDED),
        ("en", "only-recorded", Source.RECORDED),
        ("zh", "hello", Source.DRAFT),
    ]
    assert soundfile.info(tmp_path / "made" / "en" / "hello.wav").duration == pytest.approx(1.0, abs=0.01)


async def test_one_that_cannot_be_made_is_told_and_the_others_are_made(tmp_path: Path) -> None:
    (tmp_path / "recorded" / "en").mkdir(parents=True)
    (tmp_path / "recorded" / "en" / "hello.wav").write_bytes(b"no sound")
    made = prompts(tmp_path)
    unmade = await made.make([HELLO_EN, HELLO_ZH, PromptText("odd", "zh", "unspeakable")])
    assert [(one.language, one.name) for one in unmade] == [("en", "hello"), ("zh", "odd")]
    assert "hello.wav cannot be read as sound" in unmade[0].why
    # The caller hears it in another language rather than nothing.
    assert made.sound("hello", "en") == "switchboard/zh/hello"
    assert made.sound("odd", "zh") == "switchboard/zh/odd"


async def test_what_is_prepared_is_heard_only_once_it_is_put(tmp_path: Path) -> None:
    voice = FakeVoice()
    made = prompts(tmp_path, voice)
    await made.make([HELLO_EN])
    file = tmp_path / "made" / "en" / "hello.wav"
    before = file.read_bytes()
    prepared = await made.prepare(
        [HELLO_ZH, replace(HELLO_EN, text="Good day"), PromptText("odd", "zh", "unspeakable")]
    )
    assert voice.spoken[1:] == ["zh/您好", "en/Good day", "zh/unspeakable"]
    assert [one.language for one, _ in prepared.new] == ["zh"]
    assert [one.language for one, _ in prepared.changed] == ["en"]
    assert [(one.language, one.name) for one in prepared.unmade] == [("zh", "odd")]
    assert file.read_bytes() == before
    assert [one.language for one in made.all()] == ["en"]

    written = file.stat().st_mtime_ns
    await made.put(prepared.new)
    assert file.stat().st_mtime_ns == written
    await made.put(prepared.changed)
    assert file.stat().st_mtime_ns > written
    assert [one.language for one in made.all()] == ["en", "zh"]
    again = await prompts(tmp_path, voice).prepare([HELLO_ZH, replace(HELLO_EN, text="Good day")])
    assert (again.new, again.changed) == ((), ())


async def test_only_some_are_made_at_a_time(tmp_path: Path) -> None:
    voice = FakeVoice()
    await prompts(tmp_path, voice, parallel=3).make([PromptText(f"p{n}", "en", str(n)) for n in range(10)])
    assert voice.most_at_once == 3


def test_a_core_sound_is_asterisks_own(tmp_path: Path) -> None:
    assert prompts(tmp_path).sound("core:digits/1", "zh") == "digits/1"


@pytest.mark.parametrize(
    ("sound", "lasts_s"), [("digits/mon-8", 2.0), ("letters/a", 2.0), ("phonetic/a_p", 2.0), ("demo-congrats", None)]
)
def test_how_long_a_sound_of_asterisks_own_lasts_is_known_of_words_alone(
    tmp_path: Path, sound: str, lasts_s: float | None
) -> None:
    assert Prompts(tmp_path / "made", tmp_path / "recorded", FakeVoice()).lasts(sound) == lasts_s


async def test_a_spoilt_record_of_what_was_made_makes_all_anew(tmp_path: Path) -> None:
    await prompts(tmp_path).make([HELLO_EN])
    (tmp_path / "made" / "made.json").write_text("[{")
    voice = FakeVoice()
    await prompts(tmp_path, voice).make([HELLO_EN])
    assert voice.spoken == ["en/Hello"]


@pytest.mark.parametrize("amplitude", [0.9, 0.1, 0.005])
def test_loud_and_quiet_speech_come_out_equally_loud(tmp_path: Path, amplitude: float) -> None:
    spoken = np.concatenate([tone(0.5, RATE, amplitude), np.zeros(RATE, dtype=np.float32)])
    (tmp_path / "x.wav").write_bytes(telephone_wav(spoken, RATE))
    samples, rate = read_sound(tmp_path / "x.wav")
    speech = samples[: RATE // 2]
    assert rate == RATE
    assert 20 * np.log10(np.sqrt(np.mean(speech**2))) == pytest.approx(-20.0, abs=0.5)


def test_a_single_crack_is_not_made_louder_than_a_telephone_bears() -> None:
    click = np.zeros(RATE, dtype=np.float32)
    click[100] = 0.01
    for samples in (click, np.zeros(RATE, dtype=np.float32), np.zeros(0, dtype=np.float32), click[:120]):
        assert telephone_wav(samples, RATE).startswith(b"RIFF")


def test_two_channels_are_mixed_to_one(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "x.wav", np.column_stack([tone(), np.zeros_like(tone())]), 22_050)
    assert read_sound(tmp_path / "x.wav")[0].ndim == 1
    with pytest.raises(NotSound):
        read_sound(tmp_path / "gone.wav")


async def test_a_missing_voice_says_what_to_install() -> None:
    voice = EspeakVoice(program="no-such-espeak")
    assert "apt-get install" in voice.trouble()
    with pytest.raises(VoiceFailed, match="not installed"):
        await voice.speak("Hello", "en")


async def test_a_voice_that_fails_says_how() -> None:
    assert "no voice for language 'fr'" in str(await failure(EspeakVoice(program="true"), "fr"))
    assert "failed (1)" in str(await failure(EspeakVoice(program="false"), "en"))
    assert "failed (0)" in str(await failure(EspeakVoice(program="true"), "en"))
    assert "not readable as sound" in str(await failure(EspeakVoice(program="echo"), "en"))


async def failure(voice: EspeakVoice, language: str) -> VoiceFailed:
    with pytest.raises(VoiceFailed) as failed:
        await voice.speak("Hello", language)
    return failed.value


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs the package espeak-ng")
async def test_the_draft_voice_speaks_both_languages() -> None:
    for language, text in (("zh", "您好，请按一。"), ("en", "-v Hello; $(date)")):
        samples, rate = await EspeakVoice().speak(text, language)
        assert 0.5 < len(samples) / rate < 10
        assert np.max(np.abs(samples)) > 0.05
