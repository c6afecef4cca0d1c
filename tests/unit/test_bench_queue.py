"""What the comparison with app_queue computes: from AMI events to calls, from calls to figures, from rates to a capacity."""

from __future__ import annotations

import os

import pytest

from bench.queue_cost import Cost, NoSuchProcess, cost_of
from bench.queue_figures import CallSeen, failed, latency, latency_since_joined, next_rate, percentile, ratio_of_medians
from bench.queue_observer import Calls
from bench.queue_people import SCENARIOS, _scenario
from bench.queue_site import ASTERISK, rendered


def event(name: str, at: float, **headers: str) -> dict[str, str]:
    """An AMI event of the caller 1.1."""
    return {"Event": name, "Timestamp": str(at), "Uniqueid": "1.1", **headers}


def seen(*events: dict[str, str]) -> Calls:
    """What the observer makes of these events."""
    calls = Calls()
    for each in events:
        calls.take(each)
    return calls


def test_a_call_through_app_queue_is_seen_from_its_application_to_its_end() -> None:
    calls = seen(
        event("Newexten", 10.0, Application="Queue"),
        event("QueueCallerJoin", 10.001),
        event("DialBegin", 10.003),
        event("DialEnd", 10.2, DialStatus="ANSWER"),
        event("Hangup", 11.0),
    )
    assert calls.seen["1.1"] == CallSeen(0, 10.0, joined=10.001, rung=10.003, answered=10.2, gone=11.0)
    assert (calls.entered, calls.answered, calls.here) == (1, 1, 0)


def test_only_the_first_ringing_and_the_first_entry_count() -> None:
    calls = seen(
        event("Newexten", 10.0, Application="AGI"),
        event("DialBegin", 10.1),
        event("DialEnd", 12.0, DialStatus="NOANSWER"),
        event("Newexten", 12.5, Application="AGI"),
        event("DialBegin", 13.0),
    )
    assert calls.seen["1.1"] == CallSeen(0, 10.0, rung=10.1)


def test_channels_that_enter_no_queue_are_passed_over() -> None:
    assert not seen(event("Newexten", 10.0, Application="Answer"), event("Hangup", 11.0)).seen


def test_latencies_are_milliseconds_of_those_who_were_offered() -> None:
    calls = [CallSeen(n, entered=0.0, joined=0.001, rung=n / 1000) for n in range(1, 101)] + [CallSeen(100, 0.0)]
    assert (latency(calls).p50, latency(calls).p99) == (50.0, 99.0)
    assert latency_since_joined(calls).p50 == pytest.approx(49.0)
    assert failed(calls) == 101


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([1.0], 0.99) == 1.0
    assert percentile([1.0, 2.0], 0.5) == 1.0
    with pytest.raises(ValueError, match="nobody was offered"):
        percentile([], 0.5)


def test_one_bad_round_does_not_move_a_figure() -> None:
    assert ratio_of_medians([10.0, 11.0, 500.0], [10.0, 11.0, 12.0]) == 1.0


@pytest.mark.parametrize("carried", range(40, 150, 10))
def test_the_search_finds_the_highest_rate_that_is_carried(carried: int) -> None:
    works, fails, probes = 40, 160, 0
    while (rate := next_rate(works, fails, 10)) is not None:
        assert works < rate < fails
        works, fails = (rate, fails) if rate <= carried else (works, rate)
        probes += 1
    assert works == carried
    assert probes <= 4


def test_cost_is_what_was_spent_between_two_readings() -> None:
    before = cost_of({"me": os.getpid()})
    assert cost_of({"me": os.getpid()}).since(before).total >= 0
    assert Cost({"a": 2.0, "b": 1.0}).since(Cost({"a": 0.5, "b": 1.0})).total == 1.5


def test_a_process_that_is_gone_is_named() -> None:
    with pytest.raises(NoSuchProcess, match="service"):
        cost_of({"service": 2**22 + 1})


def test_every_scenario_and_every_piece_of_configuration_can_be_rendered() -> None:
    ending = _scenario("hang_up", stay_ms="1400")
    assert "1400" in _scenario("caller", ending=ending)
    assert _scenario("stay") == (SCENARIOS / "stay.xml").read_text(encoding="ascii")
    assert 'milliseconds="200"' in _scenario("phones", ring_ms="200")
    phone = rendered(ASTERISK / "phone.conf", {"phone": "phone1", "address": "127.0.0.1", "port": "6000"})
    assert "contact = sip:phone1@127.0.0.1:6000" in phone


def test_both_sides_answer_in_the_same_way_before_the_queue() -> None:
    text = (ASTERISK / "extensions.conf").read_text(encoding="utf-8")
    first_steps = [line.partition(",1,")[2] for line in text.splitlines() if line.startswith("exten")]
    assert first_steps == ["Answer()"] * 4
