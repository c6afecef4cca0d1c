"""The prompts Asterisk plays: a recording where there is one, else the text in the draft voice, made once and kept.

Recordings are put into `recorded/{zh,en}/NAME.wav` (or .flac, .ogg, .mp3) by name and replace drafts. What is made
stands in `made/{zh,en}/NAME.wav` (8 kHz) and `.wav16` (16 kHz), which Asterisk sees as `switchboard/{zh,en}/NAME` and
chooses from by the caller's codec; `made/made.json` says how they were made.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

from ivr.flows.checks import CORE
from ivr.prompts.audio import RATE, NotSound, Sound, read_sound, telephone_sound
from ivr.prompts.text import PromptText
from ivr.prompts.voice import Voice, VoiceFailed

_log = structlog.get_logger("prompts")

_ASTERISK_FOLDER = "switchboard"
_WORDS = ("digits/", "letters/", "phonetic/")
_WORD_S = 2.0
"""What one of Asterisk's own sounds lasts at the most that is a word: numbers, dates and spelt names are made of these."""
RECORDED_KINDS = (".wav", ".flac", ".ogg", ".mp3")
_WIDE = ".wav16"
_SAMPLE_BYTES = 2
"""What Asterisk's format_wav calls a WAV file of 16 kHz."""
_MAKING = "3"
"""Changes whenever prompts are made differently, so that kept ones are made anew."""


class Source(StrEnum):
    """Where a prompt's sound is from."""

    RECORDED = "recorded"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Made:
    """A prompt as it stands in the folder. `key` is a hash of what it was made from."""

    name: str
    language: str
    source: Source
    key: str


@dataclass(frozen=True, slots=True)
class Unmade:
    """A prompt that could not be made, and why."""

    name: str
    language: str
    why: str


Spoken = tuple[Made, Sound]
"""A prompt's sound, as the files that Asterisk plays."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Prompts spoken, and not yet where callers hear them: those that were not there, and those that say something else now."""

    new: tuple[Spoken, ...]
    changed: tuple[Spoken, ...]
    unmade: tuple[Unmade, ...]


def recorded_in(folder: Path) -> set[str]:
    """Return the names of the recordings in the folder of one language, which need not be there."""
    return {path.stem for path in folder.glob("*") if path.suffix in RECORDED_KINDS} if folder.is_dir() else set()


