"""A caller's session: what the caller meets, what the desk is told, what survives when it breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from acd.events import (
    Abandoned,
    Diverted,
    NobodyThere,
    Offered,
    OfferWithdrawn,
    Queued,
    SessionAttached,
    SessionDetached,
    TurnedAway,
)
from acd.facts import FarEndAnswered, FarEndGone, HandedOver
from acd.names import (
    AgentId,
    CallId,
    CallState,
    EndedBy,
    HandedTo,
    HandOverEnd,
    OfferFailure,
    QueueId,
    TurnedAwayFor,
)
from acd.plans.door import Door, Treatment
from acd.plans.plan import Announcing, PlanStep, Preference, Whom
from acd.requests import (
    AgentPaused,
    AgentSignedOut,
    CallerGone,
    CallerJoined,
    Configured,
    ConversationEnded,
    ConversationStarted,
    ConversationTakenOver,
    KeyPressed,
)
from common.tasks import spawn
from ivr.calendars.switches import Position
from ivr.caller import DIAL_STATUS, TALKED, ConversationOver, OfferFailed, OfferResult
from ivr.dialling import watch as dial_watch
from ivr.session import DONE, FAULTS, take_call
from ivr.tickets.ticket import VARIABLE, Phase, Place, Ticket
from ivr.transfers.transfer import JOINED
from ivr.transfers.transfer import VARIABLE as TRANSFER
from tests.fakes import Crashes, FakeCaller, Hangs
from tests.unit.ivr_kit import FLOW, TestHouse, flows_of, open_house, plans, profiles, settle

CALL = "node1-1700000000.1"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


async def arrives(house: TestHouse, caller: FakeCaller) -> asyncio.Task[None]:
    session = spawn(take_call(caller, house.house), "session")
    await settle()
    return session


def waiting(house: TestHouse) -> Ticket:
    """A ticket of a caller who has waited 30 s in English for sales."""
    flow = house.flows.by_name["main"]
    attributes = (("entry", "main"), ("language", "english"), ("menu_path", "language/2/topic/1"), ("topic", "sales"))
    place = Place("sales", 2, "skill[call.language] >= 3", attributes, 30.0)  # type: ignore[arg-type]
    return Ticket(CALL, flow.name, flow.version, "sales-queue", (), place)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------ through the flow


async def test_a_caller_is_greeted_chooses_and_is_queued_with_what_was_learned(house: TestHouse) -> None:
    caller = FakeCaller(["2", "1"])
    session = await arrives(house, caller)
    (queued,) = house.events(Queued)
    assert queued == Queued(
        caller.call,
        QueueId("sales"),
        2,
        "skill[call.language] >= 3",
        (("entry", "main"), ("language", "english"), ("menu_path", "language/2/topic/1"), ("topic", "sales")),
        1000.0,
    )
    spoken = [act for act in caller.acts if act.startswith(("answer", "say", "ask"))]
    # Nobody is signed in, so the caller is told so.
    assert spoken == ["answer", "say zh/welcome", "ask zh/choose-language", "ask en/choose-topic", "say en/nobody-here"]
    assert caller.acts[-1] == "music waltz"
    session.cancel()


async def test_keys_pressed_while_something_is_said_answer_the_menus_that_follow(house: TestHouse) -> None:
    caller = FakeCaller()
    caller.presses_during = {"zh/welcome": "21"}
    session = await arrives(house, caller)
    assert not [act for act in caller.acts if act.startswith("ask")]
    (queued,) = house.events(Queued)
    assert dict(queued.attributes)["menu_path"] == "language/2/topic/1"
    session.cancel()


async def test_a_caller_who_presses_nothing_is_taken_on_by_the_flow_until_its_end(house: TestHouse) -> None:
    caller = FakeCaller(["", "", "", ""])
    await (await arrives(house, caller))
    assert caller.acts[-4:] == [
        "say zh/leave-message",
        f"message /messages/{CALL}-1.wav 120 5",
        "say zh/goodbye",
        f"set {DONE}",
    ]
    assert caller.variables[DONE] == "1"


async def test_a_wrong_key_is_told_and_the_menu_played_again(house: TestHouse) -> None:
    caller = FakeCaller(["1", "9", "2"])
    await arrives(house, caller)
    asked = [act for act in caller.acts if act.startswith(("ask", "say zh/wrong"))]
    assert asked == ["ask zh/choose-language", "ask zh/choose-topic", "ask zh/wrong-key zh/choose-topic"]
    caller.hangs_up()
    await settle()


# ------------------------------------------------------------------------------------------ offers


async def test_an_offer_is_recorded_dialled_and_when_the_talk_is_over_the_call_is_done(house: TestHouse) -> None:
    await house.agent_is_ready()
    talk: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2", "1"], [talk])
    session = await arrives(house, caller)
    assert caller.acts[-2:] == ["record /recordings/1.raw", "offer PJSIP/phone1 20 waltz"]
    ticket = house.ticket(caller.variables[VARIABLE])
    assert ticket.phase is Phase.OFFERED
    assert ticket.place is not None
    assert ticket.place.agent == "1001"
    talk.set_result(ConversationOver())
    await session
    assert caller.acts[-1] == f"set {DONE}"


async def test_a_caller_who_is_offered_at_once_is_rung_without_detours(house: TestHouse) -> None:
    await house.agent_is_ready()
    caller = FakeCaller(["2", "1"], [asyncio.get_running_loop().create_future()])
    await arrives(house, caller)
    assert caller.acts[-1] == "offer PJSIP/phone1 20 waltz"
    assert "music waltz" not in caller.acts
    caller.hangs_up()
    await settle()


async def test_a_caller_is_kept_for_the_agent_they_talked_with_last(house: TestHouse) -> None:
    prefer = (Preference(Whom.LAST_AGENT, 20.0),)
    await house.desk.ask(Configured(tuple(replace(plan, prefer=prefer) for plan in plans()), profiles()))
    for agent in ("1001", "1002"):
        await house.agent_is_ready(agent)
    house.customers.last_agents["13800138000"] = AgentId("1002")
    known = FakeCaller(["2", "1"], [asyncio.get_running_loop().create_future()], number="13800138000")
    await arrives(house, known)
    assert known.acts[-1] == "offer PJSIP/phone2 20 waltz"
    (queued,) = house.events(Queued)
    assert (queued.customer, queued.prefer, queued.prefer_until) == ("13800138000", "1002", 1020.0)
    known.hangs_up()
    await settle()


async def test_a_withheld_number_is_no_customer(house: TestHouse) -> None:
    caller = FakeCaller(["2", "1"])
    await arrives(house, caller)
    assert house.events(Queued)[0].customer is None
    place = house.ticket(caller.variables[VARIABLE]).place
    assert place is not None
    assert place.customer is None
    caller.hangs_up()
    await settle()


async def test_when_the_agent_does_not_answer_the_caller_keeps_place_and_goes_to_the_next(house: TestHouse) -> None:
    await house.agent_is_ready("1001")
    rings: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    second: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2", "1"], [rings, second])
    await arrives(house, caller)
    await house.agent_is_ready("1002")
    house.clock.now += 20
    rings.set_result(OfferFailed(OfferFailure.NO_ANSWER))
    await settle()
    (withdrawn,) = house.events(OfferWithdrawn)
    assert withdrawn.why is OfferFailure.NO_ANSWER
    at = caller.acts.index("stop recording")
    assert caller.acts[at : at + 3] == ["stop recording", f"set {VARIABLE}", "music waltz"]
    assert caller.acts[-1] == "offer PJSIP/phone2 20 waltz"
    assert house.desk.floor.calls[caller.call].joined_at == 1000.0
    caller.hangs_up()
    await settle()


async def test_between_offers_the_ticket_says_waiting_since_the_first_moment(house: TestHouse) -> None:
    await house.agent_is_ready()
    caller = FakeCaller(["2", "1"], [OfferFailed(OfferFailure.BUSY)])
    house.clock.now = 2000.0
    await arrives(house, caller)
    house.clock.now += 7
    ticket = house.ticket(caller.variables[VARIABLE])
    assert ticket.phase is Phase.WAITING
    assert ticket.place is not None
    assert ticket.place.waited_s == 7.0
    caller.hangs_up()
    await settle()


async def test_an_offer_withdrawn_before_the_dial_is_not_dialled(house: TestHouse) -> None:
    await house.agent_is_ready()
    caller = FakeCaller(["2", "1"], [])
    house.tape_file = None
    slow = asyncio.get_running_loop().create_future()
    say = caller.say

    async def say_slowly(sound: str) -> str:
        await say(sound)
        if sound.endswith("nobody-here"):
            await slow
        return ""

    caller.say = say_slowly  # type: ignore[method-assign]
    await house.desk.ask(AgentPaused(AgentId("1001"), "lunch", "test"))
    await arrives(house, caller)
    assert house.events(NobodyThere)
    await house.agent_is_ready("1002")
    assert house.events(Offered)
    await house.desk.ask(AgentPaused(AgentId("1002"), "lunch", "test"))
    slow.set_result(None)
    await settle()
    assert not any(act.startswith("offer") for act in caller.acts)
    assert house.desk.floor.calls[caller.call].state is CallState.WAITING
    caller.hangs_up()
    await settle()


async def test_a_recording_that_cannot_be_made_keeps_nobody_from_being_served(house: TestHouse) -> None:
    await house.agent_is_ready()
    house.tape_file = OSError("no space left on device")
    caller = FakeCaller(["2", "1"], [ConversationOver()])
    await (await arrives(house, caller))
    assert caller.variables[DONE] == "1"


async def test_an_end_that_the_floor_takes_for_a_talk_puts_the_caller_back_in_line(house: TestHouse) -> None:
    await house.agent_is_ready()
    rings: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2", "1"], [rings])
    await arrives(house, caller)
    await house.desk.ask(ConversationStarted(caller.call, AgentId("1001")))
    await house.desk.ask(AgentSignedOut(AgentId("1001"), "test"))
    rings.set_result(OfferFailed(OfferFailure.ERROR))
    await settle()
    call = house.desk.floor.calls[caller.call]
    assert (call.state, call.joined_at, call.attached) == (CallState.WAITING, 1000.0, True)
    caller.hangs_up()
    await settle()


# ------------------------------------------------------------------------------------------ nobody there


async def test_where_nobody_is_there_the_caller_is_told_in_their_language_and_waits_on(house: TestHouse) -> None:
    caller = FakeCaller(["2", "1"])
    await arrives(house, caller)
    assert caller.acts[-3:] == ["music off", "say en/nobody-here", "music waltz"]
    assert house.desk.floor.calls[caller.call].state is CallState.WAITING
    caller.hangs_up()
    await settle()


async def test_where_nobody_is_there_the_flow_may_take_the_caller_elsewhere(house: TestHouse) -> None:
    caller = FakeCaller(["1", "2"])
    await (await arrives(house, caller))
    (diverted,) = house.events(Diverted)
    assert (diverted.queue, diverted.to) == ("service", "message")
    assert f"message /messages/{CALL}-1.wav 120 5" in caller.acts
    assert caller.variables[DONE] == "1"
    assert house.ticket(caller.variables[VARIABLE]).phase is Phase.MENU


# ------------------------------------------------------------------------------------------ hanging up


async def test_a_caller_who_hangs_up_while_waiting_ends_the_session_and_ami_tells_the_rest(house: TestHouse) -> None:
    caller = FakeCaller(["2", "1"])
    session = await arrives(house, caller)
    caller.hangs_up()
    await session
    await settle()
    assert house.events(SessionDetached) == [SessionDetached(caller.call)]
    assert DONE not in caller.variables
    await house.desk.ask(CallerGone(caller.call))
    assert len(house.events(Abandoned)) == 1


async def test_a_caller_whose_link_falls_silent_is_handed_in_again_and_one_who_hangs_up_is_not(
    house: TestHouse,
) -> None:
    silent, leaves = FakeCaller(["2", "1"]), FakeCaller(["2", "1"], call="node1-1700000000.2")
    sessions = [await arrives(house, caller) for caller in (silent, leaves)]
    silent.falls_silent()
    leaves.hangs_up()
    for session in sessions:
        await session
    assert house.handed_in == [silent.call]


async def test_a_dial_that_ami_says_is_over_has_to_end_in_the_session_too(house: TestHouse) -> None:
    await house.agent_is_ready()
    over: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2", "1"], [over])
    session = await arrives(house, caller)
    await house.desk.ask(ConversationStarted(caller.call, AgentId("1001")))
    await settle()
    assert caller.expected_ends == []
    await house.desk.ask(ConversationEnded(caller.call, AgentId("1001"), EndedBy.AGENT))
    assert caller.expected_ends == [dial_watch.ENDS_WITHIN_S]
    caller.falls_silent()
    await session
    assert house.handed_in == [caller.call]


JOINED_BY = AgentId("1001")


async def joined_outside(house: TestHouse, over: asyncio.Future[OfferResult]) -> tuple[FakeCaller, asyncio.Task[None]]:
    """A caller whom the agent has joined to a number outside that they had asked."""
    await house.agent_is_ready()
    caller = FakeCaller(["2", "1"], [over])
    session = await arrives(house, caller)
    await house.desk.ask(ConversationStarted(caller.call, JOINED_BY))
    house.desk.note(FarEndAnswered(caller.call))
    await house.desk.ask(ConversationTakenOver(caller.call, JOINED_BY, None))
    await settle()
    return caller, session


async def test_a_caller_who_was_joined_to_a_number_outside_talks_on_in_their_session_and_it_is_told(
    house: TestHouse,
) -> None:
    over: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller, session = await joined_outside(house, over)
    assert caller.expected_ends == [], "the dial goes on"
    house.desk.note(FarEndGone(caller.call))
    await settle()
    assert caller.expected_ends == [dial_watch.ENDS_WITHIN_S]
    over.set_result(ConversationOver())
    await session
    assert house.events(HandedOver) == [HandedOver(caller.call, HandedTo.NUMBER, HandOverEnd.TALKED, "main", JOINED_BY)]
    assert caller.variables[TRANSFER] == ""
    assert caller.acts[-1] == f"set {DONE}"


async def test_who_was_joined_to_a_number_outside_and_hangs_up_first_is_told_of(house: TestHouse) -> None:
    over: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller, session = await joined_outside(house, over)
    caller.hangs_up()
    await session
    assert [told.end for told in house.events(HandedOver)] == [HandOverEnd.CALLER_GONE]


async def test_of_a_join_whose_session_is_lost_the_next_one_tells(house: TestHouse) -> None:
    over: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller, session = await joined_outside(house, over)
    caller.is_cut_off()
    await session
    assert house.events(HandedOver) == []
    again = FakeCaller(variables={**caller.variables, TRANSFER: JOINED, DIAL_STATUS: "ANSWER", TALKED: "talked"})
    await take_call(again, house.house)
    assert [(told.end, told.agent) for told in house.events(HandedOver)] == [(HandOverEnd.TALKED, JOINED_BY)]
    assert again.variables[TRANSFER] == ""
    assert again.acts[-1] == f"set {DONE}"


async def test_a_dial_that_rings_for_too_long_is_ended_and_asterisk_is_asked_whether_it_still_goes_on(
    house: TestHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dial_watch, "ENDS_WITHIN_S", -19.99)  # it rings for 20 s
    monkeypatch.setattr(dial_watch, "LOOKS_EVERY_S", 0.01)
    await house.agent_is_ready()
    over: asyncio.Future[OfferResult] = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2", "1"], [over])
    session = await arrives(house, caller)
    await house.asked_of_dials.acquire()
    await house.asked_of_dials.acquire()
    assert caller.expected_ends == []
    assert house.ringing_ended[0] == caller.call
    house.dials_over.add(caller.call)
    await house.asked_of_dials.acquire()
    await settle()
    assert len(caller.expected_ends) == 1
    caller.hangs_up()
    await session


async def test_a_caller_who_is_back_in_another_session_is_not_handed_in_once_more(house: TestHouse) -> None:
    first, second = FakeCaller(["2", "1"]), FakeCaller()
    session = await arrives(house, first)
    second.variables = first.variables
    await arrives(house, second)
    first.falls_silent()
    await session
    assert house.handed_in == []
    second.hangs_up()
    await settle()


async def test_a_caller_who_hangs_up_in_a_menu_was_never_in_line(house: TestHouse) -> None:
    caller = FakeCaller(["2", Hangs()])
    await (await arrives(house, caller))
    assert not house.desk.floor.calls


async def test_a_caller_whom_the_floor_takes_for_gone_but_who_is_there_takes_the_old_place_again(
    house: TestHouse,
) -> None:
    caller = FakeCaller(["2", "1"])
    await arrives(house, caller)
    house.clock.now += 40
    await house.desk.ask(CallerGone(caller.call))
    await settle()
    assert house.desk.floor.calls[caller.call].joined_at == 1000.0
    caller.hangs_up()
    await settle()


# ------------------------------------------------------------------------------------------ handed in again


async def test_handed_in_again_in_a_menu_the_caller_hears_that_menu_not_the_beginning(house: TestHouse) -> None:
    first = FakeCaller(["2"])
    await (await arrives_and_breaks_off(house, first))
    again = FakeCaller([], variables=first.variables)
    await arrives(house, again)
    assert [act for act in again.acts if act.startswith(("say", "ask"))] == ["ask en/choose-topic"]
    again.hangs_up()
    await settle()


async def arrives_and_breaks_off(house: TestHouse, caller: FakeCaller) -> asyncio.Task[None]:
    session = await arrives(house, caller)
    caller.hangs_up()
    return session


async def test_handed_in_again_while_waiting_the_caller_keeps_place_and_hears_only_music(house: TestHouse) -> None:
    text = house.tickets.write(waiting(house))
    house.clock.now += 3
    await house.agent_is_ready()
    again = FakeCaller([], [ConversationOver()], variables={VARIABLE: text})
    await (await arrives(house, again))
    (queued,) = house.events(Queued)
    assert queued.joined_at == 970.0
    assert (queued.priority, queued.need) == (2, "skill[call.language] >= 3")
    assert not [act for act in again.acts if act.startswith(("say", "ask"))]


async def test_handed_in_again_while_the_desk_knows_the_caller_only_the_session_is_new(house: TestHouse) -> None:
    caller = FakeCaller(["2", "1"])
    session = await arrives(house, caller)
    caller.hangs_up()
    await session
    await settle()
    again = FakeCaller([], variables=caller.variables)
    await arrives(house, again)
    assert len(house.events(SessionAttached)) == 1
    again.hangs_up()
    await settle()


async def test_a_ticket_of_another_call_or_another_key_is_refused_and_the_caller_starts_at_the_beginning(
    house: TestHouse,
) -> None:
    text = house.tickets.write(waiting(house))
    for caller in (
        FakeCaller([Hangs()], variables={VARIABLE: text}, call="node1-1700000000.2"),
        FakeCaller([Hangs()], variables={VARIABLE: "x" + text}),
    ):
        await (await arrives(house, caller))
        assert "say zh/welcome" in caller.acts


async def test_a_ticket_for_a_step_that_is_gone_starts_the_menu_phase_at_the_beginning(house: TestHouse) -> None:
    ticket = Ticket(waiting(house).call, "main", "old", "gone", (("language", "english"),))
    caller = FakeCaller([Hangs()], variables={VARIABLE: house.tickets.write(ticket)})
    await (await arrives(house, caller))
    assert "say zh/welcome" in caller.acts


# ------------------------------------------------------------------------------------------ mistakes of ours


async def test_a_mistake_of_ours_hands_the_caller_in_again_and_in_the_end_to_the_fail_safe(house: TestHouse) -> None:
    variables: dict[str, str] = {}
    for fault in (1, 2, 3):
        caller = FakeCaller([Crashes()], variables=variables)
        await (await arrives(house, caller))
        variables = caller.variables
        assert variables[FAULTS] == str(fault)
        assert DONE not in variables
        assert ("leave to switchboard-failsafe" in caller.acts) == (fault == 3)


async def test_a_flow_that_leads_to_a_queue_that_the_desk_does_not_know_ends_in_the_fail_safe_too(
    house: TestHouse,
) -> None:
    await only_service_is_left(house)
    caller = FakeCaller(["2", "1"], variables={FAULTS: "2"})
    await (await arrives(house, caller))
    assert caller.acts[-1] == "leave to switchboard-failsafe"


# ------------------------------------------------------------------------------------------ a flow that was reloaded


async def only_service_is_left(house: TestHouse) -> None:
    """The queue `sales` is removed."""
    kept = tuple(replace(profile, queues=(QueueId("service"),)) for profile in profiles())
    await house.desk.ask(Configured(plans()[1:], kept))


def reloaded(house: TestHouse, folder: Path, old: str, new: str) -> None:
    """The flow as it is now has another text in this place."""
    assert FLOW.count(old) == 1
    house.flows = flows_of(FLOW.replace(old, new), folder)


def said(caller: FakeCaller) -> list[str]:
    """What the caller heard of the flow."""
    return [act for act in caller.acts if act.startswith(("say", "ask"))]


async def at_the_topics(house: TestHouse) -> tuple[FakeCaller, asyncio.Future[str]]:
    """A caller who thinks over which topic to choose, in English."""
    key: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    caller = FakeCaller(["2", key])
    await arrives(house, caller)
    assert caller.acts[-1] == "ask en/choose-topic"
    return caller, key


async def test_a_caller_stays_in_the_version_of_the_flow_that_they_entered(house: TestHouse, tmp_path: Path) -> None:
    caller, key = await at_the_topics(house)
    reloaded(house, tmp_path, "{1: sales, 2: service}", "{1: service, 2: sales}")
    key.set_result("1")
    await settle()
    newer = FakeCaller(["2", "1"], call="node1-1700000000.2")
    await arrives(house, newer)
    assert [(queued.call, queued.queue) for queued in house.events(Queued)] == [
        (caller.call, "sales"),
        (newer.call, "service"),
    ]
    for each in (caller, newer):
        each.hangs_up()
    await settle()


async def test_a_caller_whose_version_leads_to_a_removed_queue_goes_on_at_the_same_step_in_the_flow_of_now(
    house: TestHouse, tmp_path: Path
) -> None:
    caller, key = await at_the_topics(house)
    await only_service_is_left(house)
    reloaded(house, tmp_path, "queue: sales, need", "queue: service, need")
    key.set_result("1")
    await settle()
    (queued,) = house.events(Queued)
    assert (queued.queue, dict(queued.attributes)["language"]) == ("service", "english")
    assert FAULTS not in caller.variables
    caller.hangs_up()
    await settle()


async def test_a_caller_whose_queue_and_step_are_gone_begins_the_flow_of_now_in_the_language_chosen(
    house: TestHouse, tmp_path: Path
) -> None:
    caller, key = await at_the_topics(house)
    await only_service_is_left(house)
    house.flows = flows_of(FLOW.replace("sales-queue", "line").replace("queue: sales,", "queue: service,"), tmp_path)
    key.set_result("1")
    await settle()
    assert said(caller)[-2:] == ["say en/welcome", "ask en/choose-language"]
    caller.hangs_up()
    await settle()


async def test_after_a_crash_a_caller_in_a_menu_goes_on_there_in_the_version_of_now(house: TestHouse) -> None:
    ticket = Ticket(waiting(house).call, "main", "a version that is gone", "topic", (("language", "english"),))
    caller = FakeCaller([], variables={VARIABLE: house.tickets.write(ticket)})
    await arrives(house, caller)
    assert said(caller) == ["ask en/choose-topic"]
    caller.hangs_up()
    await settle()


async def test_after_a_crash_a_caller_whose_queue_is_gone_goes_where_the_flow_of_now_leads(house: TestHouse) -> None:
    ticket = waiting(house)
    assert ticket.place is not None
    place = replace(ticket.place, queue=QueueId("closed"))
    gone = replace(ticket, flow_version="a version that is gone", place=place)
    caller = FakeCaller([], variables={VARIABLE: house.tickets.write(gone)})
    await arrives(house, caller)
    assert [queued.queue for queued in house.events(Queued)] == ["sales"]
    assert FAULTS not in caller.variables
    caller.hangs_up()
    await settle()


# ------------------------------------------------------------------------------------------ sent on


async def test_a_plan_that_finds_nobody_may_send_the_caller_on(house: TestHouse) -> None:
    sends_on = [
        replace(plan, no_agent_say="", no_agent_divert="", steps=(PlanStep("only", 0, divert="message"),))
        for plan in plans()
    ]
    await house.desk.ask(Configured(tuple(sends_on), profiles()))
    caller = FakeCaller(["2", "1"])
    await (await arrives(house, caller))
    assert [diverted.to for diverted in house.events(Diverted)] == ["message"]
    assert caller.variables[DONE] == "1"


# ------------------------------------------------------------------------------------------ turned away


async def strict_sales(house: TestHouse, **door: object) -> None:
    """Give the queue `sales` this door."""
    rules = Door(**door)  # type: ignore[arg-type]  # the fields are Door's own
    strict = [replace(plan, door=rules) if plan.queue == "sales" else plan for plan in plans()]
    await house.desk.ask(Configured(tuple(strict), profiles()))


@pytest.mark.parametrize(
    ("when", "prompt"),
    [
        ("2026-11-25T17:00", "we-are-closed"),
        ("2026-12-25T12:00", "happy-holiday"),
        ("2026-11-28T12:00", "we-are-closed"),
    ],
)
async def test_a_caller_outside_the_hours_hears_that_treatment_and_goes_on_at_its_step(
    house: TestHouse, when: str, prompt: str
) -> None:
    house.wall.now = datetime.fromisoformat(f"{when}+00:00").timestamp()
    closed, holiday = Treatment("we-are-closed", "message"), Treatment("happy-holiday", "message")
    await strict_sales(house, hours="shop", closed=closed, holiday=holiday)
    caller = FakeCaller(["2", "1"])
    await (await arrives(house, caller))
    assert [act for act in caller.acts if act.startswith(("say", "message", "music"))][-4:] == [
        f"say en/{prompt}",
        "say en/leave-message",
        "message /messages/node1-1700000000.1-1.wav 120 5",
        "say en/goodbye",
    ]
    assert caller.variables[DONE] == "1"
    assert (len(house.events(TurnedAway)), house.desk.floor.calls) == (1, {})


async def test_a_caller_within_the_hours_is_let_in(house: TestHouse) -> None:
    await strict_sales(house, hours="shop", closed=Treatment("we-are-closed", "message"))
    caller = FakeCaller(["2", "1"])
    session = await arrives(house, caller)
    assert house.events(Queued)
    session.cancel()


async def test_the_emergency_switch_closes_the_queue_for_the_next_caller(house: TestHouse) -> None:
    await strict_sales(
        house, hours="shop", closed=Treatment("we-are-closed"), emergency=Treatment("evacuated", "message")
    )
    house.calendars.throw("shop", Position.CLOSED, "fire", "test")
    caller = FakeCaller(["2", "1"])
    await (await arrives(house, caller))
    assert "say en/evacuated" in caller.acts


async def test_without_a_step_of_its_own_the_call_ends_after_the_prompt(house: TestHouse) -> None:
    await strict_sales(house, none_signed_in=Treatment("nobody-here"))
    caller = FakeCaller(["2", "1"])
    await (await arrives(house, caller))
    assert [act for act in caller.acts if not act.startswith("set")][-1] == "say en/nobody-here"


async def test_where_the_queue_names_no_step_the_flow_s_own_is_taken(house: TestHouse, tmp_path: Path) -> None:
    house.flows = flows_of(FLOW.replace("priority: 2}", "priority: 2, turned_away: message}"), tmp_path)
    await strict_sales(house, none_signed_in=Treatment("nobody-here"))
    caller = FakeCaller(["2", "1"])
    await (await arrives(house, caller))
    assert "say en/leave-message" in caller.acts


async def test_a_caller_handed_in_again_keeps_the_place_although_the_queue_closed_meanwhile(house: TestHouse) -> None:
    await strict_sales(
        house, hours="shop", closed=Treatment("we-are-closed", "message"), full=Treatment("full"), most=1
    )
    house.calendars.throw("shop", Position.CLOSED, "fire", "test")
    caller = FakeCaller(variables={VARIABLE: house.tickets.write(waiting(house))})
    session = await arrives(house, caller)
    (queued,) = house.events(Queued)
    assert (queued.joined_at, caller.acts[-1]) == (970.0, "music waltz")
    session.cancel()


async def test_an_hours_step_leads_where_the_clock_on_the_wall_says(house: TestHouse, tmp_path: Path) -> None:
    door = "steps:\n  door: {do: hours, calendar: shop, open: welcome, closed: goodbye, holiday: message}\n"
    text = FLOW.replace("start: welcome", "start: door").replace("steps:\n", door)
    house.flows = flows_of(text, tmp_path)
    said = {}
    for when in ("2026-11-25T12:00", "2026-11-25T17:00", "2026-12-25T12:00"):
        house.wall.now = datetime.fromisoformat(f"{when}+00:00").timestamp()
        caller = FakeCaller([Hangs()])
        await (await arrives(house, caller))
        said[when] = next(act for act in caller.acts if act.startswith("say"))
    assert list(said.values()) == ["say zh/welcome", "say zh/goodbye", "say zh/leave-message"]


async def test_a_caller_who_would_wait_too_long_is_turned_away_while_those_before_wait_on(house: TestHouse) -> None:
    await house.agent_is_ready()
    for number in range(10):  # the pace of the queue has to be known
        call = CallId(f"node1-{number}")
        await house.desk.ask(CallerJoined(call, QueueId("sales")))
        await house.desk.ask(ConversationStarted(call, AgentId("1001")))
        house.clock.now += 100.0
        await house.desk.ask(ConversationEnded(call, AgentId("1001"), EndedBy.CALLER))
    await strict_sales(house, too_long=Treatment("call-later", "message"), expected_wait_above_s=250.0)
    for number in range(20, 26):
        await house.desk.ask(CallerJoined(CallId(f"node1-{number}"), QueueId("sales"), priority=2))
    caller = FakeCaller(["2", "1"])
    await arrives(house, caller)
    (away,) = house.events(TurnedAway)
    assert (away.why, away.limit, len(house.desk.floor.calls)) == (TurnedAwayFor.TOO_LONG, 250, 6)
    assert away.measured > 250
    assert "say en/call-later" in caller.acts


# ------------------------------------------------------------------------------------------ told in line, and leaving by key


TOLD = Announcing(20.0, 60.0, place=True, say=("welcome",))
AT_ONCE_S = 1e-9
"""Later than now, and due as soon as the loop turns."""
PLACE = ["say en/line-place", "say en/core:digits/1", "say en/line-place-end"]


async def test_what_was_due_while_nobody_was_there_is_not_made_up_for(house: TestHouse) -> None:
    sales, service = plans()
    await house.desk.ask(Configured((replace(sales, no_agent_say="", announce=TOLD), service), profiles()))
    caller = FakeCaller(variables={VARIABLE: house.tickets.write(waiting(house))})
    house.clock.now += 55.0  # 85 s waited: two announcements have passed
    session = await arrives(house, caller)
    assert not [act for act in caller.acts if act.startswith("say")]
    session.cancel()


async def test_an_announcement_is_made_when_it_is_due_and_the_music_goes_on(house: TestHouse) -> None:
    sales, service = plans()
    plan = replace(sales, no_agent_say="", announce=replace(TOLD, first_after_s=AT_ONCE_S))
    await house.desk.ask(Configured((plan, service), profiles()))
    caller = FakeCaller(["2", "1"])
    session = await arrives(house, caller)  # by the desk's clock, which stands, the timer came early
    begin = caller.acts.index("music off")
    assert caller.acts[begin:] == ["music off", *PLACE, "say en/welcome", "music waltz"]
    session.cancel()


async def lasting(house: TestHouse, keys: tuple[tuple[str, str], ...] = ()) -> tuple[FakeCaller, asyncio.Task[None]]:
    """A caller who is just being told something long, which ends when the house hushes it."""
    sales, service = plans()
    plan = replace(sales, no_agent_say="", announce=replace(TOLD, first_after_s=AT_ONCE_S), keys=keys)
    await house.desk.ask(Configured((plan, service), profiles()))
    caller = FakeCaller(["2", "1"], [ConversationOver()])
    caller.lasting["en/line-place"] = asyncio.get_running_loop().create_future()
    session = await arrives(house, caller)
    assert "say en/line-place" in caller.acts
    return caller, session


async def test_an_offer_ends_what_is_being_said_and_rings_at_once(house: TestHouse) -> None:
    caller, session = await lasting(house)
    await house.agent_is_ready("1001")
    await settle()
    assert house.hushed == [caller.call]
    caller.lasting["en/line-place"].set_result(None)
    await session
    said = caller.acts[caller.acts.index("say en/line-place") :]
    assert said[:2] == ["say en/line-place", "music waltz"]
    assert any(act.startswith("offer PJSIP/phone1") for act in said)


async def test_a_key_ends_what_is_being_said_and_leads_to_its_step(house: TestHouse) -> None:
    caller, session = await lasting(house, keys=(("1", "message"),))
    house.desk.post(KeyPressed(caller.call, "5"))
    await settle()
    assert house.hushed == []
    house.desk.post(KeyPressed(caller.call, "1"))
    await settle()
    assert house.hushed == [caller.call]
    caller.lasting["en/line-place"].set_result(None)
    await session
    assert "say en/leave-message" in caller.acts
    assert [event.to for event in house.events(Diverted)] == ["message"]


async def test_a_key_for_a_step_that_the_caller_s_flow_has_not_does_nothing(house: TestHouse) -> None:
    caller, session = await lasting(house, keys=(("1", "removed-since"),))
    house.desk.post(KeyPressed(caller.call, "1"))
    await settle()
    assert house.hushed == []
    session.cancel()


async def test_what_does_not_go_along_to_the_line_is_known_again_after_a_crash(
    house: TestHouse, tmp_path: Path
) -> None:
    text = FLOW.replace("queue: sales, need", "queue: sales, attributes: [], need")
    house.flows = flows_of(text, tmp_path)
    caller = FakeCaller(["2", "1"])
    await arrives(house, caller)
    ticket = house.ticket(caller.variables[VARIABLE])
    assert ticket.place is not None
    assert "topic" not in dict(ticket.place.attributes)
    assert dict(ticket.variables) == {"topic": "sales"}
    caller.hangs_up()
    await settle()
    again = FakeCaller(variables=caller.variables)
    await arrives(house, again)
    assert dict(house.ticket(again.variables[VARIABLE]).variables) == {"topic": "sales"}
    again.hangs_up()
    await settle()
