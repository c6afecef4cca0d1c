"""From an offer to a catalogued recording, with real files and a real database."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import soundfile

from acd.events import Event, OfferWithdrawn, Restored, Stamped, TakenOver
from acd.names import CallId, CallState, EndedBy, OfferFailure
from recordings.alarms import AlarmKind
from recordings.catalogue.search import Search
from recordings.disk.shelf import Shelf
from recordings.disk.sidecar import LEFT_OUT_KEPT, Sidecars
from recordings.keeping.finisher import PATIENCE
from recordings.policy import RECORD_ALL, RECORD_NONE
from recordings.recording import Outcome, RecordingId, RecordingState, tags_of
from tests.unit.recordings_kit import (
    CALL,
    LI,
    OTHER_CALL,
    SALES,
    STARTED,
    WANG,
    House,
    connected,
    ended,
    house,
    offered,
    two_voices,
)


def stamped(event: Event) -> Stamped:
    """An event as the feed has it."""
    return Stamped(1, "run", 1_000.0, STARTED, event)


async def recorded(at: House, seconds: float, talked_s: float) -> None:
    """Offer, record and end one conversation."""
    file = await at.tape.load(offered())
    assert file is not None
    at.asterisk_writes(file, two_voices(seconds))
    await at.hears(connected(), ended(talked_s))


async def test_a_conversation_is_recorded_catalogued_and_playable(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await recorded(at, seconds=10, talked_s=10.0)
        found = await at.only()
        assert found.id == f"{CALL}-1"
        assert (found.state, found.outcome, found.ended_by) == (
            RecordingState.COMPLETE,
            Outcome.ANSWERED,
            EndedBy.CALLER,
        )
        assert (found.started_at, found.wait_s, found.duration_s, found.talked_s) == (STARTED, 5.5, 10.0, 10.0)
        assert found.audio == f"2023-11-15/{CALL}-1.wav"
        assert (at.alarms, found.skills, found.menu_path) == ([], ("english",), ("main", "2"))


async def test_the_caller_is_left_and_the_agent_right(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await recorded(at, seconds=3, talked_s=3.0)
        audio = (await at.only()).audio
        assert audio is not None
        samples, rate = soundfile.read(at.shelf.kept(audio))
        assert (rate, samples.shape) == (8_000, (24_000, 2))
        loudest = [np.argmax(np.abs(np.fft.rfft(samples[:, side]))) * rate / len(samples) for side in (0, 1)]
        assert loudest == pytest.approx([440, 1_000], abs=1)


async def test_asterisks_file_and_the_sidecar_go_only_when_all_is_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await recorded(at, seconds=3, talked_s=3.0)
        assert sorted(path.name for path in at.shelf.folder.rglob("*") if path.is_file()) == [
            f"{CALL}-1.peaks.json",
            f"{CALL}-1.wav",
        ]


async def test_while_they_talk_the_entry_says_recording(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await at.tape.load(offered())
        await at.hears(connected())
        found = await at.only()
        assert (found.state, found.ended_by, found.length_s, found.audio) == (
            RecordingState.RECORDING,
            None,
            None,
            None,
        )


async def test_a_file_that_still_grows_is_waited_for(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        file = await at.tape.load(offered())
        assert file is not None
        second = two_voices(1)
        at.asterisk_writes(file, second)
        at.meanwhile.happens = [lambda: at.asterisk_writes(file, second)] * 3
        await at.hears(connected(), ended(4.0))
        assert (await at.only()).duration_s == 4.0


async def test_a_file_that_never_stops_growing_is_left_for_later_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        file = await at.tape.load(offered())
        assert file is not None
        at.meanwhile.happens = [lambda: at.asterisk_writes(file, two_voices(1))] * 1_000
        await at.hears(connected(), ended(4.0))
        assert at.meanwhile.paused_s <= PATIENCE.settle_limit_s
        at.meanwhile.happens = []
        await at.keeper.sweep()
        found = await at.only()
        assert found.state is RecordingState.COMPLETE
        assert found.duration_s == PATIENCE.settle_limit_s / PATIENCE.settle_s


async def test_a_recording_shorter_than_the_conversation_is_incomplete_and_alarms(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await recorded(at, seconds=3, talked_s=9.0)
        found = await at.only()
        assert (found.state, found.duration_s) == (RecordingState.INCOMPLETE, 3.0)
        assert found.audio is not None
        assert at.kinds == [AlarmKind.SHORT]


@pytest.mark.parametrize(("seconds", "talked_s"), [(3, 3 + PATIENCE.missing_s), (196.5, 200.0)])
async def test_what_the_network_lost_is_not_missed(tmp_path: Path, seconds: float, talked_s: float) -> None:
    async with house(tmp_path) as at:
        await recorded(at, seconds, talked_s)
        assert (await at.only()).state is RecordingState.COMPLETE


async def test_a_conversation_of_which_asterisk_wrote_nothing_is_incomplete_and_alarms(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await at.tape.load(offered())
        await at.hears(connected(), ended(9.0))
        found = await at.only()
        assert (found.state, found.duration_s, found.audio) == (RecordingState.INCOMPLETE, 0.0, None)
        assert at.kinds == [AlarmKind.NO_FILE]
        assert at.sidecars.all() == []


async def test_every_offer_has_a_file_of_its_own_and_the_answered_one_is_catalogued(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        refused = await at.tape.load(offered(agent=WANG))
        answered = await at.tape.load(offered(agent=LI))
        assert refused is not None
        assert answered is not None
        assert (refused, answered) == tuple(f"/var/spool/switchboard/recordings/{CALL}-{n}.raw" for n in (1, 2))
        at.asterisk_writes(refused, b"")
        at.asterisk_writes(answered, two_voices(3))
        withdrawn = OfferWithdrawn(CALL, WANG, SALES, OfferFailure.NO_ANSWER)
        await at.hears(withdrawn, connected(agent=LI), ended(3.0, agent=LI))
        assert (await at.only()).id == f"{CALL}-2"


async def test_a_call_with_two_conversations_has_two_recordings_over_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await recorded(at, seconds=3, talked_s=3.0)
    async with house(tmp_path) as again:
        assert await again.tape.load(offered()) == f"/var/spool/switchboard/recordings/{CALL}-2.raw"


async def test_a_call_that_policy_does_not_record_has_no_file_and_no_entry(tmp_path: Path) -> None:
    async with house(tmp_path, RECORD_NONE) as at:
        assert await at.tape.load(offered()) is None
        await at.hears(connected(), ended(3.0))
        assert await at.catalogue.find(RecordingId(f"{CALL}-1")) is None
        assert at.alarms == []


async def test_a_conversation_found_again_after_a_restart_goes_on_in_its_entry(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        file = await at.tape.load(offered())
        assert file is not None
        await at.hears(connected())
    async with house(tmp_path) as again:
        again.asterisk_writes(file, two_voices(30))
        restored = Restored(CALL, SALES, 0, "", (), 64.5, CallState.TALKING, WANG, 70.0)
        await again.hears(restored, ended(30.0))
        found = await again.only()
        assert (found.state, found.started_at, found.wait_s) == (RecordingState.COMPLETE, STARTED, 5.5)


async def test_who_takes_a_caller_over_goes_on_in_the_same_recording(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        file = await at.tape.load(offered())
        assert file is not None
        at.asterisk_writes(file, two_voices(20.0))
        handed_over = TakenOver(CALL, LI, SALES, WANG, 10.0)
        await at.hears(connected(), handed_over, ended(10.0, agent=LI))  # ten seconds lie between two events
        found = await at.only()
        assert (found.agent, found.talker, found.talked_s, found.state) == (WANG, LI, 20.0, RecordingState.COMPLETE)
        assert dict(tags_of(found))["taken_over_by"] == LI


async def test_a_conversation_whose_beginning_nobody_heard_is_catalogued_when_it_is_found(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await at.tape.load(offered())
        await at.hears(Restored(CALL, SALES, 0, "", (), 64.5, CallState.TALKING, WANG, 70.0))
        found = await at.only()
        assert (found.started_at, found.wait_s) == (STARTED - 30, 5.5)


async def test_an_end_without_a_beginning_makes_the_entry_whole(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        file = await at.tape.load(offered())
        assert file is not None
        at.asterisk_writes(file, two_voices(5))
        await at.hears(ended(5.0, by=EndedBy.AGENT))
        found = await at.only()
        assert (found.state, found.started_at, found.ended_by) == (
            RecordingState.COMPLETE,
            STARTED - 5,
            EndedBy.AGENT,
        )


async def test_two_conversations_of_a_call_with_one_agent_are_not_mixed_up(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        first = await at.tape.load(offered())
        assert first is not None
        at.asterisk_writes(first, two_voices(3))
        await at.hears(connected())
        await at.catalogue.save(replace(await at.only(), talked_s=3.0, ended_by=EndedBy.CALLER))  # being finished
        second = await at.tape.load(offered())
        assert second is not None
        at.asterisk_writes(second, two_voices(7))
        await at.hears(connected(), ended(7.0, by=EndedBy.AGENT))
        await at.keeper.sweep()  # the first is the sweeper's, whose turn may not have come meanwhile
        both = (await at.catalogue.page(Search(), 3)).recordings
        assert {each.id[-1]: (each.duration_s, each.ended_by) for each in both} == {
            "1": (3.0, EndedBy.CALLER),
            "2": (7.0, EndedBy.AGENT),
        }


async def test_a_damaged_sidecar_is_an_alarm_and_the_next_conversation_is_catalogued(tmp_path: Path) -> None:
    async with house(tmp_path) as at:
        await at.tape.load(offered())
        at.shelf.sidecar(RecordingId(f"{CALL}-1")).write_text("{}", encoding="ascii")
        file = await at.tape.load(offered(call=OTHER_CALL))
        assert file is not None
        at.asterisk_writes(file, two_voices(3))
        await at.hears(connected(), ended(3.0), connected(call=OTHER_CALL), ended(3.0, call=OTHER_CALL))
        assert (await at.only()).call == OTHER_CALL
        assert set(at.kinds) == {AlarmKind.SIDECAR}


async def test_a_mistake_of_ours_is_an_alarm_and_the_next_conversation_is_catalogued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(_raw: Path, _wav: Path) -> None:
        raise ZeroDivisionError

    async with house(tmp_path) as at:
        monkeypatch.setattr("recordings.disk.audio.convert", mistaken)
        await recorded(at, seconds=3, talked_s=3.0)
        assert at.kinds == [AlarmKind.CONVERSION]
        monkeypatch.undo()
        await at.keeper.sweep()
        assert (await at.only()).state is RecordingState.COMPLETE


async def test_a_call_that_is_not_recorded_costs_neither_disk_nor_database(tmp_path: Path) -> None:
    async with house(tmp_path, RECORD_NONE) as at:
        assert await at.tape.load(offered()) is None
        await at.catalogue.close()
        at.shelf.folder.rmdir()
        assert await at.keeper._hear(stamped(connected())) is None
        assert await at.keeper._hear(stamped(ended(5.0))) is None
        assert at.alarms == []
        assert not at.sidecars.left_out(CALL, WANG)


async def test_a_call_that_is_recorded_under_a_new_policy_is_looked_for_again(tmp_path: Path) -> None:
    async with house(tmp_path, RECORD_NONE) as at:
        assert await at.tape.load(offered()) is None
        at.tape.now_under(RECORD_ALL)
        await recorded(at, seconds=3, talked_s=3.0)
        assert (await at.only()).state is RecordingState.COMPLETE


def test_only_so_many_unrecorded_calls_are_remembered(tmp_path: Path) -> None:
    sidecars = Sidecars(Shelf(tmp_path, ZoneInfo("Asia/Shanghai")))
    for number in range(LEFT_OUT_KEPT + 1):
        sidecars.leave_out(CallId(str(number)), [WANG])
    assert not sidecars.left_out(CallId("0"), WANG)
    assert sidecars.left_out(CallId("1"), WANG)
