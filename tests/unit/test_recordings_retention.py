"""What is older than the centre keeps is cleared away, whole; what is younger, or not finished, stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recordings.alarms import AlarmKind
from recordings.catalogue.catalogue import CatalogueFailed
from recordings.catalogue.search import Search
from recordings.disk.shelf import MESSAGES
from recordings.keeping.retention import AT_ONCE, DAY_S, Retention
from recordings.recording import Outcome, Recording, RecordingId, RecordingState
from tests.unit.recordings_kit import STARTED, House, house, recording

KEPT_DAYS = 30
NOW = STARTED + 100 * DAY_S
OLD, YOUNG = NOW - (KEPT_DAYS + 1) * DAY_S, NOW - (KEPT_DAYS - 1) * DAY_S


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as set_up:
        yield set_up


def retention(at: House, days: int | None = KEPT_DAYS) -> Retention:
    return Retention(at.shelf, at.catalogue, lambda: days, at.alarms.append, wall=lambda: NOW)


async def kept(at: House, number: int, began_at: float, **changes: object) -> list[Path]:
    """A recording with its files; which these are."""
    made = recording(number, started_at=began_at, **changes)
    if made.outcome is Outcome.FAX:
        made = replace(made, file=at.shelf.fax(made.id, began_at))
        assert made.file is not None
        files = [at.shelf.kept(made.file), at.shelf.pdf(made.file)]
    else:
        made = replace(made, file=at.shelf.audio(made.id, began_at))
        assert made.file is not None
        files = [at.shelf.kept(made.file), at.shelf.peaks(made.file)]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"content")
    await at.catalogue.save(made)
    return files


async def listed(at: House) -> list[Recording]:
    return list((await at.catalogue.page(Search(), limit=500)).recordings)


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.MESSAGE, Outcome.FAX])
async def test_what_is_older_is_cleared_away_with_all_its_files_and_tags(at: House, outcome: Outcome) -> None:
    old, young = await kept(at, 1, OLD, outcome=outcome), await kept(at, 2, YOUNG, outcome=outcome)
    await retention(at).clear()
    assert not any(file.exists() for file in old)
    assert not old[0].parent.exists(), "nothing is left of that day"
    assert all(file.exists() for file in young)
    assert [each.id for each in await listed(at)] == [recording(2).id]
    tagged = await at.catalogue.page(Search(tags=(("outcome", outcome),)), limit=9)
    assert [each.id for each in tagged.recordings] == [recording(2).id]
    assert at.alarms == []


async def test_others_of_the_same_day_stay(at: House) -> None:
    old = await kept(at, 1, OLD)
    (beside := old[0].with_name("other.wav")).write_bytes(b"content")
    await retention(at).clear()
    assert (old[0].exists(), beside.exists()) == (False, True)


async def test_without_a_limit_all_is_kept(at: House) -> None:
    old = await kept(at, 1, 0.0)
    await retention(at, None).clear()
    assert all(file.exists() for file in old)
    assert len(await listed(at)) == 1


async def test_what_is_not_finished_is_left_alone_however_old(at: House) -> None:
    await at.catalogue.save(recording(1, started_at=OLD, state=RecordingState.RECORDING))
    (at.shelf.folder / MESSAGES).mkdir()
    (coming := at.shelf.folder / MESSAGES / "x.wav").write_bytes(b"content")
    await retention(at).clear()
    assert len(await listed(at)) == 1
    assert coming.exists()


async def test_what_could_never_be_converted_goes_with_its_raw_file_and_does_not_come_back(at: House) -> None:
    made = recording(1, started_at=OLD, state=RecordingState.INCOMPLETE)
    await at.catalogue.save(made)
    at.shelf.raw(made.id).write_bytes(b"content")
    await retention(at).clear()
    await at.keeper.sweep()
    assert (at.shelf.raw(made.id).exists(), await listed(at)) == (False, [])


async def test_more_than_are_taken_at_once_are_all_cleared_away(at: House) -> None:
    for number in range(AT_ONCE + 3):
        await at.catalogue.save(recording(number, started_at=OLD))
    await retention(at).clear()
    assert await listed(at) == []


async def test_files_that_are_gone_already_hold_nothing_up(at: House) -> None:
    for file in await kept(at, 1, OLD):
        file.unlink()
    await retention(at).clear()
    assert (await listed(at), at.alarms) == ([], [])


def refuse(error: Exception) -> Callable[..., object]:
    def refused(*_: object, **__: object) -> object:
        raise error

    return refused


async def test_a_disk_or_database_that_refuses_is_an_alarm_and_is_tried_again(
    at: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await kept(at, 1, OLD)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", refuse(PermissionError(13, "denied")))
        await retention(at).clear()
    assert len(await listed(at)) == 1, "an entry goes only after its files"
    with monkeypatch.context() as broken:
        broken.setattr(at.catalogue, "remove", refuse(CatalogueFailed("gone")))
        await retention(at).clear()
    assert [alarm.kind for alarm in at.alarms] == [AlarmKind.FOLDER, AlarmKind.CATALOGUE]
    await retention(at).clear()
    assert (await listed(at), old[0].exists()) == ([], False)
    assert await at.catalogue.find(RecordingId("x")) is None
