"""The live stream as a reader has it: deltas in turn, a gap noticed, time going on between messages."""

from __future__ import annotations

from typing import Any

import pytest

from service.demo.live_view import EVENTS_KEPT, LiveView, Row, StreamBroken

UP = {"up": True, "since": 1.0}
LINKS = {"ami": {"node1": UP}, "redis": UP, "mqtt": UP}


class Clock:
    """Seconds that go on only when told."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        """Read it."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def view(clock: Clock) -> LiveView:
    view = LiveView(clock)
    view.take(snapshot(seq=4))
    return view


def snapshot(seq: int, **more: object) -> Row:
    rows = {"queues": [{"id": "sales", "waiting": 0}], "agents": [{"id": "1001"}], "calls": [{"id": "c1"}]}
    return {"type": "snapshot", "run": "r1", "seq": seq, "at": 1000.0, "links": LINKS, **rows, **more}


def delta(seq: int, **more: object) -> Row:
    empty: dict[str, Any] = {"queues": [], "agents": [], "calls": [], "gone": {}, "events": [], "links": None}
    return {"type": "delta", "seq": seq, "at": 1001.0, **empty, **more}


def test_it_is_in_trouble_until_the_first_snapshot(clock: Clock) -> None:
    view = LiveView(clock)
    assert view.trouble
    view.take(snapshot(1))
    assert (view.trouble, list(view.queues), list(view.agents), list(view.calls)) == ("", ["sales"], ["1001"], ["c1"])


def test_a_delta_changes_what_it_names_and_nothing_else(view: LiveView) -> None:
    view.take(delta(5, queues=[{"id": "sales", "waiting": 3}], calls=[{"id": "c2"}], gone={"calls": ["c1", "c0"]}))
    assert view.queues == {"sales": {"id": "sales", "waiting": 3}}
    assert (list(view.calls), list(view.agents), view.links) == (["c2"], ["1001"], LINKS)
    down = {**LINKS, "redis": {"up": False, "since": 2.0}}
    view.take(delta(6, links=down))
    assert view.links == down


@pytest.mark.parametrize(
    "message",
    [delta(6), delta(4), {"type": "beat", "seq": 5, "at": 1002.0}, {"type": "beat", "seq": 3, "at": 1002.0}],
    ids=["one is missing", "one comes twice", "a beat tells of a later one", "a beat of another run"],
)
def test_a_gap_is_noticed(view: LiveView, message: Row) -> None:
    with pytest.raises(StreamBroken):
        view.take(message)


def test_a_delta_before_any_snapshot_is_a_gap(clock: Clock) -> None:
    with pytest.raises(StreamBroken):
        LiveView(clock).take(delta(1))


def test_a_new_snapshot_begins_anew_whatever_was_before(view: LiveView) -> None:
    view.trouble = "the live stream stopped"
    view.take(snapshot(1, calls=[]))
    assert (view.calls, view.trouble) == ({}, "")
    view.take(delta(2))


def test_the_service_s_clock_goes_on_between_messages(view: LiveView, clock: Clock) -> None:
    clock.now += 2.5
    assert view.now == 1002.5
    view.take({"type": "beat", "seq": 4, "at": 1002.0})
    assert view.now == 1002.0


def test_new_events_are_told_once_also_where_they_share_a_moment(view: LiveView) -> None:
    view.take(delta(5, events=[{"kind": "Queued", "at": 7.0}, {"kind": "Offered", "at": 7.0}]))
    assert [event["kind"] for event in view.new_events(0)] == ["Queued", "Offered"]
    view.take(delta(6, events=[{"kind": "Connected", "at": 7.0}]))
    assert [event["kind"] for event in view.new_events(2)] == ["Connected"]
    assert view.new_events(3) == []


def test_events_beyond_what_is_kept_are_counted(view: LiveView) -> None:
    view.take(delta(5, events=[{"kind": "Queued", "at": float(at)} for at in range(EVENTS_KEPT + 10)]))
    assert view.happened == EVENTS_KEPT + 10
    assert view.new_events(0)[0]["at"] == 10.0
