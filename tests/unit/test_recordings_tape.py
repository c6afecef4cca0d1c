"""What an offer gets to record into, and what happens where the house cannot keep its own notes."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from acd.errors import BadNeed
from acd.names import CallId
from recordings.alarms import AlarmKind
from recordings.catalogue.catalogue import CatalogueFailed
from recordings.policy import RECORD_ALL, RECORD_NONE, Policy, Rule
from recordings.recording import RecordingState
from recordings.tape import Tape
from tests.unit.recordings_kit import CALL, SALES, WANG, connected, ended, house, offered, two_voices


async def test_the_sidecar_is_there_before_the_file_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        assert await at.tape.load(offered()) == f"/var/spool/switchboard/recordings/{CALL}-1.raw"
        sidecar = at.sidecars.latest(CALL, WANG)
        assert sidecar is not None
        assert (sidecar.queue, sidecar.need, sidecar.menu_path) == (SALES, "skill.english >= 5", ("main", "2"))
        assert sidecar.attributes == (("topic", "prices"), ("vip", True))


@pytest.mark.parametrize("call", ["../../etc/passwd", "node1-1/2", "", ".hidden", "a b", "node1\n"])
async def test_an_id_that_would_leave_the_folder_is_refused_with_an_alarm(tmp_path: Path, call: str) -> None:
    async with house(tmp_path) as at:
        assert await at.tape.load(offered(call=CallId(call))) is None
        assert at.kinds == [AlarmKind.FILE_NAME]
        assert list(at.shelf.folder.iterdir()) == []


async def test_a_folder_that_refuses_the_sidecar_is_an_alarm_and_the_conversation_is_recorded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with house(tmp_path) as at:
        monkeypatch.setattr("recordings.disk.sidecar.write_new", full)
        file = await at.tape.load(offered())
        assert file is not None
        assert at.kinds == [AlarmKind.FOLDER]
        at.asterisk_writes(file, two_voices(3))
        await at.hears(connected(), ended(3.0))
        assert (await at.only()).state is RecordingState.COMPLETE


async def test_where_neither_can_write_the_entry_is_incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with house(tmp_path) as at:
        monkeypatch.setattr("recordings.disk.sidecar.write_new", full)
        assert await at.tape.load(offered()) is not None
        await at.hears(connected(), ended(30.0))
        assert (await at.only()).state is RecordingState.INCOMPLETE
        assert at.kinds == [AlarmKind.FOLDER, AlarmKind.NO_FILE]
        assert at.sidecars.all() == []


async def test_without_the_database_a_number_is_used_that_nobody_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_catalogue: object, _call: CallId) -> int:
        raise CatalogueFailed("away")

    monkeypatch.setattr("recordings.catalogue.catalogue.Catalogue.highest_number", away)
    monkeypatch.setattr("recordings.tape.unix_seconds", lambda: 1_700_000_123.9)
    async with house(tmp_path) as at:
        assert await at.tape.load(offered()) == f"/var/spool/switchboard/recordings/{CALL}-1700000123.raw"
        assert at.kinds == [AlarmKind.CATALOGUE]


async def test_a_database_or_disk_that_hangs_holds_no_caller_up(tmp_path: Path) -> None:
    async def hanging(_call: CallId) -> int:
        await asyncio.Event().wait()
        return 0

    stuck = threading.Event()
    async with house(tmp_path) as at:
        at.sidecars.write = lambda _sidecar: stuck.wait(5)  # type: ignore[assignment, method-assign]  # a disk's stand-in
        tape = Tape(at.shelf, at.sidecars, RECORD_ALL, hanging, at.alarms.append, patience_s=0.01)
        file = await tape.load(offered())
        stuck.set()
        assert file is not None
        assert at.kinds == [AlarmKind.CATALOGUE, AlarmKind.FOLDER]
        at.asterisk_writes(file, two_voices(3))
        await at.hears(connected(), ended(3.0))
        assert (await at.only()).state is RecordingState.COMPLETE


async def test_alarms_hold_nothing_personal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path, _content: bytes) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    async with house(tmp_path) as at:
        monkeypatch.setattr("recordings.disk.sidecar.write_new", refused)
        await at.tape.load(replace(offered(), attributes=(("number", "13912345678"),)))
        assert "13912345678" not in str(at.alarms)
        assert "王小明" not in str(at.alarms)


async def test_a_new_policy_holds_for_the_next_offer(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        at.tape.now_under(RECORD_NONE)
        assert await at.tape.load(offered()) is None


YES, NO = True, False


@pytest.mark.parametrize(
    ("rules", "records"),
    [
        ([], NO),
        ([("true", YES)], YES),
        ([("true", NO), ("true", YES)], NO),
        ([('queue == "sales"', NO), ("true", YES)], NO),
        ([('queue == "service"', NO), ("true", YES)], YES),
        ([('call.topic == "prices" && call.vip', YES)], YES),
        ([('call.consent == "no"', NO), ("true", YES)], YES),  # never asked: the rule does not hold
        ([('call.consent == "yes"', YES)], NO),
    ],
)
def test_the_first_rule_that_holds_decides(rules: list[tuple[str, bool]], records: bool) -> None:
    policy = Policy([Rule(when, record) for when, record in rules])
    assert policy.records(SALES, offered().attributes) is records


def test_a_rule_with_a_mistake_is_refused_when_it_is_read() -> None:
    with pytest.raises(BadNeed, match=r"call\.topic =="):
        Policy([Rule("call.topic ==", record=True)])
