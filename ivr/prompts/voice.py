"""The draft voice: texts spoken until somebody records them, by espeak-ng or whatever else is plugged into this port.

A voice is a command (here) or a web service (`voice_http.py`); `service/speech/voices.py` takes the one that is configured.
"""

from __future__ import annotations

import asyncio
import io
import shlex
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from common.late import Late

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import soundfile

    Samples = npt.NDArray[np.float32]
    """One channel, -1 to 1."""
else:
    soundfile = Late("soundfile")
    Samples = Any

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
        """Say how to install it where it is not."""
        if shutil.which(self._program) is None:
            return (
                f"{self._program} is not installed, so texts without a recording stay silent: apt-get install espeak-ng"
            )
        return ""

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:
        """Return the spoken text."""
        if trouble := self.trouble():
            raise VoiceFailed(trouble)
        voice = self._voices.get(language)
        if voice is None:
            raise VoiceFailed(f"no voice for language '{language}', only for {', '.join(sorted(self._voices))}")
        words = (self._program, "-v", voice, "-s", _WORDS_A_MINUTE, "-b", "1", "--stdin", "--stdout")
        return await _said_by(words, text)


class CommandVoice:
    """Any command that reads a text and writes a sound file to its standard output; `{language}` in it is the prompts' folder.

    Raises ValueError for a command that cannot be split into words.
    """

    def __init__(self, command: str) -> None:
        self._words = shlex.split(command)
        if not self._words:
            raise ValueError("names no program")
        self.name = command

    def trouble(self) -> str:
        """Say which program is missing."""
        program = self._words[0]
        return (
            "" if shutil.which(program) else f"{program} is not installed: it is the first word of the voice's command"
        )

    async def speak(self, text: str, language: str) -> tuple[Samples, int]:
        """Return the spoken text."""
        if trouble := self.trouble():
            raise VoiceFailed(trouble)
        return await _said_by([word.replace("{language}", language) for word in self._words], text)


async def _said_by(words: Sequence[str], text: str) -> tuple[Samples, int]:
    """Run a program; the text goes by standard input, so that none of it is taken for an option."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(SPEAK_WITHIN_S):
            wav, said = await process.communicate(text.encode())
    except TimeoutError:
        raise VoiceFailed(f"{words[0]} did not finish within {SPEAK_WITHIN_S} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not wav:
        raise VoiceFailed(f"{words[0]} failed ({process.returncode}): {said.decode(errors='replace').strip()}")
    return samples_in(wav)


def samples_in(sound: bytes) -> tuple[Samples, int]:
    """Return what a voice said, and its samples a second; raises VoiceFailed where it is no sound file."""
    # A WAV written to a pipe has no true length in its header; soundfile reads what is there.
    try:
        samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise VoiceFailed(f"what the voice said is not readable as sound: {error}") from error
    return samples[:, 0], rate
