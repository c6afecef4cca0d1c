"""A conversation is over: its file is waited for, measured, converted, catalogued, and only then removed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import structlog

from recordings.alarms import Alarm, AlarmKind, Once, database_silent, folder_refuses
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.disk import audio
from recordings.disk.audio import AudioUnreadable, Converted
from recordings.disk.files import appearing, size
from recordings.disk.shelf import Shelf
from recordings.disk.sidecar import Sidecars
from recordings.recording import Recording, RecordingId, RecordingState

Pause = Callable[[float], Awaitable[None]]
"""Wait for so many seconds."""

_log = structlog.get_logger("recordings")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is waited for, and what is still called whole."""

    settle_s: float = 1.5
    """A file that is as long as this long ago is closed. Asterisk writes 32 KiB at a time: once a second."""
    settle_limit_s: float = 15.0
    """A file that still grows after this is left to the sweeper."""
    missing_s: float = 2.0
    """How much shorter than the conversation a recording may be, ..."""
    missing_share: float = 0.02
    """... or which share of it, whichever is more: packets that never came were not recorded."""
    sweep_every_s: float = 30.0
    """An orphan's file is closed when it was as long a sweep ago."""
    unused_s: float = 600.0
    """A tape that is empty this long after its offer was for an offer that nobody answered."""


PATIENCE = Patience()


class Finisher:
    """Finishes recordings whose conversation is over. What cannot be finished now is left for the sweeper to hand in again."""

    def __init__(
        self,
        *,
        shelf: Shelf,
        sidecars: Sidecars,
        catalogue: Catalogue,
        alarms: Once,
        patience: Patience,
        pause: Pause,
    ) -> None:
        self._shelf = shelf
        self._sidecars = sidecars
        self._catalogue = catalogue
        self._alarms = alarms
        self._patience = patience
        self._pause = pause
        self._at_work: set[RecordingId] = set()
        self._converting = asyncio.Lock()  # one at a time: conversion must never take the calls' processor

    def is_at_work_on(self, recording: RecordingId) -> bool:
        """Whether this recording is being finished now."""
        return recording in self._at_work

    async def finish(self, recording: Recording) -> None:
        """Finish a recording, or say why that cannot be. Raises nothing: a recording is never worth a call."""
        if recording.id in self._at_work:
            return
        self._at_work.add(recording.id)
        try:
            await self._finish(recording)
        except (CatalogueFailed, OSError, AudioUnreadable) as error:
            await self._put_off(recording, _held_up(recording.id, error))
        except Exception as error:  # noqa: BLE001 - a mistake of ours is an alarm, and the other recordings go on
            alarm = _mistake(recording.id, error)
            if self._alarms.is_new(alarm):
                _log.exception("a recording could not be finished", recording=recording.id)
            await self._put_off(recording, alarm)
        finally:
            self._at_work.discard(recording.id)

    async def clear_away(self, recording: RecordingId) -> None:
        """Remove Asterisk's file and the sidecar: all is in the catalogue, or nothing ever came. Raises nothing."""
        try:
            await asyncio.to_thread(self._shelf.raw(recording).unlink, missing_ok=True)
            await asyncio.to_thread(self._sidecars.remove, recording)
        except OSError as error:
            self._alarms(folder_refuses(recording, error))
        else:
            self._alarms.forget(recording)

    async def _finish(self, recording: Recording) -> None:
        entry = await self._catalogue.find(recording.id)
        if entry is not None and entry.audio is not None:
            await self.clear_away(recording.id)  # it was finished between the sweeper's look and now
            return
        raw = self._shelf.raw(recording.id)
        if not await self._settled(raw):
            await self._catalogue.save(replace(recording, state=RecordingState.INCOMPLETE, duration_s=0.0))
            if self._is_short(recording, 0.0):
                self._alarms(_nothing_written(recording.id, self._shelf))
        else:
            async with self._converting:
                finished, converted = await asyncio.to_thread(self._convert, recording)
            if await asyncio.to_thread(size, raw) != converted.raw_bytes:
                return  # Asterisk still writes: the sweeper hands it in again
            await self._catalogue.save(finished)
            if finished.state is RecordingState.INCOMPLETE:
                self._alarms(_short(finished))
        await self.clear_away(recording.id)

    async def _settled(self, raw: Path) -> int | None:
        """Wait, but not for ever, until Asterisk has closed the file. Answers its size; None where there is none."""
        found = await asyncio.to_thread(size, raw)
        waited_s = 0.0
        while waited_s < self._patience.settle_limit_s:
            await self._pause(self._patience.settle_s)
            waited_s += self._patience.settle_s
            before, found = found, await asyncio.to_thread(size, raw)
            if found == before:
                break
        return found

    def _convert(self, recording: Recording) -> tuple[Recording, Converted]:
        """Make the WAV file and its peaks. Blocks."""
        name = self._shelf.audio(recording.id, recording.started_at)
        wav = self._shelf.kept(name)
        wav.parent.mkdir(exist_ok=True)
        converted = audio.convert(self._shelf.raw(recording.id), wav)
        with appearing(self._shelf.peaks(name), self._shelf.folder) as part:
            part.write_text(json.dumps(asdict(converted.peaks), separators=(",", ":")), encoding="ascii")
        is_short = self._is_short(recording, converted.duration_s)
        state = RecordingState.INCOMPLETE if is_short else RecordingState.COMPLETE
        return replace(recording, state=state, duration_s=converted.duration_s, file=name), converted

    def _is_short(self, recording: Recording, duration_s: float) -> bool:
        """Whether more is missing than may be. Where nobody saw how long they talked, nothing is known to be missing."""
        if recording.talked_s is None:
            return duration_s == 0.0
        allowed_s = max(self._patience.missing_s, self._patience.missing_share * recording.talked_s)
        return recording.talked_s - duration_s > allowed_s

    async def _put_off(self, recording: Recording, why: Alarm) -> None:
        """Keep Asterisk's file for another time, and let the catalogue say meanwhile that there is nothing to hear."""
        self._alarms(why)
        try:
            await self._catalogue.save(replace(recording, state=RecordingState.INCOMPLETE))
        except CatalogueFailed as error:
            self._alarms(database_silent(recording.id, error))


def _held_up(recording: RecordingId, error: Exception) -> Alarm:
    if isinstance(error, CatalogueFailed):
        return database_silent(recording, error)
    detail = f"{error}. The file is kept and tried again; mend the disk (space, rights)."
    return Alarm(AlarmKind.CONVERSION, recording, detail)


def _mistake(recording: RecordingId, error: Exception) -> Alarm:
    detail = f"A mistake of the service ({type(error).__name__}), see its log. The file is kept and tried again."
    return Alarm(AlarmKind.CONVERSION, recording, detail)


def _nothing_written(recording: RecordingId, shelf: Shelf) -> Alarm:
    detail = (
        f"Asterisk wrote nothing. See that it can write to {shelf.as_asterisk_sees_it}, that this is the folder "
        f"{shelf.folder} of this service, and that the call had sound."
    )
    return Alarm(AlarmKind.NO_FILE, recording, detail)


def _short(recording: Recording) -> Alarm:
    detail = (
        f"They talked {recording.talked_s:.1f} s, the recording has {recording.duration_s:.1f} s. "
        "See whether Asterisk's disk was full."
    )
    return Alarm(AlarmKind.SHORT, recording.id, detail)
