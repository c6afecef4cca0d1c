"""The draft voice: texts spoken by espeak-ng until somebody records them. A port, so that a better voice can be plugged in."""

from __future__ import annotations

import asyncio
import io
import shutil
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]
"""One channel, -1 to 1."""

SPEAK_WITHIN_S = 30.0
"""Longest that one text may take to be spoken."""
_VOICES = {"zh": "cmn", "en": "en"}
_WORDS_A_MINUTE = "170"


class VoiceFailed(Exception):
    """A text could not be spoken; the text says why and what to do."""


class Voice(Protocol):
    """Whatever turns a text into sound. `name` goes into the record of what was made how."""

    name: str

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:
        """Return the spoken text and its samples a second; raises VoiceFailed."""
        ...


class EspeakVoice:
    """espeak-ng as a process a text. `voices`: espeak-ng's voice by folder of prompts."""

    name = "espeak-ng"

    def __init__(self, voices: Mapping[str, str] = _VOICES, program: str = "espeak-ng") -> None:
        self._voices, self._program = dict(voices), program

    def trouble(self) -> str:
        """Return what keeps the voice from speaking, and what to do; empty where nothing does."""
        if shutil.which(self._program) is None:
            return (
                f"{self._program} is not installed, so texts without a recording stay silent: apt-get install espeak-ng"
            )
        return ""

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:
        """Return the spoken text; the text goes by standard input, so that none of it is taken for an option."""
        if trouble := self.trouble():
            raise VoiceFailed(trouble)
        voice = self._voices.get(language)
        if voice is None:
            raise VoiceFailed(f"no voice for language '{language}', only for {', '.join(sorted(self._voices))}")
        process = await asyncio.create_subprocess_exec(
            *(self._program, "-v", voice, "-s", _WORDS_A_MINUTE, "-b", "1", "--stdin", "--stdout"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SPEAK_WITHIN_S):
                wav, said = await process.communicate(text.encode())
        except TimeoutError:
            raise VoiceFailed(f"{self._program} did not finish within {SPEAK_WITHIN_S} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0 or not wav:
            raise VoiceFailed(f"{self._program} failed ({process.returncode}): {said.decode(errors='replace').strip()}")
        return _samples(wav)


def _samples(wav: bytes) -> tuple[Samples, int]:
    # A WAV written to a pipe has no true length in its header; soundfile reads what is there.
    try:
        samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise VoiceFailed(f"what the voice said is not readable as sound: {error}") from error
    return samples[:, 0], rate
