"""Where recordings lie: the folder as this service sees it and as Asterisk does, and what a file in it is called.

FOLDER/ID.raw                  what Asterisk writes while they talk
FOLDER/ID.json                 the sidecar: what is known of it beforehand
FOLDER/messages/ID.wav         what Asterisk writes while a caller leaves a message
FOLDER/2026-11-22/ID.wav       what is kept
FOLDER/2026-11-22/ID.peaks.json
FOLDER/faxes/2026-11-22/ID.tiff, ID.pdf
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from acd.names import CallId
from recordings.recording import RecordingId

AS_ASTERISK_SEES_IT = PurePosixPath("/var/spool/switchboard/recordings")
"""The recordings folder inside the Asterisk container (docs/interfaces.md)."""

FAXES = "faxes"
"""The folder of faxes, inside the recordings folder: of those coming in their notes, of those kept all."""

MESSAGES = "messages"
"""The folder of what callers leave, inside the recordings folder; deploy/ makes it, writable by Asterisk."""

_SAFE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*")


class UnsafeId(Exception):
    """An id that may not become a file's name: it came from outside the house, or a node's system name is unusual."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The recordings folder. `zone` is the site's time zone: a day begins at its midnight."""

    folder: Path
    zone: ZoneInfo
    as_asterisk_sees_it: PurePosixPath = AS_ASTERISK_SEES_IT

    def for_asterisk(self, recording: RecordingId) -> str:
        """Name the file that Asterisk is to record into, as Asterisk sees it."""
        return str(self.as_asterisk_sees_it / f"{_safe(recording)}.raw")

    def raw(self, recording: RecordingId) -> Path:
        """Find the file that Asterisk records into, as this service sees it."""
        return self.folder / f"{_safe(recording)}.raw"

    def sidecar(self, recording: RecordingId) -> Path:
        """Find what was known of the recording before it began."""
        return self.folder / f"{_safe(recording)}.json"

    def message(self, recording: RecordingId) -> Path:
        """Find the file of a message that is being left."""
        return self.folder / MESSAGES / f"{_safe(recording)}.wav"

    def audio(self, recording: RecordingId, started_at: float) -> str:
        """Name the WAV file of a recording begun at `started_at` (Unix seconds): its path below the folder."""
        return f"{self._day(started_at)}/{_safe(recording)}.wav"

    def fax(self, recording: RecordingId, came_at: float) -> str:
        """Name the TIFF file of a fax that began to come in at `came_at` (Unix seconds): its path below the folder."""
        return f"{FAXES}/{self._day(came_at)}/{_safe(recording)}.tiff"

    def kept(self, file: str) -> Path:
        """Find a kept file by its path below the folder."""
        return self.folder / file

    def pdf(self, fax: str) -> Path:
        """Find the PDF beside a fax's TIFF file."""
        return self.kept(fax).with_suffix(".pdf")

    def peaks(self, audio: str) -> Path:
        """Find the peaks beside a WAV file."""
        return self.kept(audio).with_suffix(".peaks.json")

    def _day(self, moment: float) -> str:
        return datetime.fromtimestamp(moment, self.zone).date().isoformat()

    def ids_with(self, suffix: str) -> list[RecordingId]:
        """List the recordings with a file of this suffix that is not kept yet; raises OSError. Call it in a thread."""
        return [
            RecordingId(path.stem) for path in self.folder.iterdir() if path.suffix == suffix and is_safe(path.stem)
        ]

    def sidecars_of(self, call: CallId) -> list[tuple[int, Path]]:
        """List a call's sidecars with their numbers, the latest first. Reads the folder: call it in a thread."""
        prefix = f"{_safe(call)}-"
        found = ((path.stem.removeprefix(prefix), path) for path in self.folder.glob(f"{prefix}*.json"))
        return sorted(((int(number), path) for number, path in found if number.isdecimal()), reverse=True)


def recording_id(call: CallId, number: int) -> RecordingId:
    """Name the call's recording of this number, from 1."""
    return RecordingId(f"{call}-{number}")


def call_of(recording: RecordingId) -> CallId:
    """Name the call that a recording is of."""
    return CallId(recording.rpartition("-")[0])


def is_safe(name: str) -> bool:
    """Whether this may be a file's name, and so an id of the house's making."""
    return _SAFE_ID.fullmatch(name) is not None


def _safe(name: str) -> str:
    if not is_safe(name):
        raise UnsafeId(
            f"The id {name!r} cannot name a file: only letters, digits and . : _ - may be in it. A node's systemname "
            "(asterisk.conf) is the first part of its call ids: mend it there."
        )
    return name
