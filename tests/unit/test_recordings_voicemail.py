"""What callers say to nobody becomes a recording like any other; what they did not say does not."""

from __future__ import annotations

import asyncio
import os
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from acd.facts import MessageLeft
from acd.names import AgentId, EndedBy, MessageKind, QueueId
from common.clock import unix_seconds
from ivr.house import MessageOrder
from recordings.catalogue.search import Search
from recordings.disk.audio import SAMPLES_PER_SECOND
from recordings.disk.shelf import MESSAGES
from recordings.recording import Outcome, Recording, RecordingId, RecordingState, tags_of
from recordings.voicemail import CLOSED_S, Voicemail, speech_s
from service.offices.messages import MessageOffice, told_on
from tests.unit.recordings_kit import CALL, SALES, WANG, House, house, tone

ORDER = MessageOrder(
    CALL, MessageKind.VOICEMAIL, "main", (("language", "english"), ("vip", True)), QueueId("sales"), AgentId("1001")
)
NOBODYS = MessageOrder(CALL, MessageKind.VOICEMAIL, "main", ())


class Site:
    """The room, and the office through which callers reach it."""

    def __init__(self, room: House) -> None:
        self.room = room
        self.kept: list[Recording] = []
        (room.shelf.folder / MESSAGES).mkdir()
        self.voicemail = self.another()
        self.office = MessageOffice(room.tape, self.voicemail, lambda: {WANG: "王小明"})

    def another(self) -> Voicemail:
        """The room's voicemail after a restart."""
        return Voicemail(
            shelf=self.room.shelf,
            sidecars=self.room.sidecars,
            catalogue=self.room.catalogue,
            finish=self.room.keeper.finish,
            kept=self.kept.append,
            alarms=self.room.alarms.append,
            pause=self.room.meanwhile.pause,
        )

    async def said(self, samples: np.ndarray, order: MessageOrder = ORDER) -> str:
        """Somebody says this, and Asterisk writes it."""
        recording = await self.office.begin(order)
        with wave.open(str(self.file(recording)), "wb") as out:
            out.setparams((1, 2, SAMPLES_PER_SECOND, 0, "NONE", ""))
            out.writeframes(samples.tobytes())
        return recording

    def file(self, recording: str) -> Path:
        """Asterisk's file, as this side sees it."""
        return self.room.shelf.folder / MESSAGES / Path(self.office.file(recording)).name

    async def until_filed(self, recording: str) -> Recording:
        """Wait until its sound is converted."""
        async with asyncio.timeout(10):
            while True:
                found = await self.room.catalogue.find(RecordingId(recording))
                if found is not None and found.state is not RecordingState.RECORDING:
                    return found
                await asyncio.sleep(0)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with house(tmp_path) as room:
        yield Site(room)


async def test_a_message_is_a_recording_with_tags_found_and_played_like_any_other(site: Site) -> None:
    recording = await site.said(tone(440, 2.0))
    assert await site.office.keep(recording, 1.0)
    filed = await site.until_filed(recording)
    assert (filed.state, filed.outcome, filed.ended_by) == (RecordingState.COMPLETE, Outcome.MESSAGE, EndedBy.CALLER)
    assert (filed.queue, filed.agent, filed.agent_name, filed.duration_s) == (SALES, WANG, "王小明", 2.0)
    assert {("kind", "voicemail"), ("flow", "main"), ("language", "english"), ("vip", "true")} <= set(tags_of(filed))
    found = await site.room.catalogue.page(Search(tags=(("kind", "voicemail"),)), limit=2)
    assert [each.id for each in found.recordings] == [recording]
    assert filed.audio is not None
    with wave.open(str(site.room.shelf.kept(filed.audio))) as played:
        left = np.frombuffer(played.readframes(played.getnframes()), dtype="<i2").reshape(-1, 2)
    assert np.array_equal(left[:, 0], tone(440, 2.0))
    assert not left[:, 1].any()
    assert not site.file(recording).exists()
    assert site.kept[0].id == recording


@pytest.mark.parametrize("said", [np.zeros(5 * SAMPLES_PER_SECOND, dtype="<i2"), tone(440, 0.4), tone(440, 5.0, 0.001)])
async def test_silence_and_a_word_too_short_are_not_kept(site: Site, said: np.ndarray) -> None:
    recording = await site.said(said)
    assert not await site.office.says_something(recording, 1.0)
    assert not await site.office.keep(recording, 1.0)
    assert await site.room.catalogue.find(RecordingId(recording)) is None
    assert list(site.room.shelf.folder.rglob("*.*")) == []
    assert (site.kept, site.room.alarms) == ([], [])


async def test_a_caller_who_says_it_again_has_another_number(site: Site) -> None:
    first = await site.said(tone(440, 1.0))
    second = await site.said(tone(440, 1.0))
    assert (first, second) == (f"{CALL}-1", f"{CALL}-2")
    await site.office.drop(first)
    assert await site.office.keep(second, 0.5)
    assert [each.id for each in site.kept] == [second]


async def test_a_message_for_nobody_in_particular_has_no_queue_and_no_agent(site: Site) -> None:
    recording = await site.said(tone(440, 1.0), NOBODYS)
    await site.office.keep(recording, 0.5)
    assert {name for name, _ in tags_of(site.kept[0])}.isdisjoint({"queue", "agent"})


async def test_what_was_said_while_the_service_was_away_is_kept_once_nobody_writes_it_any_more(site: Site) -> None:
    recording, silence = await site.said(tone(440, 1.0)), await site.said(tone(440, 0.1))
    restarted = site.another()
    await restarted.sweep()
    assert site.kept == [], "Asterisk may still write"
    long_ago = unix_seconds() - CLOSED_S - 1
    for each in (recording, silence):
        os.utime(site.file(each), (long_ago, long_ago))
    await restarted.sweep()
    assert [each.id for each in site.kept] == [recording]
    assert not site.file(silence).exists()
    await site.until_filed(recording)


async def test_a_message_whose_caller_is_on_the_line_is_not_swept_up(site: Site) -> None:
    recording = await site.said(tone(440, 1.0))
    long_ago = unix_seconds() - CLOSED_S - 1
    os.utime(site.file(recording), (long_ago, long_ago))
    await site.voicemail.sweep()
    assert site.kept == []


async def test_a_file_that_asterisk_has_not_closed_is_read_as_far_as_it_is_written(site: Site) -> None:
    recording = await site.said(tone(440, 1.0))
    written = bytearray(site.file(recording).read_bytes())
    written[40:44] = bytes(4)  # the header is not brought up to date before the end
    site.file(recording).write_bytes(written)
    assert await site.office.says_something(recording, 0.9)


def test_speech_is_what_is_louder_than_the_noise_of_a_line() -> None:
    noise = np.random.default_rng(1).integers(-60, 60, SAMPLES_PER_SECOND, dtype=np.int16)
    assert speech_s(noise) == 0.0
    assert speech_s(np.concatenate([noise, tone(300, 0.5, 0.05), noise])) == pytest.approx(0.5, abs=0.05)


async def test_each_message_is_told_on_the_feed(site: Site) -> None:
    told: list[object] = []

    class Desk:
        note = staticmethod(told.append)

    recording = await site.said(tone(440, 1.5))
    await site.office.keep(recording, 0.5)
    told_on(Desk())(site.kept[0])  # type: ignore[arg-type]  # what is used of it
    assert told == [MessageLeft(CALL, recording, MessageKind.VOICEMAIL, "main", SALES, WANG, 1.5)]
