"""The live stream: numbered, coalesced, and never waiting for a slow reader."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest

from acd.names import CallId
from common.tasks import spawn
from cti_bridge.board.board import Board
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.live import BEHIND_LIMIT, LiveBoard, WatcherDropped
from cti_bridge.board.viewer import Viewer
from cti_bridge.board.views import Delta
from cti_bridge.links import Links
from cti_bridge.publishing.publisher import Publisher
from tests.unit.cti_kit import CALL, MIDDAY, WANG, House, soon, stamp


class Stream:
    """A live board beside a house."""

    def __init__(self) -> None:
        self.house = House()
        desk = self.house.desk
        links = Links(lambda: self.house.clocks.wall)
        figures = DayFigures(ZoneInfo("Asia/Shanghai"), desk.floor.plans.get, MIDDAY)
        board = Board(
            desk, figures, Viewer(desk, figures, links, lambda queue: {"en": queue}, lambda call: {"en": call})
        )
        self.live = LiveBoard(board, "run1")
        self._shown = 0
        self.catch_up()
        self.live.flush()

    def catch_up(self) -> None:
        """Hand the board what has happened."""
        for stamped in self.house.said[self._shown :]:
            self.live.take(stamped)
        self._shown = len(self.house.said)


@pytest.fixture
def stream() -> Stream:
    """An empty floor, already shown."""
    return Stream()


@asynccontextmanager
async def running(live: LiveBoard, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The stream going, at a tenth of its usual pace of time."""
    monkeypatch.setattr("cti_bridge.board.live.APART_S", 0.01)
    monkeypatch.setattr("cti_bridge.board.live.BEAT_S", 0.05)
    task = spawn(live.run(), "live board under test")
    try:
        async with asyncio.timeout(3):
            yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_first_the_snapshot_then_deltas_numbered_without_a_gap(stream: Stream) -> None:
    watcher = stream.live.watch()
    snapshot = json.loads((await soon(watcher.next())).text)
    assert (snapshot["type"], snapshot["run"]) == ("snapshot", "run1")
    assert {agent["id"] for agent in snapshot["agents"]} == {"1001", "1002"}
    for number in range(3):
        stream.house.joins(CallId(f"node1-{number}"))
        stream.catch_up()
        stream.live.flush()
    deltas = [json.loads((await soon(watcher.next())).text) for _ in range(3)]
    assert [delta["seq"] for delta in deltas] == [snapshot["seq"] + 1, snapshot["seq"] + 2, snapshot["seq"] + 3]
    assert deltas[0]["calls"][0]["state"] == "waiting"
    assert deltas[0]["queues"][0]["waiting"] == 1


async def test_a_snapshot_and_the_deltas_after_it_make_the_next_snapshot(stream: Stream) -> None:
    watcher = stream.live.watch()
    await soon(watcher.next())
    stream.house.ready(WANG)
    stream.house.joins(CALL)
    stream.catch_up()
    stream.live.flush()
    delta = (await soon(watcher.next())).record
    assert isinstance(delta, Delta)
    snapshot = stream.live.snapshot()
    assert delta.calls == snapshot.calls
    assert delta.queues == snapshot.queues
    assert [agent for agent in snapshot.agents if agent.id == WANG] == delta.agents
    assert delta.seq == snapshot.seq


async def test_many_events_between_two_flushes_are_one_delta(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = stream.live.watch()
    await soon(watcher.next())
    for number in range(100):
        stream.house.joins(CallId(f"node1-{number}"))
    stream.catch_up()
    async with running(stream.live, monkeypatch):
        delta = (await soon(watcher.next())).record
    assert isinstance(delta, Delta)
    assert len(delta.calls) == 100


async def test_a_beat_tells_a_quiet_floor_from_a_dead_stream(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = stream.live.watch()
    seq = json.loads((await soon(watcher.next())).text)["seq"]
    async with running(stream.live, monkeypatch):
        beats = [json.loads((await soon(watcher.next())).text) for _ in range(2)]
    assert [(beat["type"], beat["seq"]) for beat in beats] == [("beat", seq), ("beat", seq)]


async def test_a_slow_watcher_is_dropped_and_the_others_are_not(stream: Stream) -> None:
    slow, quick = stream.live.watch(), stream.live.watch()
    for number in range(BEHIND_LIMIT + 1):
        stream.house.joins(CallId(f"node1-{number}"))
        stream.catch_up()
        stream.live.flush()
        await soon(quick.next())
    with pytest.raises(WatcherDropped):
        await soon(slow.next())
    assert (stream.live.dropped, len(slow._messages)) == (1, 0)
    assert (await soon(quick.next())).record.seq == stream.live.seq


class Broken:
    """A sink with a mistake in it."""

    name = "broken"

    def take(self, _stamped: object) -> None:
        """Fail."""
        raise ValueError("a mistake")

    def resume(self) -> None:
        """Do nothing."""


class Keeping:
    """A sink that keeps what it is given."""

    name = "keeping"

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.resumed = asyncio.Event()
        self.taken = asyncio.Event()

    def take(self, stamped: object) -> None:
        """Keep it."""
        self.seqs.append(getattr(stamped, "seq", 0))
        self.taken.set()

    def resume(self) -> None:
        """Note it."""
        self.resumed.set()


async def test_one_sinks_mistake_costs_the_others_nothing() -> None:
    house, keeping = House(), Keeping()
    publisher = Publisher(house.desk.feed, [Broken(), keeping])
    task = spawn(publisher.run(), "publisher under test")
    house.ready(WANG)
    async with asyncio.timeout(3):
        await keeping.taken.wait()
    task.cancel()
    await asyncio.wait([task])
    assert keeping.seqs == [stamped.seq for stamped in house.said if stamped.seq > 1]
    assert publisher.faults == len(keeping.seqs)


async def test_a_publisher_dropped_by_the_feed_looks_at_the_floor_again_and_goes_on() -> None:
    house, keeping = House(), Keeping()
    publisher = Publisher(house.desk.feed, [keeping])
    task = spawn(publisher.run(), "publisher under test")
    house.desk.feed.close()
    async with asyncio.timeout(3):
        await keeping.resumed.wait()
        house.desk.feed.publish(stamp(house.said[0].event, seq=77))
        await keeping.taken.wait()
    task.cancel()
    await asyncio.wait([task])
    assert keeping.seqs == [77]
