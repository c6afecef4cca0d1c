"""The room on the disk that recordings are written to, watched: when it is used up Asterisk says nothing, and calls go on."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

from recordings.alarms import ALL, Alarm, AlarmKind, Alarms, folder_refuses
from recordings.keeping.finisher import Pause

LITTLE_BYTES = 256 * 1024**2
"""Less than this is an alarm. A conversation takes 32,000 bytes a second: a hundred at once use so much up in 80 seconds."""
LOOK_EVERY_S = 5.0

FreeBytes = Callable[[Path], int]
"""How many bytes may still be written below a folder. Blocks; raises OSError."""


def free_bytes(folder: Path) -> int:
    """Ask the file system. A folder that is still to be made will be on the disk of the one it is made in."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return shutil.disk_usage(there).free


class Room:
    """Looks every `LOOK_EVERY_S`, and raises one alarm each time the room has become little, or cannot be looked at."""

    def __init__(
        self, folder: Path, alarms: Alarms, *, free: FreeBytes = free_bytes, pause: Pause = asyncio.sleep
    ) -> None:
        self._folder = folder
        self._alarms = alarms
        self._free = free
        self._pause = pause
        self._said: AlarmKind | None = None

    async def watch(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.look()
            await self._pause(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look once."""
        alarm = await self._found()
        if alarm is not None and alarm.kind is not self._said:
            self._alarms(alarm)
        self._said = None if alarm is None else alarm.kind

    async def _found(self) -> Alarm | None:
        try:
            free = await asyncio.to_thread(self._free, self._folder)
        except OSError as error:
            return folder_refuses(ALL, error)
        if free >= LITTLE_BYTES:
            return None
        detail = (
            f"{free // 1024**2} MiB are left for recordings. Make room: when there is none calls go on, and "
            "conversations are recorded in part or not at all."
        )
        return Alarm(AlarmKind.ROOM, ALL, detail)
