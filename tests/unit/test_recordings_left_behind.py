"""What nobody finished is taken in, one after the other, again and again; a folder that refuses is an alarm and no end."""

from __future__ import annotations

import asyncio

import pytest

from recordings.alarms import Alarm, AlarmKind
from recordings.keeping.left_behind import LeftBehind


class Folder:
    """A folder whose files come, one at each look, and that now and then refuses."""

    def __init__(self, *looks: list[str] | OSError) -> None:
        self._looks = iter(looks)
        self.taken_in: list[str] = []
        self.alarms: list[Alarm] = []
        self.left_behind = LeftBehind("messages", self._find, self._take_in, self.alarms.append)

    def _find(self) -> list[str]:
        found = next(self._looks)
        if isinstance(found, OSError):
            raise found
        return found

    async def _take_in(self, file: str) -> None:
        self.taken_in.append(file)


async def test_what_is_found_is_taken_in_in_its_order() -> None:
    folder = Folder(["a", "b"])
    await folder.left_behind.sweep()
    assert (folder.taken_in, folder.alarms) == (["a", "b"], [])


async def test_a_folder_that_refuses_is_an_alarm_and_is_looked_at_again() -> None:
    folder = Folder(["a"], PermissionError(13, "Permission denied"), ["b"])
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await folder.left_behind.sweep_for_ever(20.0, pause)
    assert (folder.taken_in, pauses) == (["a", "b"], [20.0] * 3)
    assert [(alarm.kind, alarm.recording) for alarm in folder.alarms] == [(AlarmKind.FOLDER, "messages")]
