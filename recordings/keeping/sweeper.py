"""What nobody finished is found: conversations that outlived the service, and what a broken disk held up.

An orphan is a recording whose end nobody saw. It is over when its call no longer talks and its file has stopped growing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from acd.names import CallId, EndedBy
from common.clock import unix_seconds
from recordings.alarms import Alarm, AlarmKind, Once
from recordings.catalogue.catalogue import Catalogue
from recordings.disk.audio import BYTES_PER_SECOND
from recordings.disk.files import modified_at, size
from recordings.disk.shelf import Shelf, call_of
from recordings.disk.sidecar import Sidecar, Sidecars, UnreadableSidecar
from recordings.keeping.finisher import Finisher, Patience
from recordings.recording import Recording, RecordingId

StillTalking = Callable[[CallId], bool]
"""Whether this call is on the floor, talking."""


class Verdict(Enum):
    """What is to become of something unfinished."""

    LEAVE = auto()
    FINISH = auto()
    CLEAR_AWAY = auto()
    REPORT = auto()
    """Nobody knows whose it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something unfinished, as the folder and the catalogue show it."""

    recording: RecordingId
    sidecar: Sidecar | None
    entry: Recording | None
    raw_bytes: int | None
    """None where there is no file."""


class Sweeper:
    """Goes through the folder and the catalogue; remembers only how long the files were the last time."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        sidecars: Sidecars,
        catalogue: Catalogue,
        finisher: Finisher,
        still_talking: StillTalking,
        alarms: Once,
        patience: Patience,
    ) -> None:
        self._shelf = shelf
        self._sidecars = sidecars
        self._catalogue = catalogue
        self._finisher = finisher
        self._still_talking = still_talking
        self._alarms = alarms
        self._patience = patience
        self._last_time: dict[RecordingId, int | None] = {}

    async def sweep(self) -> list[Recording]:
        """Go through everything unfinished once; answers what is over and can be finished now.

        Raises OSError where the folder, sqlalchemy.exc.SQLAlchemyError where the database cannot be read.
        """
        unfinished = await self._unfinished()
        over = []
        for found in unfinished:
            match self._verdict(found):
                case Verdict.FINISH:
                    over.append(await self._recording(found))
                case Verdict.CLEAR_AWAY:
                    await self._finisher.clear_away(found.recording)
                case Verdict.REPORT:
                    self._alarms(_nobodys(found.recording))
                case Verdict.LEAVE:
                    pass
        self._last_time = {found.recording: found.raw_bytes for found in unfinished}
        return over

    async def _unfinished(self) -> list[Found]:
        noted = await asyncio.to_thread(self._sidecars.all)
        written = await asyncio.to_thread(self._shelf.ids_with, ".raw")
        under_way = [each.id for each in await self._catalogue.under_way()]
        ids = dict.fromkeys([*noted, *written, *under_way])
        free = [each for each in ids if not self._is_in_hand(each)]
        said = {each for each in free if await asyncio.to_thread(self._is_being_said, each)}
        return [await self._look_at(each) for each in free if each not in said]

    def _is_in_hand(self, recording: RecordingId) -> bool:
        return self._still_talking(call_of(recording)) or self._finisher.is_at_work_on(recording)

    async def _look_at(self, recording: RecordingId) -> Found:
        entry = await self._catalogue.find(recording)
        try:
            sidecar = await asyncio.to_thread(self._sidecars.read, recording)
        except UnreadableSidecar as error:
            self._alarms(Alarm(AlarmKind.SIDECAR, recording, str(error)))
            sidecar = None
        return Found(recording, sidecar, entry, await asyncio.to_thread(size, self._shelf.raw(recording)))

    def _is_being_said(self, recording: RecordingId) -> bool:
        """Whether it is a message that a caller leaves, however long that takes: its own sweep judges it. Blocks."""
        return self._shelf.message(recording).exists()

    def _verdict(self, found: Found) -> Verdict:
        stands_still = self._last_time.get(found.recording, _NEVER_SEEN) == found.raw_bytes
        match found:
            case Found(sidecar=None, entry=None):
                return Verdict.REPORT if stands_still and found.raw_bytes else Verdict.LEAVE
            case Found(entry=None) if not found.raw_bytes:
                return Verdict.CLEAR_AWAY if stands_still and self._is_unused(found) else Verdict.LEAVE
            case Found(entry=Recording(audio=str())):
                return Verdict.CLEAR_AWAY  # finished, but for this
            case Found(entry=Recording(talked_s=float())):
                return Verdict.FINISH
            case _:
                return Verdict.FINISH if stands_still else Verdict.LEAVE

    def _is_unused(self, found: Found) -> bool:
        return found.sidecar is not None and unix_seconds() - found.sidecar.offered_at > self._patience.unused_s

    async def _recording(self, found: Found) -> Recording:
        """Tell what is known of it. Without an entry nobody saw it begin either: then the file's own time tells when."""
        if found.entry is not None:
            ended_by = found.entry.ended_by or EndedBy.UNKNOWN
            return replace(found.entry, ended_by=ended_by)
        assert found.sidecar is not None  # noqa: S101 - what has neither is reported, not finished
        closed_at = await asyncio.to_thread(modified_at, self._shelf.raw(found.recording))
        started_at = max(closed_at - (found.raw_bytes or 0) / BYTES_PER_SECOND, found.sidecar.offered_at)
        begun = found.sidecar.begun(started_at, found.sidecar.waited_until(started_at))
        return replace(begun, ended_by=EndedBy.UNKNOWN)


def _nobodys(recording: RecordingId) -> Alarm:
    detail = (
        "Asterisk's file is there, but nothing is noted about it: the disk did not take the note, or somebody removed "
        "it. Listen to it, file it by hand and remove it."
    )
    return Alarm(AlarmKind.SIDECAR, recording, detail)


_NEVER_SEEN = -1
"""No file's length."""
