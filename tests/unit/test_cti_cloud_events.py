"""CloudEvents: every event goes out and comes back; outside, times are Unix seconds and pairs are objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from acd.decision import Candidate, Decision
from acd.events import AgentStateChanged, Event, Offered, PlansLoaded, Queued, TurnedAway
from acd.names import AgentState, PhoneId, TurnedAwayFor, Verdict
from acd.requests import CallerJoined
from cti_bridge.publishing.cloud_events import Envelopes, NotAnEvent, batch, event_envelope, read_event
from tests.unit.cti_kit import CALL, LI, MIDDAY, SALES, WANG, House, stamp


def walk(data: object) -> Iterator[tuple[str, float | None]]:
    """Every number of a JSON document, and every null, with the name of its field."""
    if isinstance(data, list):
        for each in data:
            yield from walk(each)
    elif isinstance(data, dict):
        for name, value in data.items():
            if value is None or isinstance(value, int | float):
                yield name, value
            yield from walk(value)


QUEUED = Queued(CALL, SALES, 2, "skill.english >= 3", (("language", "en"), ("vip", True)), 4990.0)


def test_a_caller_who_queued_as_outsiders_see_it() -> None:
    envelope = json.loads(event_envelope(stamp(QUEUED, seq=7), "main"))
    data = envelope.pop("data")
    assert envelope == {
        "specversion": "1.0",
        "id": "run1-7",
        "source": "/switchboard/main",
        "type": "switchboard.v1.Queued",
        "time": "2023-11-15T04:00:00+00:00",
        "subject": CALL,
        "datacontenttype": "application/json",
    }
    assert (data["call"], data["queue"], data["priority"]) == (CALL, "sales", 2)
    assert data["attributes"] == {"language": "en", "vip": True}
    assert data["joined_at"] == MIDDAY - 10.0


def test_an_event_read_back_is_the_event_on_the_wall_clock() -> None:
    read = read_event(event_envelope(stamp(QUEUED, seq=7), "main"))
    assert (read.seq, read.run, read.at, read.wall) == (7, "run1", MIDDAY, MIDDAY)
    assert read.event == replace(QUEUED, joined_at=MIDDAY - 10.0)


def test_a_decisions_times_are_mapped_however_deep_they_stand() -> None:
    decision = Decision(0, "all", "", (Candidate(WANG, Verdict.WRAP_UP, 5007.0),), next_change_at=5007.0)
    offered = Offered(CALL, WANG, PhoneId("PJSIP/phone1"), SALES, 20.0, decision)
    data = json.loads(event_envelope(stamp(offered), "main"))["data"]
    assert data["decision"]["candidates"][0]["changes_at"] == MIDDAY + 7
    assert data["decision"]["next_change_at"] == MIDDAY + 7
    assert data["decision"]["held_until"] is None
    assert data["ring_s"] == 20.0


def test_no_time_of_an_event_stays_in_the_engines_own() -> None:
    house = House()
    house.tell(CallerJoined(CALL, SALES, prefer=LI, prefer_s=30.0))
    for number, stamped in enumerate(house.said):
        for name, value in walk(json.loads(event_envelope(stamped, "main"))["data"]):
            if name.endswith(("_at", "until", "since")) and value is not None:
                assert value >= MIDDAY, (number, name)


def test_an_agents_change_is_about_the_agent() -> None:
    moved = AgentStateChanged(
        WANG, AgentState.READY, AgentState.PAUSED, PhoneId("PJSIP/phone1"), "lunch", "api", 5000.0
    )
    envelope = json.loads(event_envelope(stamp(moved), "main"))
    assert envelope["subject"] == WANG
    assert (envelope["data"]["after"], envelope["data"]["reason"]) == ("paused", "lunch")


def test_the_whole_configuration_comes_back_as_it_was() -> None:
    loaded = House().said[0]
    assert isinstance(loaded.event, PlansLoaded)
    assert read_event(event_envelope(loaded, "main")).event == loaded.event


def test_all_who_take_an_event_get_one_envelope_made_once() -> None:
    envelopes, stamped = Envelopes("main"), stamp(QUEUED, seq=7)
    written = envelopes.of(stamped)
    assert written == event_envelope(stamped, "main")
    assert envelopes.of(stamped) is written
    assert read_event(envelopes.of(stamp(QUEUED, seq=8))).seq == 8


def test_a_message_of_events_is_a_json_array_of_their_envelopes() -> None:
    envelopes = [event_envelope(stamp(QUEUED, seq=number), "main") for number in (7, 8)]
    assert json.loads(batch(envelopes)) == [json.loads(envelope) for envelope in envelopes]


def test_the_holiday_a_caller_was_turned_away_for_is_an_object_outside_and_comes_back() -> None:
    name = (("en", "National Day"), ("zh-CN", "国庆节"))
    away = TurnedAway(CALL, SALES, TurnedAwayFor.HOLIDAY, "shut", "", holiday_name=name)
    written = event_envelope(stamp(away), "main")
    assert json.loads(written)["data"]["holiday_name"] == {"en": "National Day", "zh-CN": "国庆节"}
    assert read_event(written).event == away


def test_every_kind_of_event_can_be_written() -> None:
    house = House()
    house.ready(WANG)
    house.joins()
    for stamped in house.said:
        assert read_event(event_envelope(stamped, "main")).seq == stamped.seq
    assert all(kind.__name__ for kind in get_args(Event))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"type": "switchboard.v1.Queued", "id": "r-1", "time": "2023-11-15T04:00:00+00:00", "data": {}}'],
)
def test_what_is_no_event_of_ours_is_refused(text: str) -> None:
    with pytest.raises(NotAnEvent):
        read_event(text)
