"""What a site's prompts are spoken by: a recording or the draft voice; and a recording taken in among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from ivr.prompts.audio import WIDE_RATE, read_prompt, telephone_wav
from ivr.prompts.making import RECORDED_KINDS, Source, whole_file
from ivr.prompts.text import PromptText

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LANGUAGE = re.compile(r"[a-z]{2}")


class CannotImport(Exception):
    """A recording cannot be taken under this name; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A prompt in one language. `text` is empty where only a recording is known."""

    name: str
    language: str
    source: Source
    text: str


def listed(
    texts: Iterable[PromptText], recorded: Callable[[str], Collection[str]], languages: Iterable[str]
) -> list[Listed]:
    """Return every prompt, by language and name. `recorded` tells the names recorded in a language."""
    known = {(text.language, text.name): text.text for text in texts}
    found = {language: frozenset(recorded(language)) for language in {*languages, *(place[0] for place in known)}}
    places = known.keys() | {(language, name) for language, names in found.items() for name in names}
    return [
        Listed(
            name,
            language,
            Source.RECORDED if name in found[language] else Source.DRAFT,
            known.get((language, name), ""),
        )
        for language, name in sorted(places)
    ]


def take_in(file: Path, folder: Path, name: str, language: str, *, replace: bool) -> Path:
    """Put a recording into the folder of recorded prompts: one channel, 16 kHz, 16 bit, levelled. Returns where it is.

    Raises CannotImport; NotSound for a file that is of no use as a prompt; OSError.
    """
    if not _NAME.fullmatch(name):
        raise CannotImport(f"'{name}' is no prompt's name: up to 32 of a-z, 0-9, - and _, the first a letter")
    if not _LANGUAGE.fullmatch(language):
        raise CannotImport(
            f"'{language}' is no folder of prompts: two letters, as the flows' `languages` have it (zh, en)"
        )
    there = [path for kind in RECORDED_KINDS if (path := folder / language / f"{name}{kind}").exists()]
    if there and not replace:
        raise CannotImport(f"{there[0]} is there already: --replace puts the new one in its place")
    target = folder / language / f"{name}.wav"
    whole_file(target, telephone_wav(*read_prompt(file), WIDE_RATE))
    for other in there:
        if other != target:  # of two recordings of one name, the old one might be the one that is heard
            other.unlink()
    return target
