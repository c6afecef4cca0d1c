"""What nobody finished is taken in: the files of callers whose session ended without a word of theirs, looked for in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from recordings.alarms import Alarms, folder_refuses
from recordings.keeping.finisher import Pause
from recordings.recording import RecordingId

T = TypeVar("T")


class LeftBehind(Generic[T]):
    """What lies in one folder and nobody's hand. A folder that cannot be read is an alarm, and is looked at again."""

    def __init__(
        self, folder: str, find: Callable[[], list[T]], take_in: Callable[[T], Awaitable[object]], alarms: Alarms
    ) -> None:
        """Find by `find`, which blocks and may raise OSError; `take_in` raises nothing."""
        self._folder, self._find, self._take_in, self._alarms = folder, find, take_in, alarms

    async def sweep_for_ever(self, every_s: float, pause: Pause) -> None:
        """Sweep every so many seconds, until cancelled."""
        while True:
            await self.sweep()
            await pause(every_s)

    async def sweep(self) -> None:
        """Take in whatever is there, one after the other."""
        try:
            found = await asyncio.to_thread(self._find)
        except OSError as error:
            self._alarms(folder_refuses(RecordingId(self._folder), error))
            return
        for each in found:
            await self._take_in(each)
