"""Recordings whose end nobody heard, and what a broken disk or database held up."""

from __future__ import annotations

import errno
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from acd.names import EndedBy
from common.clock import unix_seconds
from recordings.alarms import AlarmKind
from recordings.catalogue.catalogue import CatalogueFailed
from recordings.catalogue.search import Search
from recordings.keeping.finisher import PATIENCE
from recordings.recording import Outcome, RecordingId, RecordingState
from tests.unit.recordings_kit import CALL, LI, STARTED, House, connected, ended, house, offered, two_voices

FIRST = RecordingId(f"{CALL}-1")


class Killed(BaseException):
    """The service was killed here."""


async def tape_of(at: House, seconds: float) -> str:
    """Offer the call, and let Asterisk write so long; answers the file."""
    file = await at.tape.load(offered())
    assert file is not None
    at.asterisk_writes(file, two_voices(seconds))
    return file


async def nothing_catalogued(at: House) -> bool:
    return not (await at.catalogue.page(Search(), 1)).recordings


async def test_a_conversation_that_outlived_the_service_is_catalogued(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        await at.hears(connected())
    async with house(tmp_path) as again:
        await again.keeper.sweep()
        await again.keeper.sweep()
        found = await again.only()
        assert (found.state, found.outcome, found.ended_by) == (
            RecordingState.COMPLETE,
            Outcome.UNKNOWN,
            EndedBy.UNKNOWN,
        )
        assert (found.started_at, found.duration_s, found.talked_s) == (STARTED, 5.0, None)
        assert again.sidecars.all() == []


async def test_a_conversation_of_which_nothing_was_heard_is_dated_by_its_file(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        sidecar = at.sidecars.read(FIRST)
        assert sidecar is not None
        closed_at = sidecar.offered_at + 12
        os.utime(at.shelf.raw(FIRST), (closed_at, closed_at))
    async with house(tmp_path) as again:
        await again.keeper.sweep()
        assert await nothing_catalogued(again)
        await again.keeper.sweep()
        found = await again.only()
        assert found.started_at == pytest.approx(closed_at - 5)
        assert found.wait_s == pytest.approx(4.0 + 7)
        assert found.agent_name == "王小明"


async def test_a_file_that_grows_between_sweeps_is_no_orphan(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        file = await tape_of(at, 1)
        for _ in range(3):
            await at.keeper.sweep()
            at.asterisk_writes(file, two_voices(1))
        assert await nothing_catalogued(at)


async def test_a_talking_call_is_no_orphan_however_silent_it_is(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 1)
        at.talking.add(CALL)
        for _ in range(3):
            await at.keeper.sweep()
        assert await nothing_catalogued(at)


async def test_a_conversation_whose_end_was_noted_is_finished_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        monkeypatch.setattr("recordings.disk.audio.convert", _raising(full))
        await at.hears(connected(), ended(5.0, by=EndedBy.AGENT))
        assert (await at.only()).state is RecordingState.INCOMPLETE
    monkeypatch.undo()
    async with house(tmp_path) as again:
        await again.keeper.sweep()
        found = await again.only()
        assert (found.state, found.ended_by) == (RecordingState.COMPLETE, EndedBy.AGENT)


async def test_a_full_disk_is_one_alarm_and_asterisks_file_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        monkeypatch.setattr("recordings.disk.audio.convert", _raising(full))
        await at.hears(connected(), ended(5.0))
        for _ in range(3):
            await at.keeper.sweep()
        assert at.kinds == [AlarmKind.CONVERSION]
        assert "No space left" in at.alarms[0].detail
        assert at.shelf.raw(FIRST).stat().st_size == len(two_voices(5))


async def test_the_tape_of_an_unanswered_offer_is_cleared_away_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 0)
        for _ in range(3):
            await at.keeper.sweep()
        assert at.sidecars.all() == [FIRST]
        sidecar = at.sidecars.read(FIRST)
        assert sidecar is not None
        later = sidecar.offered_at + PATIENCE.unused_s + 1
        monkeypatch.setattr("recordings.keeping.sweeper.unix_seconds", lambda: later)
        await at.keeper.sweep()
        assert list(at.shelf.folder.iterdir()) == []
        assert (await nothing_catalogued(at), at.alarms) == (True, [])


async def test_a_message_that_is_still_being_left_keeps_what_is_known_of_it_however_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 0)
        at.shelf.raw(FIRST).unlink(missing_ok=True)
        at.shelf.message(FIRST).parent.mkdir()
        at.shelf.message(FIRST).write_bytes(b"RIFF")
        later = unix_seconds() + 3 * PATIENCE.unused_s
        monkeypatch.setattr("recordings.keeping.sweeper.unix_seconds", lambda: later)
        for _ in range(3):
            await at.keeper.sweep()
        assert at.sidecars.all() == [FIRST]
        at.shelf.message(FIRST).unlink()
        for _ in range(2):
            await at.keeper.sweep()
        assert at.sidecars.all() == [], "nobody says anything there any more"


async def test_an_entry_whose_files_somebody_removed_is_closed_as_incomplete(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        await at.hears(connected())
        at.shelf.raw(FIRST).unlink()
        at.shelf.sidecar(FIRST).unlink()
        await at.keeper.sweep()
        await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.INCOMPLETE
        assert at.kinds == [AlarmKind.NO_FILE]


async def test_a_crash_between_cataloguing_and_clearing_away_leaves_no_second_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        monkeypatch.setattr("recordings.disk.sidecar.Sidecars.remove", _raising(Killed()))
        with pytest.raises(BaseExceptionGroup, match="unhandled errors"):
            await at.hears(connected(), ended(5.0))
    monkeypatch.undo()
    async with house(tmp_path) as again:
        assert again.sidecars.all() == [FIRST]
        await again.keeper.sweep()
        assert again.sidecars.all() == []
        assert (await again.only()).state is RecordingState.COMPLETE


async def test_a_crash_in_the_middle_of_a_file_leaves_nothing_behind(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        leftover = at.shelf.folder / "node1-1.1-1.wav.0123.part"
        leftover.write_bytes(b"half")
        await at.hears()
        assert not leftover.exists()


async def test_a_database_that_is_away_costs_no_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house(tmp_path) as at:
        away = CatalogueFailed("away")
        monkeypatch.setattr("recordings.catalogue.catalogue.Catalogue.talking", _raising_later(away))
        monkeypatch.setattr("recordings.catalogue.catalogue.Catalogue.under_way", _raising_later(away))
        await tape_of(at, 5)
        await at.hears(connected(), ended(5.0))
        assert AlarmKind.CATALOGUE in at.kinds
        monkeypatch.undo()
        await at.keeper.sweep()
        await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.COMPLETE


async def test_a_folder_that_is_gone_is_an_alarm_and_closes_no_entry(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        await at.hears(connected())
        away = at.shelf.folder.rename(tmp_path / "unmounted")
        for _ in range(3):
            await at.keeper.sweep()
        assert at.kinds == [AlarmKind.FOLDER]
        assert (await at.only()).state is RecordingState.RECORDING
        away.rename(at.shelf.folder)
        await at.keeper.sweep()
        await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.COMPLETE


async def test_leftover_tapes_of_a_call_wait_until_it_has_stopped_talking(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 0)
        file = await at.tape.load(offered(agent=LI))
        assert file is not None
        at.asterisk_writes(file, two_voices(2))
        at.talking.add(CALL)
        await at.hears(connected(agent=LI))
        await at.keeper.sweep()
        assert len(at.sidecars.all()) == 2
        at.talking.clear()
        await at.hears(ended(2.0, agent=LI))
        assert (await at.only()).agent == LI


async def test_what_was_finished_since_the_sweeper_looked_is_not_finished_again(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        await at.hears(connected(), ended(5.0))
        stale = replace(await at.only(), state=RecordingState.RECORDING, file=None, duration_s=None)
        await at.keeper._finisher.finish(stale)
        assert (await at.only()).state is RecordingState.COMPLETE
        assert at.alarms == []


async def test_a_file_that_cannot_be_removed_is_an_alarm_and_its_recording_stays_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        monkeypatch.setattr(
            "recordings.disk.sidecar.Sidecars.remove", _raising(PermissionError(errno.EACCES, "Permission denied"))
        )
        await at.hears(connected(), ended(5.0))
        await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.COMPLETE
        assert at.kinds == [AlarmKind.FOLDER]
        monkeypatch.undo()
        await at.keeper.sweep()
        assert at.sidecars.all() == []


async def test_a_file_of_which_nothing_is_noted_is_reported_once_and_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        at.asterisk_writes("node1-1.1-1.raw", two_voices(1))
        for _ in range(4):
            await at.keeper.sweep()
        assert at.kinds == [AlarmKind.SIDECAR]
        assert at.shelf.raw(RecordingId("node1-1.1-1")).exists()


async def test_what_others_leave_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        others = [at.shelf.folder / name for name in ("some note.json", "notes.txt", ".json", "x y.raw")]
        for other in others:
            other.write_text("{}", encoding="ascii")
        await tape_of(at, 5)
        for _ in range(3):
            await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.COMPLETE
        assert all(other.exists() for other in others)


async def test_a_mistake_in_one_sweep_does_not_end_the_sweeping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as at:
        await tape_of(at, 5)
        monkeypatch.setattr("recordings.keeping.sweeper.size", _raising(ZeroDivisionError()))
        await at.keeper.sweep()
        monkeypatch.undo()
        await at.keeper.sweep()
        await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.COMPLETE


def _raising(error: BaseException) -> Callable[..., None]:
    def raising(*_arguments: object, **_named: object) -> None:
        raise error

    return raising


def _raising_later(error: BaseException) -> Callable[..., Awaitable[None]]:
    async def raising(*_arguments: object, **_named: object) -> None:
        raise error

    return raising