class Prompts:
    """All prompts of a site. `parallel`: how many are made at once."""

    def __init__(self, made: Path, recorded: Path, voice: Voice, parallel: int = os.cpu_count() or 1) -> None:
        self._made_folder, self._recorded_folder = made, recorded
        self._voice, self._parallel = voice, parallel
        self._one_at_a_time = asyncio.Lock()
        """A reload while the start still makes its prompts waits: the older ones must not be put over the newer."""
        self._made = {(one.language, one.name): one for one in _read_manifest(made)}

    def all(self) -> list[Made]:
        """Return what is there, by language and name."""
        return [self._made[place] for place in sorted(self._made)]

    def recorded(self, language: str) -> set[str]:
        """Return the names of the recordings in a language, for the flows' checks."""
        return recorded_in(self._recorded_folder / language)

    def sound(self, prompt: str, language: str) -> str:
        """Return what Asterisk calls a prompt. One not yet made in this language is taken from another, if there is one."""
        if prompt.startswith(CORE):
            return prompt.removeprefix(CORE)
        if (language, prompt) not in self._made:
            language = next((other for other, name in sorted(self._made) if name == prompt), language)
        return f"{_ASTERISK_FOLDER}/{language}/{prompt}"

    def lasts(self, sound: str) -> float | None:
        """Return how many seconds a sound lasts, at the most; None for one that is neither kept here nor a word of Asterisk's."""
        if sound.startswith(_WORDS):
            return _WORD_S
        if not sound.startswith(f"{_ASTERISK_FOLDER}/"):
            return None
        file = self._made_folder / f"{sound.removeprefix(f'{_ASTERISK_FOLDER}/')}.wav"
        try:
            return file.stat().st_size / (RATE * _SAMPLE_BYTES)
        except OSError:
            return None

    async def make(self, texts: Iterable[PromptText]) -> list[Unmade]:
        """Make what is missing or out of date, some at a time; return what could not be made. Others stay playable meanwhile."""
        unmade = await self._each(texts, self._put)
        await asyncio.to_thread(_write_manifest, self._made_folder, self.all())
        return unmade

    async def prepare(self, texts: Iterable[PromptText]) -> Prepared:
        """Speak what is missing or out of date, and let callers hear nothing of it before `put`."""
        spoken: list[Spoken] = []

        async def keep(made: Made, sound: Sound) -> None:
            spoken.append((made, sound))

        unmade = await self._each(texts, keep)
        there = [one for one in spoken if (one[0].language, one[0].name) in self._made]
        return Prepared(tuple(one for one in spoken if one not in there), tuple(there), tuple(unmade))

    async def put(self, prompts: Sequence[Spoken]) -> None:
        """Let callers hear these; raises OSError."""
        for made, sound in prompts:
            await self._put(made, sound)
        if prompts:
            await asyncio.to_thread(_write_manifest, self._made_folder, self.all())

    async def _each(self, texts: Iterable[PromptText], take: Callable[[Made, Sound], Awaitable[None]]) -> list[Unmade]:
        """Speak each that is missing or out of date, some at a time, and hand it on; return what could not be made."""
        gate = asyncio.Semaphore(self._parallel)
        wanted = {(text.language, text.name): text for text in texts}
        for language in await asyncio.to_thread(self.recorded_languages):
            for name in self.recorded(language):
                wanted.setdefault((language, name), PromptText(name, language, ""))

        async def one(text: PromptText) -> Unmade | None:
            async with gate:
                try:
                    spoken = await self._speak(text)
                    if spoken is not None:
                        await take(*spoken)
                except (VoiceFailed, NotSound, OSError) as error:
                    return Unmade(text.name, text.language, str(error))
            return None

        async with self._one_at_a_time:
            results = await asyncio.gather(*(one(text) for text in wanted.values()))
        unmade = [result for result in results if result is not None]
        for why in sorted({result.why for result in unmade}):
            names = [f"{result.language}/{result.name}" for result in unmade if result.why == why]
            _log.error("prompts not made", why=why, prompts=names)
        return unmade

    async def _speak(self, text: PromptText) -> Spoken | None:
        """Return the prompt's sound; None where it is there already."""
        recording = self._recording(text)
        if recording is not None:
            content = await asyncio.to_thread(recording.read_bytes)
            made = Made(text.name, text.language, Source.RECORDED, _key(Source.RECORDED, content))
        else:
            made = Made(text.name, text.language, Source.DRAFT, _key(self._voice.name, text.text.encode()))
        if self._made.get((text.language, text.name)) == made and _is_there(self._made_folder, made):
            return None
        if recording is not None:
            samples, rate = await asyncio.to_thread(read_sound, recording)
        else:
            samples, rate = await self._voice.speak(text.text, text.language)
        return made, await asyncio.to_thread(telephone_sound, samples, rate)

    async def _put(self, made: Made, sound: Sound) -> None:
        file = _file(self._made_folder, made)
        await asyncio.to_thread(whole_file, file.with_suffix(_WIDE), sound.wide)
        await asyncio.to_thread(whole_file, file, sound.narrow)
        self._made[made.language, made.name] = made

    def recorded_languages(self) -> list[str]:
        """Return the languages in which there is a folder of recordings."""
        folder = self._recorded_folder
        return [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []

    def _recording(self, text: PromptText) -> Path | None:
        candidates = (self._recorded_folder / text.language / f"{text.name}{kind}" for kind in RECORDED_KINDS)
        return next((path for path in candidates if path.is_file()), None)


def _key(how: str, content: bytes) -> str:
    return hashlib.sha256(b"\0".join([_MAKING.encode(), how.encode(), content])).hexdigest()[:16]


def _file(folder: Path, made: Made) -> Path:
    return folder / made.language / f"{made.name}.wav"


def _is_there(folder: Path, made: Made) -> bool:
    file = _file(folder, made)
    return file.is_file() and file.with_suffix(_WIDE).is_file()


def whole_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: Asterisk may be opening it at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.chmod(0o644)  # Asterisk reads it as another user
    beside.replace(path)


def _read_manifest(folder: Path) -> list[Made]:
    try:
        entries = json.loads((folder / "made.json").read_bytes())
        made = [Made(e["name"], e["language"], Source(e["source"]), e["key"]) for e in entries]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError):
        _log.warning("the record of made prompts is unreadable: all are made anew")
        return []
    return [one for one in made if _is_there(folder, one)]


def _write_manifest(folder: Path, made: list[Made]) -> None:
    entries = [{"name": m.name, "language": m.language, "source": m.source, "key": m.key} for m in made]
    whole_file(folder / "made.json", json.dumps(entries, indent=1, ensure_ascii=False).encode())
