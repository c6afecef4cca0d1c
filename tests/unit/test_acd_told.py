"""What the engine tells and keeps, field by field: events are all that boards, reports and a restart have of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.agents import Agent
from acd.errors import IllegalMove, PhoneTaken
from acd.events import (
    AgentStateChanged,
    AgentWish,
    Event,
    NobodyThere,
    Offered,
    OfferWithdrawn,
    PreferenceEnded,
    SkillsChanged,
    StepWidened,
)
from acd.names import AgentId, AgentState, OfferFailure, PauseCounts, PhoneId, PreferenceEnd, QueueId, Skills
from acd.plans.plan import PlanStep
from acd.ranking import occupancy
from acd.requests import (
    AgentPaused,
    AgentRestored,
    AgentSignedOut,
    CallerGone,
    CallerJoined,
    PhoneInUse,
    SkillsAssigned,
)
from tests.unit.acd_kit import SALES, Centre, agent, call_id, only, plan

ENGLISH = plan(steps=(PlanStep("english", 0, "skill.english >= 5"),))
ONE, TWO = AgentId("1"), AgentId("2")
PHONE = PhoneId("PJSIP/phone1")


def offered(events: list[Event]) -> list[str]:
    return [offer.agent for offer in only(Offered, events)]


def assigned(centre: Centre, who: AgentId, **levels: int) -> list[Event]:
    return centre.ask(SkillsAssigned(who, tuple(sorted(levels.items())), "api"))


# ---------------------------------------------------------------------------------------------------- skills


def known_need(*agents: str) -> Centre:
    """Agents with English 7, ready, and a need that a caller who is gone has had."""
    centre = Centre(*(agent(number, english=7) for number in agents), plans=(ENGLISH,))
    centre.call(9)
    centre.ask(CallerGone(call_id(9)))
    centre.ready(*agents)
    return centre


def test_a_ready_agent_who_loses_the_skill_is_offered_no_more_and_again_once_they_have_it_back() -> None:
    centre = known_need("1")
    assert assigned(centre, ONE, english=2) == [SkillsChanged(ONE, (("english", 2),), "api")]
    assert not offered(centre.call(1))
    assert offered(assigned(centre, ONE, english=5)) == ["1"]


def test_a_ready_agent_whose_level_rises_goes_ahead_of_those_they_stood_behind() -> None:
    centre = known_need("1", "2")
    assigned(centre, TWO, english=9)
    assert offered(centre.call(1)) == ["2"]
    assert offered(centre.call(2)) == ["1"]


def test_an_agent_who_loses_the_skill_of_one_queue_still_serves_the_other() -> None:
    french = plan(queue=QueueId("french"), steps=(PlanStep("french", 0, "skill.french >= 5"),))
    centre = Centre(agent("1", "sales", "french", english=7, french=7), plans=(ENGLISH, french))
    for number, queue in ((8, "sales"), (9, "french")):
        centre.call(number, queue)
        centre.ask(CallerGone(call_id(number)))
    centre.ready("1")
    assigned(centre, ONE, english=7)
    assert not offered(centre.call(1, "french"))
    assert offered(centre.call(2, "sales")) == ["1"]


def test_who_gains_a_skill_stands_among_the_candidates_where_the_configuration_has_them() -> None:
    centre = Centre(agent("1", english=2), agent("2", english=7), agent("3", english=7), plans=(ENGLISH,))
    centre.call(1)
    assigned(centre, ONE, english=7)
    [pool] = centre.engine.floor.pools.all()
    assert list(pool.eligible) == ["1", "2", "3"]


# ---------------------------------------------------------------------------------------------------- waiting


def test_each_step_adds_its_own_priority_once() -> None:
    steps = tuple(PlanStep(f"step {n}", 10 * n, adds_priority=2**n) for n in range(4))
    centre = Centre(plans=(plan(steps=steps),))
    centre.call(1)
    seen = []
    for number in range(4):
        call = centre.engine.floor.calls[call_id(1)]
        seen.append((call.step, call.priority))
        widened = only(StepWidened, centre.passes(10))
        expected = [] if number == 3 else [StepWidened(call.id, SALES, number + 1, f"step {number + 1}")]
        assert widened == expected
    assert seen == [(0, 1), (1, 3), (2, 7), (3, 15)]


def test_where_nobody_is_there_the_queue_s_whole_treatment_is_told() -> None:
    centre = Centre(agent("1"), plans=(plan(no_agent_say="sorry", no_agent_divert="voicemail"),))
    assert only(NobodyThere, centre.call(1)) == [NobodyThere(call_id(1), SALES, "sorry", "voicemail")]


def test_a_treatment_is_not_given_while_somebody_of_a_later_step_is_there_nor_for_those_of_a_step_passed() -> None:
    steps = (PlanStep("english", 0, "skill.english >= 5"), PlanStep("french", 20, "skill.french >= 5"))
    centre = Centre(agent("1", french=7), agent("2", english=7), plans=(plan(steps=steps, no_agent_say="sorry"),))
    centre.ready("1", "2")
    centre.ask(SkillsAssigned(TWO, (), "api"))
    assert not only(NobodyThere, centre.call(1))
    assert offered(centre.passes(20)) == ["1"]


def test_the_end_of_a_preference_tells_whose_it_was_and_why() -> None:
    centre = Centre(agent("1"), agent("2"))
    away = centre.ask(CallerJoined(call_id(1), SALES, prefer=ONE, prefer_s=60))
    assert only(PreferenceEnded, away) == [PreferenceEnded(call_id(1), ONE, PreferenceEnd.AWAY)]
    centre.ask(CallerGone(call_id(1)))
    centre.ready("1")
    centre.ask(CallerJoined(call_id(2), SALES, prefer=ONE, prefer_s=60))
    assert only(PreferenceEnded, centre.refuses("1", 2)) == [PreferenceEnded(call_id(2), ONE, PreferenceEnd.TRIED)]


# ---------------------------------------------------------------------------------------------------- agents


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (AgentPaused(ONE, "lunch", "phone"), OfferFailure.AGENT_PAUSED),
        (AgentSignedOut(ONE, "phone"), OfferFailure.AGENT_SIGNED_OUT),
    ],
)
def test_who_leaves_while_it_rings_is_told_with_whoever_asked_and_the_offer_with_its_end(
    asked: AgentPaused | AgentSignedOut, why: OfferFailure
) -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    events = centre.ask(asked)
    assert only(OfferWithdrawn, events) == [OfferWithdrawn(call_id(1), ONE, SALES, why)]
    [moved] = only(AgentStateChanged, events)
    reason = asked.reason if isinstance(asked, AgentPaused) else ""
    assert (moved.who, moved.reason) == ("phone", reason)


def test_a_wish_during_a_conversation_says_what_why_and_who() -> None:
    centre = Centre(agent("1"))
    centre.ready("1")
    centre.call(1)
    centre.answers("1", 1)
    assert centre.pause("1", "lunch") == [AgentWish(ONE, AgentState.PAUSED, "lunch", "test")]


def restored(state: AgentState, until: float | None = None, skills: Skills | None = None) -> AgentRestored:
    return AgentRestored(ONE, PHONE, state, "a reason", 900.0, until, skills)


@pytest.mark.parametrize(
    ("request_", "after", "reason", "until"),
    [
        (restored(AgentState.PAUSED), AgentState.PAUSED, "a reason", None),
        (restored(AgentState.READY), AgentState.READY, "", None),
        (restored(AgentState.WRAP_UP, 1005.0), AgentState.WRAP_UP, "a reason", 1005.0),
        (restored(AgentState.WRAP_UP, 1000.0), AgentState.READY, "", None),
        (restored(AgentState.WRAP_UP), AgentState.READY, "", None),
    ],
)
def test_a_restored_agent_is_where_they_were_on_their_phone_since_then(
    request_: AgentRestored, after: AgentState, reason: str, until: float | None
) -> None:
    centre = Centre(agent("1"))
    [moved] = only(AgentStateChanged, centre.ask(request_))
    counts_as = PauseCounts.ABSENCE if after is AgentState.PAUSED else None
    assert moved == AgentStateChanged(
        ONE, AgentState.SIGNED_OUT, after, PHONE, reason, "system", 900.0, until, counts_as=counts_as
    )
    assert centre.engine.floor.phones == {PHONE: ONE}


def test_an_agent_restored_as_ready_on_a_phone_in_use_is_busy_elsewhere() -> None:
    centre = Centre(agent("1"))
    centre.ask(PhoneInUse(PHONE))
    centre.ask(restored(AgentState.READY))
    assert centre.state("1") is AgentState.BUSY_ELSEWHERE


def test_restored_skills_are_told_as_the_system_s() -> None:
    centre = Centre(agent("1"))
    assert centre.ask(restored(AgentState.SIGNED_OUT, skills=(("english", 3),))) == [
        SkillsChanged(ONE, (("english", 3),), "system")
    ]


def test_an_agent_is_not_restored_twice_nor_in_the_middle_of_a_call_nor_on_another_s_phone() -> None:
    centre = Centre(agent("1"), agent("2"))
    with pytest.raises(IllegalMove, match="calls are Asterisk's to tell"):
        centre.ask(restored(AgentState.TALKING))
    centre.ask(restored(AgentState.PAUSED))
    with pytest.raises(IllegalMove, match="is paused already"):
        centre.ask(restored(AgentState.PAUSED))
    with pytest.raises(PhoneTaken):
        centre.ask(replace(restored(AgentState.PAUSED), agent=TWO))


@pytest.mark.parametrize(
    ("busy_s", "available_s", "share"), [(30.0, 10.0, 0.75), (0.0, 5.0, 0.0), (0.25, 0.25, 0.5), (0.0, 0.0, 0.0)]
)
def test_occupancy_is_the_share_of_the_shift_spent_on_calls(busy_s: float, available_s: float, share: float) -> None:
    worker = Agent(ONE, agent("1"), ())
    worker.busy_s, worker.available_s = busy_s, available_s
    assert occupancy(worker) == share
