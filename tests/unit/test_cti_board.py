"""The board says what is so, once, and only what has changed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from acd.facts import StepPassed
from acd.names import AgentState, CallId, CallState, EndedBy, NodeId, Opening, Side
from acd.plans.door import Door
from acd.plans.plan import AgentProfile, PlanStep
from acd.requests import (
    AgentPaused,
    AgentSignedOut,
    CallerGone,
    CallerJoined,
    CallHeld,
    Configured,
    ConversationEnded,
    ConversationStarted,
    Noted,
    PhoneInUse,
    SkillsAssigned,
)
from cti_bridge.board.board import EXPLAINED_AT_ONCE, Board, Changes
from cti_bridge.board.figures import DayFigures
from cti_bridge.board.viewer import Viewer
from cti_bridge.board.views import AgentCounts, HoursView, LinkView, WishView
from cti_bridge.links import MQTT, REDIS, Links, ami_link
from tests.unit.cti_kit import CALL, LI, MIDDAY, OTHER_CALL, SALES, WANG, House, kinds, phone

ZONE = ZoneInfo("Asia/Shanghai")


class Shown:
    """A house and the board that shows it."""

    def __init__(self, **rules: object) -> None:
        self.house = House(**rules)
        desk = self.house.desk
        self.explained: list[CallId] = []
        self.hours: HoursView | None = None
        self.links = Links(lambda: self.house.clocks.wall)
        figures = DayFigures(ZONE, desk.floor.plans.get, MIDDAY)
        self.board = Board(
            desk,
            figures,
            Viewer(
                desk,
                figures,
                self.links,
                lambda queue: {"zh-CN": "销售", "en": queue},
                self._explain,
                lambda _queue: self.hours,
            ),
        )
        self._shown = 0
        self.news()

    def _explain(self, call: CallId) -> dict[str, str]:
        self.explained.append(call)
        return {"zh-CN": f"{call} 等待", "en": f"{call} waits"}

    def news(self) -> Changes:
        """What the board says of everything that has happened since it was asked last."""
        for stamped in self.house.said[self._shown :]:
            self.board.take(stamped)
        self._shown = len(self.house.said)
        return self.board.changes()


def test_of_a_caller_in_no_line_only_what_happened_is_said() -> None:
    shown = Shown()
    shown.house.tell(Noted(StepPassed(CALL, "main", "topic", "topic", "1", 2.5)))
    changes = shown.news()
    assert ([event.kind for event in changes.events], changes.calls, changes.gone.calls) == (["StepPassed"], [], [])
    assert (shown.explained, shown.board.restless) == ([], False)


def test_what_was_said_is_not_said_again() -> None:
    shown = Shown()
    shown.house.ready(WANG)
    assert [agent.id for agent in shown.news().agents] == [WANG]
    assert not shown.news().any
    shown.board.look_at_everything()
    assert not shown.news().any


def test_a_waiting_caller_with_position_step_and_reason() -> None:
    shown = Shown()
    shown.house.joins()
    shown.house.clocks.passes(10)
    shown.house.joins(OTHER_CALL, priority=5)
    changes = shown.news()
    first, other = sorted(changes.calls, key=lambda call: call.id)
    assert (first.position, other.position) == (2, 1)
    assert (first.state, first.joined_at, first.step_name) == (CallState.WAITING, MIDDAY, "all")
    assert first.step_names == {"zh-CN": "all", "en": "all"}
    assert first.attributes == {"language": "en"}
    assert first.why == {"zh-CN": f"{CALL} 等待", "en": f"{CALL} waits"}
    assert changes.queues[0].waiting == 2
    assert changes.queues[0].longest_wait_since == MIDDAY
    assert [event.kind for event in changes.events if event.call == CALL] == kinds(
        stamped for stamped in shown.house.said if getattr(stamped.event, "call", None) == CALL
    )


def test_a_queue_whose_hours_end_is_told_once() -> None:
    shown = Shown()
    closed = {"opening": Opening.CLOSED, "holiday": None, "opens_at": MIDDAY + 3600, "until": None, "reason": ""}
    shown.hours = HoursView(calendar="shop", **closed)
    shown.board.look_at_the_clock()
    (queue,) = shown.news().queues
    assert queue.hours == shown.hours
    shown.board.look_at_the_clock()
    assert not shown.news().any


def test_who_was_turned_away_for_a_holiday_stands_among_the_events_with_its_name() -> None:
    shown = Shown(door=Door(hours="shop"))
    name = (("zh-CN", "国庆节"), ("en", "National Day"))
    shown.house.tell(CallerJoined(CALL, SALES, opening=Opening.HOLIDAY, holiday_name=name))
    (event,) = shown.news().events
    assert (event.kind, event.reason, event.holiday) == ("TurnedAway", "holiday", dict(name))


def test_a_step_is_called_by_its_name_in_each_language() -> None:
    names = (("en", "everybody"), ("zh-CN", "所有坐席"))
    shown = Shown(steps=(PlanStep("everybody", 0, names=names),))
    shown.house.joins()
    (call,) = shown.news().calls
    assert (call.step_name, call.step_names) == ("everybody", {"en": "everybody", "zh-CN": "所有坐席"})


def test_those_behind_move_up_when_the_first_is_gone() -> None:
    shown = Shown()
    shown.house.joins()
    shown.house.joins(OTHER_CALL)
    shown.news()
    shown.house.tell(CallerGone(CALL))
    changes = shown.news()
    assert changes.gone.calls == [CALL]
    assert [(call.id, call.position) for call in changes.calls] == [(OTHER_CALL, 1)]
    assert (changes.queues[0].offered, changes.queues[0].abandoned) == (2, 1)


def test_a_waiting_caller_s_expected_wait_is_told_as_a_range_and_renewed_as_the_line_moves() -> None:
    shown = Shown()
    shown.house.ready(WANG)
    for number in range(10):
        earlier = CallId(f"node1-{number}")
        shown.house.joins(earlier)
        shown.house.tell(ConversationStarted(earlier, WANG))
        shown.house.clocks.passes(100)
        shown.house.tell(ConversationEnded(earlier, WANG, EndedBy.CALLER))
    for call in (CallId("node1-talks"), CALL, OTHER_CALL):
        shown.house.joins(call)
    first, second = (shown.news(), shown.board.viewer.call(OTHER_CALL).expected_wait)
    waits = {call.id: call.expected_wait for call in first.calls}
    assert waits["node1-talks"] is None, "whom an agent is offered to waits no longer"
    near, far = waits[CALL], waits[OTHER_CALL]
    assert near is not None
    assert far is not None
    assert far == second
    assert near.low_s < near.likely_s < near.high_s < far.high_s
    shown.house.tell(CallerGone(CALL))
    assert [call.expected_wait for call in shown.news().calls] == [near], "moved up"


def test_nothing_is_told_of_a_wait_nobody_knows() -> None:
    shown = Shown()
    shown.house.joins()
    assert [call.expected_wait for call in shown.news().calls] == [None]


def test_a_call_from_offer_to_wrap_up() -> None:
    shown = Shown(wrap_up_s=15.0)
    shown.house.ready(WANG)
    shown.house.joins()
    offer = shown.news()
    assert [(call.state, call.agent, call.position, call.why) for call in offer.calls] == [
        (CallState.OFFERED, WANG, None, None)
    ]
    assert offer.queues[0].waiting == 1
    shown.house.clocks.passes(4)
    shown.house.tell(ConversationStarted(CALL, WANG))
    talk = shown.news()
    assert (talk.queues[0].waiting, talk.queues[0].answered, talk.queues[0].service_level) == (0, 1, 1.0)
    assert talk.queues[0].average_wait_s == 4.0
    assert talk.queues[0].agents == AgentCounts(talking=1, signed_out=1)
    assert [(agent.state, agent.call, agent.answered) for agent in talk.agents] == [("talking", CALL, 1)]
    shown.house.clocks.passes(10)
    shown.house.tell(CallHeld(CALL, Side.AGENT))
    hold = shown.news()
    assert hold.queues[0].agents == AgentCounts(on_hold=1, signed_out=1)
    assert [(call.state, call.since) for call in hold.calls] == [(CallState.ON_HOLD, MIDDAY + 14)]
    assert [(agent.state, agent.call, agent.answered) for agent in hold.agents] == [("on_hold", CALL, 1)]
    assert [event.kind for event in hold.events] == ["PutOnHold", "AgentStateChanged"]
    shown.house.clocks.passes(20)
    shown.house.tell(ConversationEnded(CALL, WANG, EndedBy.CALLER))
    end = shown.news()
    assert end.gone.calls == [CALL]
    assert [(agent.state, agent.until) for agent in end.agents] == [("wrap_up", MIDDAY + 4 + 30 + 15)]


def test_a_pause_its_reason_and_a_wish_for_later() -> None:
    shown = Shown()
    shown.house.ready(WANG, LI)
    shown.house.tell(AgentPaused(LI, "lunch", "test"))
    shown.house.joins()
    shown.house.tell(ConversationStarted(CALL, WANG))
    shown.house.tell(AgentSignedOut(WANG, "test"))
    agents = {agent.id: agent for agent in shown.news().agents}
    assert (agents[LI].state, agents[LI].reason, agents[LI].counts_as) == ("paused", "lunch", "absence")
    assert agents[WANG].counts_as is None
    assert agents[WANG].wish == WishView(state=AgentState.SIGNED_OUT, reason="")


def test_skills_assigned_at_run_time_are_shown() -> None:
    shown = Shown()
    shown.news()
    shown.house.tell(SkillsAssigned(WANG, (("english", 9), ("sales", 2)), "test"))
    assert [agent.skills for agent in shown.news().agents] == [{"english": 9, "sales": 2}]


def test_times_do_not_waver_between_two_looks() -> None:
    shown = Shown()
    shown.house.joins()
    shown.news()
    shown.house.clocks.wall += 0.003
    shown.board.look_at_the_clock()
    shown.board.look_at_everything()
    assert not shown.news().any


def test_a_system_clock_that_was_set_shows_every_time_anew() -> None:
    shown = Shown()
    shown.house.joins()
    shown.news()
    shown.house.clocks.wall += 3600
    shown.board.look_at_the_clock()
    assert [call.joined_at for call in shown.news().calls] == [MIDDAY + 3600]


def test_midnight_begins_new_figures_without_any_event() -> None:
    shown = Shown()
    shown.house.joins()
    assert shown.news().queues[0].offered == 1
    shown.house.clocks.passes(12 * 3600)
    shown.board.look_at_the_clock()
    changes = shown.news()
    assert (changes.queues[0].offered, changes.queues[0].since) == (0, MIDDAY + 12 * 3600)


def test_a_caller_who_waits_too_long_lowers_the_service_level_without_any_event() -> None:
    shown = Shown()
    shown.house.joins()
    assert shown.news().queues[0].service_level is None
    shown.house.clocks.passes(19)
    shown.board.look_at_the_clock()
    assert not shown.news().queues
    shown.house.clocks.passes(2)
    shown.board.look_at_the_clock()
    assert [queue.service_level for queue in shown.news().queues] == [0.0]


def test_an_agent_whose_phone_is_in_use_elsewhere() -> None:
    shown = Shown()
    shown.house.ready(WANG)
    shown.news()
    shown.house.tell(PhoneInUse(phone(WANG)))
    changes = shown.news()
    assert [agent.state for agent in changes.agents] == ["busy_elsewhere"]
    assert changes.queues[0].agents == AgentCounts(busy_elsewhere=1, signed_out=1)
    assert [(event.kind, event.agent, event.state) for event in changes.events] == [
        ("AgentStateChanged", WANG, "busy_elsewhere")
    ]


def test_a_phone_in_use_that_is_nobodys_is_no_news() -> None:
    shown = Shown()
    shown.news()
    shown.house.tell(PhoneInUse(phone(WANG)))
    assert not shown.news().any


def test_an_agents_change_is_listed_with_the_state_and_why() -> None:
    shown = Shown()
    shown.house.ready(WANG)
    shown.news()
    shown.house.tell(AgentPaused(WANG, "lunch", "test"))
    assert [(event.state, event.reason) for event in shown.news().events] == [("paused", "lunch")]
    shown.house.joins()
    assert {(event.state, event.reason) for event in shown.news().events} == {(None, "")}


def test_every_state_of_an_agent_is_counted() -> None:
    assert set(AgentCounts.model_fields) == {state.value for state in AgentState}


def test_reasons_are_looked_up_a_few_at_a_time_and_all_in_the_end() -> None:
    shown = Shown()
    calls = [CallId(f"node1-{number}") for number in range(3 * EXPLAINED_AT_ONCE)]
    for call in calls:
        shown.house.joins(call)
    shown.news()
    assert len(shown.explained) == EXPLAINED_AT_ONCE
    while shown.board.restless:
        shown.news()
    assert set(shown.explained) == set(calls)


def test_links_are_told_when_they_change_with_since_when() -> None:
    shown = Shown()
    shown.links.expect(ami_link(NodeId("node1")))
    shown.links.expect(REDIS)
    links = shown.news().links
    assert links is not None
    assert (links.ami["node1"], links.mqtt) == (LinkView(up=False, since=MIDDAY), None)
    assert shown.news().links is None
    shown.house.clocks.passes(3)
    shown.links.up(REDIS)
    links = shown.news().links
    assert links is not None
    assert links.redis == LinkView(up=True, since=MIDDAY + 3)
    assert not shown.links.is_up(MQTT)


def test_an_agent_taken_out_of_the_configuration_is_gone() -> None:
    shown = Shown()
    plans = tuple(shown.house.desk.floor.plans.values())
    shown.house.tell(Configured(plans, (AgentProfile(WANG, "王小明", (), (SALES,)),)))
    changes = shown.news()
    assert changes.gone.agents == [LI]
    assert changes.queues[0].agents == AgentCounts(signed_out=1)
