"""What can go wrong with recordings, said aloud: a recording that is missing must never be found out by an inspector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

from recordings.recording import RecordingId

_log = structlog.get_logger("recordings")


class AlarmKind(StrEnum):
    """What went wrong; also a metric's label."""

    FOLDER = "folder"
    """The recordings folder cannot be written or read: full, no right, or gone."""
    ROOM = "room"
    """Hardly any room is left on the disk of the recordings folder."""
    NO_FILE = "no_file"
    """Asterisk wrote nothing of a conversation."""
    SHORT = "short"
    """The file is shorter than the conversation was: a disk that was full, or a recording that broke off."""
    CONVERSION = "conversion"
    """The file could not be converted; it is kept and tried again."""
    SIDECAR = "sidecar"
    """What was noted before the conversation cannot be read."""
    CATALOGUE = "catalogue"
    """The database does not answer; the files wait."""
    FILE_NAME = "file_name"
    """A call's id may not become a file's name."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that went wrong. `detail` says what to do, and holds no personal data."""

    kind: AlarmKind
    recording: RecordingId
    """`ALL` where it is not about one recording."""
    detail: str


ALL = RecordingId("")
"""What an alarm names that is not about one recording."""


def database_silent(recording: RecordingId, error: Exception) -> Alarm:
    """Say that the database does not answer; its own words may quote what it was given, and are left out."""
    detail = f"{type(error).__name__}: the database does not answer. The files wait; mend the database or its address."
    return Alarm(AlarmKind.CATALOGUE, recording, detail)


def folder_refuses(recording: RecordingId, error: Exception) -> Alarm:
    """Say that the recordings folder cannot be written or read."""
    what = getattr(error, "strerror", None) or type(error).__name__
    detail = f"{what}. Calls go on; mend the recordings folder (space, rights) of this service."
    return Alarm(AlarmKind.FOLDER, recording, detail)


Alarms = Callable[[Alarm], None]
"""Where alarms go: the service adds its metric and its board."""


class Once:
    """Passes each alarm on once, however often the sweeper comes by the same file."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms
        self._said: set[Alarm] = set()

    def is_new(self, alarm: Alarm) -> bool:
        """Whether it was not passed on yet."""
        return alarm not in self._said

    def __call__(self, alarm: Alarm) -> None:
        """Pass it on, unless it was."""
        if self.is_new(alarm):
            self._said.add(alarm)
            self._alarms(alarm)

    def forget(self, recording: RecordingId) -> None:
        """Say anew whatever goes wrong with this recording from now on."""
        self._said = {alarm for alarm in self._said if alarm.recording != recording}


def to_the_log(alarm: Alarm) -> None:
    """Say an alarm in the log."""
    _log.error("recording alarm", kind=alarm.kind.value, recording=alarm.recording, detail=alarm.detail)
