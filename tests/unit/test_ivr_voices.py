"""Voices other than espeak-ng: any command, and a web service, each saying why it could not speak."""

from __future__ import annotations

import io
import json
import shlex
import sys

import httpx
import numpy as np
import pytest
import soundfile

from ivr.prompts.voice import CommandVoice, Voice, VoiceFailed
from ivr.prompts.voice_http import MOST_BYTES, HttpVoice
from service.settings import Settings
from service.speech.voices import voice_of
from tests.unit.service_kit import KEY

SAID = (0.5 * np.sin(np.arange(4_000) / 3)).astype(np.float32)
URL = "http://voice.example/speak"


def sound_file(kind: str = "WAV") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, SAID, 16_000, format=kind)
    return out.getvalue()


async def failure(voice: Voice) -> str:
    with pytest.raises(VoiceFailed) as failed:
        await voice.speak("您好", "zh")
    return str(failed.value)


SPEAKS = """
import sys
text = sys.stdin.buffer.read().decode()
assert (text, sys.argv[1:]) == ("您好", ["voices/zh.onnx"]), text
sys.stdout.buffer.write(bytes.fromhex("SOUND"))
"""


async def test_a_command_gets_the_text_on_its_input_and_the_language_as_a_word() -> None:
    program = SPEAKS.replace("SOUND", sound_file().hex())
    voice = CommandVoice(shlex.join([sys.executable, "-c", program]) + " voices/{language}.onnx")
    samples, rate = await voice.speak("您好", "zh")
    assert (len(samples), rate) == (len(SAID), 16_000)


async def test_a_command_that_fails_says_how() -> None:
    assert "no-such-voice is not installed" in await failure(CommandVoice("no-such-voice --fast"))
    assert await failure(CommandVoice("sh -c 'echo out of memory >&2; exit 3'")) == "sh failed (3): out of memory"
    assert "not readable as sound" in await failure(CommandVoice("echo hello"))


async def test_a_web_service_gets_text_language_and_token_and_answers_any_kind_of_sound_file() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=sound_file("FLAC"))

    samples, rate = await HttpVoice(URL, "a-token", httpx.MockTransport(answer)).speak("您好", "zh")
    assert (len(samples), rate) == (len(SAID), 16_000)
    assert json.loads(asked[0].content) == {"text": "您好", "language": "zh"}
    assert asked[0].headers["authorization"] == "Bearer a-token"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(503), "answers 503"),
        (httpx.Response(302, headers={"location": "http://elsewhere.example/"}), "answers 302"),
        (httpx.Response(200, content=b"{}"), "not readable as sound"),
        (httpx.Response(200, content=b"0" * (MOST_BYTES + 1)), "more than 20,000,000 bytes"),
    ],
)
async def test_a_web_service_that_does_not_speak_says_how(answer: httpx.Response, says: str) -> None:
    assert says in await failure(HttpVoice(URL, transport=httpx.MockTransport(lambda _: answer)))


async def test_a_web_service_that_is_not_there_is_told_without_the_text() -> None:
    told = await failure(HttpVoice("http://127.0.0.1:9/speak"))
    assert told.startswith("the voice at http://127.0.0.1:9/speak does not speak: ")
    assert "您好" not in told


def test_the_settings_choose_the_voice() -> None:
    assert voice_of(Settings(ticket_key=KEY)).name == "espeak-ng"
    assert voice_of(Settings(ticket_key=KEY, voice_command="piper -")).name == "piper -"
    assert voice_of(Settings(ticket_key=KEY, voice_url=URL)).name == URL


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"voice_command": "piper 'open"}, "cannot be split into words"),
        ({"voice_url": "ftp://voice"}, "is no web address"),
        ({"voice_url": URL, "voice_command": "piper -"}, "there is one voice"),
    ],
)
def test_a_voice_that_cannot_be_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Settings(ticket_key=KEY, **given)  # type: ignore[arg-type]
