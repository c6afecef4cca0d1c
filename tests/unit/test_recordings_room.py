"""The room for recordings is watched: one alarm when it becomes little, another when it does so again."""

from __future__ import annotations

from pathlib import Path

from recordings.alarms import Alarm, AlarmKind
from recordings.keeping.room import LITTLE_BYTES, Room, free_bytes


class Disk:
    """A disk whose room the test sets, and the alarms about it."""

    def __init__(self) -> None:
        self.free: int | OSError = 2 * LITTLE_BYTES
        self.alarms: list[Alarm] = []
        self.room = Room(Path("recordings"), self.alarms.append, free=self._left)

    def _left(self, _folder: Path) -> int:
        if isinstance(self.free, OSError):
            raise self.free
        return self.free

    async def kinds_at(self, *states: int | OSError) -> list[AlarmKind]:
        """The alarms that these states raise, one look at each."""
        for self.free in states:
            await self.room.look()
        return [alarm.kind for alarm in self.alarms]


async def test_enough_room_is_no_alarm() -> None:
    assert await Disk().kinds_at(LITTLE_BYTES, LITTLE_BYTES) == []


async def test_little_room_is_one_alarm_however_long_it_lasts() -> None:
    disk = Disk()
    assert await disk.kinds_at(LITTLE_BYTES - 1, 0, 0) == [AlarmKind.ROOM]
    assert "255 MiB are left" in disk.alarms[0].detail


async def test_room_that_was_made_and_is_used_up_again_is_another_alarm() -> None:
    assert await Disk().kinds_at(0, LITTLE_BYTES, 0) == [AlarmKind.ROOM, AlarmKind.ROOM]


async def test_a_folder_that_cannot_be_looked_at_is_an_alarm() -> None:
    assert await Disk().kinds_at(OSError(2, "No such file"), OSError(2, "No such file"), 0) == [
        AlarmKind.FOLDER,
        AlarmKind.ROOM,
    ]


def test_the_file_system_tells_how_much_is_free(tmp_path: Path) -> None:
    assert free_bytes(tmp_path) > 0


def test_a_folder_that_is_still_to_be_made_has_the_room_of_the_disk_it_will_be_on(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "recordings" / "of today") > 0
