"""Recordings, messages and faxes are kept for as long as the centre says, and then cleared away: files first, entry last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import structlog

from common.clock import unix_seconds
from recordings.alarms import ALL, Alarms, database_silent, folder_refuses
from recordings.catalogue.catalogue import Catalogue, CatalogueFailed
from recordings.disk.shelf import Shelf
from recordings.keeping.finisher import Pause
from recordings.recording import Recording

EVERY_S = 3_600.0
AT_ONCE = 100
DAY_S = 86_400.0

KeptDays = Callable[[], int | None]
"""For how many days, as configured now; None: for ever."""

_log = structlog.get_logger("recordings")


class Retention:
    """Clears away what is older than is kept. What is being recorded or converted is left alone, however old."""

    def __init__(
        self,
        shelf: Shelf,
        catalogue: Catalogue,
        kept_days: KeptDays,
        alarms: Alarms,
        *,
        wall: Callable[[], float] = unix_seconds,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`wall` gives Unix seconds."""
        self._shelf, self._catalogue, self._kept_days, self._alarms = shelf, catalogue, kept_days, alarms
        self._wall, self._pause = wall, pause

    async def run(self) -> None:
        """Clear away every hour, until cancelled."""
        while True:
            await self.clear()
            await self._pause(EVERY_S)

    async def clear(self) -> None:
        """Clear away once. What the disk or the database refuses is an alarm, and tried again the next time."""
        days = self._kept_days()
        if days is None:
            return
        cleared = 0
        try:
            while old := await self._catalogue.begun_before(self._wall() - days * DAY_S, AT_ONCE):
                for recording in old:
                    await asyncio.to_thread(self._remove_files, recording)
                await self._catalogue.remove([recording.id for recording in old])
                cleared += len(old)
        except OSError as error:
            self._alarms(folder_refuses(ALL, error))
        except CatalogueFailed as error:
            self._alarms(database_silent(ALL, error))
        if cleared:
            _log.info("recordings cleared away", count=cleared, kept_days=days)

    def _remove_files(self, recording: Recording) -> None:
        """Remove all there is of it, the folder of its day too where that was the last. Blocks."""
        shelf = self._shelf
        files = [shelf.raw(recording.id), shelf.sidecar(recording.id)]  # of one that could never be converted
        if recording.audio is not None:
            files += [shelf.kept(recording.audio), shelf.peaks(recording.audio)]
        if recording.fax is not None:
            files += [shelf.kept(recording.fax), shelf.pdf(recording.fax)]
        for file in files:
            file.unlink(missing_ok=True)
        if recording.file is not None:
            _remove_empty(shelf.kept(recording.file).parent)


def _remove_empty(day: Path) -> None:
    with suppress(OSError):  # others of that day are kept
        day.rmdir()
