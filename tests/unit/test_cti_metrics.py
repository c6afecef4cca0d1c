"""Figures for Prometheus: public names, base units, nothing personal."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry

from acd.facts import StepPassed
from acd.names import EndedBy, NodeId, OfferFailure, Side
from acd.requests import CallerGone, CallHeld, ConversationEnded, ConversationStarted, Noted, OfferRefused
from acd.waits.expected_wait import Verdict
from acd.waits.forecast import Judged
from cti_bridge.board.board import Board
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.viewer import Viewer
from cti_bridge.links import Links, ami_link
from cti_bridge.publishing.metrics import FloorGauges, Meters
from tests.unit.cti_kit import CALL, LI, MIDDAY, OTHER_CALL, SALES, WANG, House


class Measured:
    """A house whose figures are measured."""

    def __init__(self) -> None:
        self.house = House()
        desk = self.house.desk
        self.links = Links(lambda: self.house.clocks.wall)
        figures = DayFigures(ZoneInfo("Asia/Shanghai"), desk.floor.plans.get, MIDDAY)
        self.board = Board(
            desk, figures, Viewer(desk, figures, self.links, lambda queue: {"en": queue}, lambda call: {"en": call})
        )
        self.meters = Meters(CollectorRegistry())
        self.meters.registry.register(FloorGauges(self.board, self.links, {"mqtt": lambda: 3}, {"node1": lambda: 7}))

    def lines(self) -> dict[str, float]:
        """What Prometheus reads, value by name and labels."""
        for stamped in self.house.said:
            self.board.take(stamped)
            self.meters.take(stamped)
        self.house.said.clear()
        said = [line.rpartition(" ") for line in self.meters.text().decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in said}


def test_calls_by_outcome_with_their_waits_and_talks() -> None:
    measured = Measured()
    measured.house.ready(WANG)
    measured.house.joins(CALL)
    measured.house.clocks.passes(4)
    measured.house.tell(ConversationStarted(CALL, WANG))
    measured.house.clocks.passes(60)
    measured.house.tell(CallHeld(CALL, Side.AGENT))
    measured.house.clocks.passes(40)
    measured.house.tell(ConversationEnded(CALL, WANG, EndedBy.AGENT))
    measured.house.ready(LI)
    measured.house.joins(OTHER_CALL)
    measured.house.tell(CallerGone(OTHER_CALL))
    lines = measured.lines()
    assert lines['switchboard_calls_offered_total{queue="sales"}'] == 2
    assert lines['switchboard_calls_total{outcome="answered",queue="sales"}'] == 1
    assert lines['switchboard_calls_total{outcome="abandoned",queue="sales"}'] == 1
    assert lines['switchboard_wait_seconds_sum{outcome="answered",queue="sales"}'] == 4
    assert lines['switchboard_talk_seconds_sum{queue="sales"}'] == 100
    assert lines['switchboard_hold_seconds_sum{queue="sales"}'] == 40
    assert lines['switchboard_offers_failed_total{queue="sales",why="caller_gone"}'] == 1


def test_refused_offers_by_why() -> None:
    measured = Measured()
    measured.house.ready(WANG)
    measured.house.joins(CALL)
    measured.house.tell(OfferRefused(CALL, WANG, OfferFailure.NO_ANSWER))
    lines = measured.lines()
    assert lines['switchboard_offers_total{queue="sales"}'] == 1
    assert lines['switchboard_offers_failed_total{queue="sales",why="no_answer"}'] == 1


def test_what_is_so_now() -> None:
    measured = Measured()
    measured.links.expect(ami_link(NodeId("node1")))
    measured.house.joins(CALL)
    measured.house.clocks.passes(30)
    lines = measured.lines()
    assert lines['switchboard_waiting_calls{queue="sales"}'] == 1
    assert lines['switchboard_longest_wait_seconds{queue="sales"}'] == 30
    assert lines['switchboard_agents{queue="sales",state="signed_out"}'] == 2
    assert lines['switchboard_agents{queue="sales",state="busy_elsewhere"}'] == 0
    assert lines['switchboard_service_level_ratio{queue="sales"}'] == 0
    assert lines['switchboard_link_up{link="ami",node="node1"}'] == 0
    assert lines['switchboard_feed_dropped_total{reader="mqtt"}'] == 3
    assert lines['switchboard_ami_corrections_total{node="node1"}'] == 7


def test_the_service_level_is_absent_while_the_only_caller_may_still_be_answered_in_time() -> None:
    measured = Measured()
    measured.house.joins(CALL)
    assert 'switchboard_service_level_ratio{queue="sales"}' not in measured.lines()
    measured.house.clocks.passes(21)
    assert measured.lines()['switchboard_service_level_ratio{queue="sales"}'] == 0


def test_no_call_and_no_name_is_ever_a_label() -> None:
    measured = Measured()
    measured.house.ready(WANG)
    measured.house.joins(CALL)
    text = str(list(measured.lines()))
    assert CALL not in text
    assert "王小明" not in text
    assert all(name.startswith("switchboard_") for name in measured.lines())


def test_how_right_expected_waits_were() -> None:
    measured = Measured()
    measured.meters.judged(Judged(SALES, Verdict.WITHIN, 12.0))
    measured.meters.judged(Judged(SALES, Verdict.LATER, None))
    lines = measured.lines()
    assert lines['switchboard_expected_wait_forecasts_total{queue="sales",verdict="within"}'] == 1
    assert lines['switchboard_expected_wait_forecasts_total{queue="sales",verdict="later"}'] == 1
    assert lines['switchboard_expected_wait_error_seconds_count{queue="sales"}'] == 1
    assert lines['switchboard_expected_wait_error_seconds_sum{queue="sales"}'] == 12


def test_how_long_the_engine_took() -> None:
    measured = Measured()
    measured.meters.decided(0.0003)
    assert measured.lines()['switchboard_decision_seconds_bucket{le="0.0005"}'] == 1


def test_callers_turned_away_by_why_and_in_no_other_count() -> None:
    measured = Measured()
    measured.house.turned_away(CALL)
    lines = measured.lines()
    assert lines['switchboard_calls_turned_away_total{queue="sales",why="none_signed_in"}'] == 1
    assert not any(name.startswith(("switchboard_calls_offered_total", "switchboard_calls_total")) for name in lines)


def test_steps_of_flows_by_label_and_how_they_were_left() -> None:
    measured = Measured()
    for outcome in ("1", "1", "hung_up"):
        measured.house.tell(Noted(StepPassed(CALL, "main", "topic", "What about", outcome, 2.5)))
    lines = measured.lines()
    assert lines['switchboard_flow_steps_total{flow="main",outcome="1",step="What about"}'] == 2
    assert lines['switchboard_flow_steps_total{flow="main",outcome="hung_up",step="What about"}'] == 1
