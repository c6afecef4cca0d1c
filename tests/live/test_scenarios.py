"""What callers and agents live through, on a real Asterisk with real phones; the ledger judges after each."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from socket import SOCK_DGRAM, socket

import numpy as np
import pytest
import soundfile

from deploy.sites import LOOPBACK
from deploy.telephones.caller_stream import CallerOutcome, CallPlan, Key, caller_stream
from deploy.telephones.callers import Caller
from deploy.telephones.handset import Exchange, HandsetState
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from deploy.telephones.scenarios import Sound
from deploy.telephones.voice import write_voice
from ivr.agi.caller import BY_HAND_S
from tests.live.hearing import AUDIBLE, RATE_HZ, Heard, heard_in, sides_of
from tests.live.house import SOON_S, Agent, Happened, House, Json
from tests.live.sites import NUMBERS
from tests.live.waiting import until, until_seen

AT_ONCE_S = 1.0
"""A decision and its first ring are far quicker; a caller would not notice."""
RING_S = 3.0
"""Of every queue in config/queues.yaml but crowd."""
WRAP_UP_S = 4.0
"""Of the queue careful."""
OWN_WRAP_UP_S = 3.0
"""Of an agent who is given one: longer than that of the queue sales, shorter than that of careful."""
WIDENED_AFTER_S = 4.0
"""When the queue expert admits everyone."""


def hears(caller: Caller) -> Heard:
    return heard_in(caller.heard_files()[-1])


def rung(house: House, caller: Caller) -> list[str]:
    """The phones that rang for the caller, in order."""
    return [offer.phone.removeprefix("PJSIP/") for offer in house.life(caller).offers]


async def until_rings(house: House, caller: Caller, agent: Agent, within_s: float) -> None:
    await house.observer.until(
        lambda: agent.phone.name in rung(house, caller), f"{agent.phone.name} rings for {caller.name}", within_s
    )


async def press(house: House, caller: Caller, key: str) -> None:
    """Press a key in the menu, once it is being said."""
    await until(lambda: hears(caller).last(0.5).level > AUDIBLE, "the menu is said", SOON_S)
    await caller.press(key)
    await house.observer.until(lambda: bool(house.life(caller).places), f"{caller.name} is in line", SOON_S)


def moves(events: list[Happened], agent: Agent) -> list[tuple[str, str]]:
    """The agent's states, each before and after."""
    return [
        (event.data["before"], event.data["after"])
        for event in events
        if event.kind == "AgentStateChanged" and event.data["agent"] == agent.number
    ]


# ---------------------------------------------------------------------------------------------------- one call


async def test_a_call_is_queued_offered_answered_ended_and_the_agent_ready_again(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(1.0))
    await house.until_event("AgentStateChanged", agent=agent.number, before="paused", after="ready")
    before = len(moves(await house.events(), agent))
    caller = await house.caller("main")
    await press(house, caller, "1")
    await house.until_talking(caller, agent)
    call = house.life(caller).call
    await until(lambda: hears(caller).last(0.5).share_of(agent.tone_hz) > 0.9, "the caller hears the agent", SOON_S)
    await agent.phone.hang_up()
    await caller.until(HandsetState.IDLE, SOON_S)
    await agent.until("wrap_up")
    await agent.until("ready")
    await house.until_event("AgentStateChanged", agent=agent.number, before="wrap_up", after="ready")

    events = [event for event in await house.events() if event.data.get("call") == call]
    steps = [event.kind for event in events if event.kind in {"Queued", "Offered", "Connected", "Ended", "Abandoned"}]
    assert steps == ["Queued", "Offered", "Connected", "Ended"]
    assert moves(await house.events(), agent)[before:] == [
        ("ready", "offered"),
        ("offered", "talking"),
        ("talking", "wrap_up"),
        ("wrap_up", "ready"),
    ]
    ended = next(event for event in events if event.kind == "Ended")
    assert (ended.data["agent"], ended.data["by"]) == ("1001", "agent")
    life = house.life(caller)
    assert rung(house, caller) == ["phone1"]
    assert [(talk.phone, talk.hung_up_by) for talk in life.talks] == [("PJSIP/phone1", "agent")]


async def test_the_caller_hears_music_while_waiting_and_both_hear_each_other_afterwards(house: House) -> None:
    caller = await house.waiting_caller("sales")
    await until(lambda: hears(caller).last(1.0).level > AUDIBLE, "the caller hears music", SOON_S)
    agent = await house.ready_agent("1001", AnswerAfter(0.5))
    assert hears(caller).last(1.0).share_of(agent.tone_hz) < 0.5
    await house.until_talking(caller, agent)
    await until(lambda: hears(caller).last(0.5).share_of(agent.tone_hz) > 0.9, "the caller hears the agent", SOON_S)
    await until(
        lambda: heard_in(agent.phone.heard_files()[-1]).last(0.5).share_of(caller.sound.tone_hz) > 0.9,
        "the agent hears the caller",
        SOON_S,
    )


async def test_a_conversation_is_recorded_one_side_a_channel_and_catalogued_with_its_tags(house: House) -> None:
    agent = await house.ready_agent("1001", AnswerAfter(0.2))
    caller = await house.caller("main")
    await press(house, caller, "1")
    await house.until_talking(caller, agent)
    await until(lambda: hears(caller).last(1.0).share_of(agent.tone_hz) > 0.9, "a second of talk", SOON_S)
    await caller.hang_up()
    call = house.life(caller).call

    async def complete() -> Json | None:
        found = (await house.get("/api/v1/recordings?agent=1001"))["items"]
        return next((each for each in found if each["call"] == call and each["state"] == "complete"), None)

    recording = await until_seen(complete, "the recording is in the catalogue", 2 * SOON_S)
    assert recording["queue"] == "sales"
    assert recording["agent"] == "1001"
    assert recording["agent_name"] == "王小明"
    assert recording["ended_by"] == "caller"
    assert recording["skills"] == ["english"]
    assert recording["language"] == "english"
    sound = await house.api.get(f"/api/v1/recordings/{recording['id']}/audio")
    left, right = sides_of(sound.content)
    assert left.between(0.2, 0.8).share_of(caller.sound.tone_hz) > 0.9
    assert right.between(0.2, 0.8).share_of(agent.tone_hz) > 0.9


# ---------------------------------------------------------------------------------------------------- pauses


async def test_nobody_rings_while_all_agents_are_paused_and_the_caller_is_told(house: House) -> None:
    agents = [await house.paused_agent(number, AnswerAfter(0.0)) for number in ("1001", "1002")]
    for agent in agents:
        await agent.does("pause", reason="lunch")
    caller = await house.waiting_caller("sales")
    call = house.life(caller).call
    told = await house.until_event("NobodyThere", call=call)
    assert told.data["say"] == "nobody-here"
    await until(lambda: hears(caller).last(0.5).level > AUDIBLE, "the announcement or music", SOON_S)

    why = (await house.call_of(caller))["why"]
    assert set(why) == {"zh-CN", "en"}
    assert "paused" in why["en"] or "pause" in why["en"]
    now = (await house.get(f"/api/v1/calls/{call}/decisions"))["now"]
    verdicts = {each["agent"]: (each["verdict"], each["reason"]) for each in now["candidates"]}
    assert verdicts["1001"] == verdicts["1002"] == ("paused", "lunch")
    assert verdicts["1003"][0] == "signed_out"
    assert rung(house, caller) == []

    await agents[1].does("ready")
    await house.until_talking(caller, agents[1])


async def test_only_the_one_who_is_not_paused_rings(house: House) -> None:
    paused = await house.paused_agent("1001", AnswerAfter(0.0))
    ready = await house.ready_agent("1002", AnswerAfter(0.2))
    caller = await house.caller("sales")
    await house.until_talking(caller, ready)
    assert rung(house, caller) == ["phone2"]
    assert "CALL_INCOMING" not in {event.kind for event in paused.phone.history}


# ---------------------------------------------------------------------------------------------------- no answer


async def test_an_agent_who_does_not_answer_is_not_responding_and_the_caller_stays_first(house: House) -> None:
    silent = await house.ready_agent("1001", NeverAnswer())
    first = await house.waiting_caller("sales")
    second = await house.waiting_caller("sales")
    await until_rings(house, first, silent, SOON_S)
    await house.until_event("OfferWithdrawn", RING_S + SOON_S, agent="1001", why="no_answer")
    offer = house.life(first).offers[0]
    assert offer.ended_at is not None
    assert offer.ended_at - offer.began_at == pytest.approx(RING_S, abs=1.0)
    assert (await silent.until("not_responding"))["call"] is None
    positions = {call["id"]: call["position"] for call in await house.calls()}
    assert positions == {house.life(first).call: 1, house.life(second).call: 2}

    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(first, other)
    assert rung(house, first) == ["phone1", "phone2"]
    assert rung(house, second) == []


async def test_the_agent_who_let_it_ring_is_not_tried_first_again(house: House) -> None:
    agents = {f"phone{seat}": await house.ready_agent(f"100{seat}", NeverAnswer()) for seat in (1, 2)}
    caller = await house.caller("patient")
    await house.observer.until(lambda: len(rung(house, caller)) > 1, "a second phone rings", RING_S + SOON_S)
    first, second = rung(house, caller)[:2]
    assert {first, second} == set(agents)
    assert (await agents[first].now())["state"] == "ready"
    await agents[second].phone.accept()
    await house.until_talking(caller, agents[second])


async def test_a_refused_call_goes_to_the_next_agent(house: House) -> None:
    refusing = await house.ready_agent("1001", NeverAnswer())
    caller = await house.caller("sales")
    await until_rings(house, caller, refusing, SOON_S)
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await refusing.phone.until(HandsetState.RINGING, SOON_S)
    await refusing.phone.hang_up()
    await house.until_talking(caller, other)
    assert rung(house, caller) == ["phone1", "phone2"]


async def test_an_agent_who_refuses_is_paused_where_the_queue_says_so_and_the_caller_goes_on(house: House) -> None:
    refusing = await house.ready_agent("1001", NeverAnswer())
    caller = await house.caller("patient")
    await until_rings(house, caller, refusing, SOON_S)
    await refusing.phone.until(HandsetState.RINGING, SOON_S)
    await asyncio.sleep(BY_HAND_S)  # as a person would: sooner it is the phone's doing
    await refusing.phone.hang_up()
    assert (await refusing.until("paused"))["reason"] == "refused"
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other)
    assert rung(house, caller) == ["phone1", "phone2"]


async def test_a_phone_engaged_without_our_knowing_is_busy_and_its_agent_left_alone_for_a_moment(house: House) -> None:
    await house.ready_agent("1001", NeverAnswer())
    caller = await house.caller("patient")
    await house.observer.until(lambda: bool(rung(house, caller)), "the first phone rings", SOON_S)
    with socket(type=SOCK_DGRAM) as silent_peer:
        silent_peer.bind((LOOPBACK, 0))
        engaged = await house.agent("1002", NeverAnswer())
        await engaged.phone.dial("somebody", Exchange(LOOPBACK, silent_peer.getsockname()[1]))
        await engaged.phone.until(HandsetState.DIALLING, SOON_S)
        await engaged.sign_in()
        await engaged.does("ready")
        await house.until_event("OfferWithdrawn", RING_S + SOON_S, agent="1002", why="busy")
        alone = await house.until_event("AgentStateChanged", agent="1002", after="busy_elsewhere")
        assert alone.data["until"] is not None
        await engaged.does("ready")
        assert rung(house, caller) == ["phone1", "phone2"], "the same caller is not offered at once again"


async def test_a_pause_while_the_phone_rings_withdraws_the_offer(house: House) -> None:
    agent = await house.ready_agent("1001", NeverAnswer())
    caller = await house.caller("crowd")
    await until_rings(house, caller, agent, SOON_S)
    await agent.phone.until(HandsetState.RINGING, SOON_S)
    await agent.does("pause", reason="break")
    await agent.phone.until(HandsetState.IDLE, AT_ONCE_S)
    other = await house.ready_agent("1002", AnswerAfter(0.1))
    await house.until_talking(caller, other)


# ---------------------------------------------------------------------------------------------------- skills


async def test_an_agent_below_the_need_rings_from_the_plan_s_next_step_on(house: House) -> None:
    beginner = await house.ready_agent("1003", AnswerAfter(0.1))
    caller = await house.waiting_caller("expert")
    now = (await house.get(f"/api/v1/calls/{house.life(caller).call}/decisions"))["now"]
    verdicts = {each["agent"]: each["verdict"] for each in now["candidates"]}
    assert verdicts["1003"] == "lacks_skill"
    assert now["next_change_at"] is not None
    await house.until_talking(caller, beginner, WIDENED_AFTER_S + SOON_S)
    life = house.life(caller)
    waited_s = life.offers[0].began_at - life.places[0].joined_at
    assert waited_s == pytest.approx(WIDENED_AFTER_S, abs=AT_ONCE_S / 2)
    await house.until_event("StepWidened", call=life.call, step=1)


async def test_a_skill_given_while_a_caller_waits_counts_at_once(house: House) -> None:
    agent = await house.ready_agent("1003", AnswerAfter(0.1))
    caller = await house.waiting_caller("strict")
    assert rung(house, caller) == []
    now = (await house.get(f"/api/v1/calls/{house.life(caller).call}/decisions"))["now"]
    assert now["unmet"] == ["skill.english >= 10"]
    assert now["in_words"] == {
        "en": "No agent of this queue has English ≥ 10.",
        "zh-CN": "此队列没有坐席具备英语 ≥ 10。",
    }
    assert (await house.call_of(caller))["why"] == now["in_words"]
    asked_at = house.observer.now()
    await agent.skilled(english=10)
    await house.until_talking(caller, agent)
    assert house.life(caller).offers[0].began_at - asked_at < AT_ONCE_S


async def test_the_better_of_two_agents_is_rung(house: House) -> None:
    await house.ready_agent("1003", AnswerAfter(0.1))
    fluent = await house.ready_agent("1002", AnswerAfter(0.1))
    caller = await house.caller("expert")
    await house.until_talking(caller, fluent)
    assert rung(house, caller) == ["phone2"]


# ---------------------------------------------------------------------------------------------------- private calls


async def on_a_private_call(house: House) -> tuple[Agent, Agent]:
    """Two agents who take calls, and talk with each other."""
    one, other = [await house.ready_agent(number, AnswerAfter(0.1)) for number in ("1001", "1002")]
    await one.phone.dial("102")
    for each in (one, other):
        await each.phone.until(HandsetState.ESTABLISHED, SOON_S)
        await each.until("busy_elsewhere")
    return one, other


async def test_agents_busy_on_a_private_call_are_never_rung_and_rung_when_it_ends(house: House) -> None:
    one, other = await on_a_private_call(house)
    caller = await house.waiting_caller("sales")
    now = (await house.get(f"/api/v1/calls/{house.life(caller).call}/decisions"))["now"]
    verdicts = {each["agent"]: each["verdict"] for each in now["candidates"]}
    assert verdicts["1001"] == verdicts["1002"] == "busy_elsewhere"
    counts = (await house.queue("sales"))["agents"]
    assert (counts["busy_elsewhere"], counts["ready"]) == (2, 0)
    assert rung(house, caller) == []

    ended_at = house.observer.now()
    await other.phone.hang_up()
    await house.observer.until(lambda: bool(rung(house, caller)), "a phone rings", SOON_S)
    assert house.life(caller).offers[0].began_at - ended_at < AT_ONCE_S
    chosen = one if rung(house, caller) == ["phone1"] else other
    await house.until_talking(caller, chosen)


async def test_a_private_call_is_known_again_after_the_service_was_killed(house: House) -> None:
    one, other = await on_a_private_call(house)
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    for each in (one, other):
        await each.until("busy_elsewhere")
    await one.phone.hang_up()
    for each in (one, other):
        await each.until("ready")


async def test_an_agent_who_dials_ready_is_rung_only_after_hanging_up(house: House) -> None:
    agent = await house.paused_agent("1001", AnswerAfter(0.1))
    caller = await house.waiting_caller("sales")
    await agent.phone.dial("*12")
    await house.until_talking(caller, agent, 2 * SOON_S)
    phone = f"PJSIP/{agent.phone.name}"
    uses = [
        event.data["use"] for event in await house.events() if event.data.get("phone") == phone and "use" in event.data
    ]
    assert uses == ["in_use", "free"]
    assert rung(house, caller) == ["phone1"]


# ---------------------------------------------------------------------------------------------------- hold


async def two_who_talk(house: House) -> tuple[Agent, Caller]:
    """An agent and a caller in conversation."""
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    caller = await house.caller("crowd")
    await house.until_talking(caller, agent)
    return agent, caller


async def test_who_puts_whom_on_hold_is_seen_and_counted_apart(house: House) -> None:
    agent, caller = await two_who_talk(house)
    await agent.phone.hold()
    await agent.until("on_hold")
    assert (await house.call_of(caller))["state"] == "on_hold"
    assert (await house.queue("crowd"))["agents"]["on_hold"] == 1
    await agent.phone.resume()
    await agent.until("talking")
    await caller.hold()
    assert (await agent.until("on_hold"))["call"] == house.life(caller).call
    await caller.hang_up()
    ended = await house.until_event("Ended", call=house.life(caller).call)
    assert 0 < ended.data["held_s"] < ended.data["talked_s"]
    holds = [(event.kind, event.data["by"]) for event in await house.events() if event.kind.endswith("Hold")]
    assert holds == [("PutOnHold", "agent"), ("TakenOffHold", "agent"), ("PutOnHold", "caller")]


async def test_hold_is_known_again_after_the_service_was_killed(house: House) -> None:
    agent, caller = await two_who_talk(house)
    await agent.phone.hold()
    await agent.until("on_hold")
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await agent.until("on_hold")
    assert (await house.call_of(caller))["state"] == "on_hold"
    await agent.phone.resume()
    await agent.until("talking")


# ---------------------------------------------------------------------------------------------------- wrap-up


async def two_calls_in_a_row(house: House) -> tuple[Agent, Caller]:
    """An agent has served the first of two callers, and is in wrap-up; the second waits."""
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    first = await house.caller("careful")
    await house.until_talking(first, agent)
    second = await house.waiting_caller("careful")
    await first.hang_up()
    await agent.until("wrap_up")
    return agent, second


async def test_no_offer_is_made_before_the_wrap_up_is_over(house: House) -> None:
    agent, second = await two_calls_in_a_row(house)
    await house.until_talking(second, agent, WRAP_UP_S + SOON_S)
    first_talk, offer = house.observer.ledger.talks[0], house.life(second).offers[0]
    assert first_talk.ended_at is not None
    assert offer.began_at - first_talk.ended_at == pytest.approx(WRAP_UP_S, abs=AT_ONCE_S / 2)


async def test_an_agent_may_end_the_wrap_up_early(house: House) -> None:
    agent, second = await two_calls_in_a_row(house)
    asked_at = house.observer.now()
    await agent.does("ready")
    await house.until_talking(second, agent)
    assert house.life(second).offers[0].began_at - asked_at < AT_ONCE_S


async def test_the_longer_wrap_up_holds_the_agent_s_own_or_the_queue_s(house: House) -> None:
    house.rewrite("agents.yaml", "name: 王小明,", f"name: 王小明, wrap_up: {OWN_WRAP_UP_S:g},")
    await house.reload()
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for flow, longer_s in (("sales", OWN_WRAP_UP_S), ("careful", WRAP_UP_S)):
        caller = await house.caller(flow)
        await house.until_talking(caller, agent)
        await caller.hang_up()
        now = await agent.until("wrap_up")
        assert now["until"] - now["since"] == pytest.approx(longer_s, abs=0.01)
        await agent.does("ready")


# ---------------------------------------------------------------------------------------------------- who is next


async def served_in_turn(house: House, agent: Agent, callers: list[Caller]) -> None:
    """Each of these talks with the agent, in this order."""
    for caller in callers:
        await house.until_talking(caller, agent)
        await caller.hang_up()
    assert [talk.caller for talk in house.observer.ledger.talks] == [house.life(caller).call for caller in callers]


async def test_a_higher_priority_goes_ahead_of_lower_and_behind_earlier_equals(house: House) -> None:
    house.rewrite("flows/patient.yaml", "queue: patient", "queue: crowd\n    priority: 5")
    await house.reload()
    usual = await house.waiting_caller("crowd")
    urgent, also_urgent = [await house.waiting_caller("patient") for _ in range(2)]
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await served_in_turn(house, agent, [urgent, also_urgent, usual])


async def test_with_ageing_who_has_waited_long_is_not_overtaken_by_a_higher_priority(house: House) -> None:
    house.rewrite("flows/patient.yaml", "queue: patient", "queue: crowd\n    priority: 5")
    house.rewrite("queues.yaml", "name: {zh-CN: 热线, en: Crowd}", "name: {zh-CN: 热线, en: Crowd}\n    ageing: 0.1")
    await house.reload()
    patient = await house.waiting_caller("crowd")

    async def old_enough() -> bool:
        page = await house.get("/api/v1/calls")
        return bool(page["at"] - page["items"][0]["joined_at"] > 5 * 0.1)

    await until_seen(old_enough, "the wait outweighs the priority", SOON_S)
    urgent = await house.waiting_caller("patient")
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await served_in_turn(house, agent, [patient, urgent])


async def test_an_agent_of_two_queues_takes_whom_the_plans_rank_first_whatever_the_queue(house: House) -> None:
    first = await house.waiting_caller("patient")
    second = await house.waiting_caller("crowd")
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await served_in_turn(house, agent, [first, second])


async def test_an_agent_s_own_order_of_queues_goes_before_the_time_waited(house: House) -> None:
    house.could_serve = lambda _, life: life.places[0].queue != "patient"  # the ledger knows of no such order
    house.rewrite("agents.yaml", "name: 王小明,", "name: 王小明, orders: {patient: 2},")
    await house.reload()
    first = await house.waiting_caller("patient")
    second = await house.waiting_caller("crowd")
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    await served_in_turn(house, agent, [second, first])


# ---------------------------------------------------------------------------------------------------- callers


async def test_a_caller_who_hangs_up_while_waiting_is_abandoned_and_gone_from_the_board(house: House) -> None:
    before = await house.queue("sales")
    caller = await house.waiting_caller("sales")
    assert (await house.queue("sales"))["waiting"] == before["waiting"] + 1
    await caller.hang_up()
    await house.until_event("Abandoned", call=house.life(caller).call)
    await house.until_floor_is_empty()
    after = await house.queue("sales")
    assert (after["offered"], after["abandoned"]) == (before["offered"] + 1, before["abandoned"] + 1)


async def test_a_caller_who_hangs_up_while_the_phone_rings_frees_the_agent(house: House) -> None:
    agent = await house.ready_agent("1001", NeverAnswer())
    caller = await house.caller("crowd")
    await agent.phone.until(HandsetState.RINGING, SOON_S)
    await caller.hang_up()
    await agent.phone.until(HandsetState.IDLE, SOON_S)
    await agent.until("ready")


async def test_callers_are_served_in_the_order_in_which_they_came(house: House) -> None:
    callers = [await house.waiting_caller("crowd") for _ in range(3)]
    agent = await house.ready_agent("1001", AnswerAfter(0.1))
    for caller in callers:
        await house.until_talking(caller, agent)
        await caller.hang_up()
    assert [talk.caller for talk in house.observer.ledger.talks] == [house.life(caller).call for caller in callers]


@pytest.mark.parametrize("way", Sound)
async def test_a_caller_of_a_stream_presses_keys_and_is_heard_by_the_agent(house: House, way: Sound) -> None:
    agent = await house.ready_agent("1002", AnswerAfter(0.1))
    tone_hz = 700
    sound, capture = house.folder / "voice.wav", house.folder / "voice.pcap"
    seconds = np.arange(RATE_HZ) / RATE_HZ
    soundfile.write(sound, 0.5 * np.sin(2 * np.pi * tone_hz * seconds), RATE_HZ)
    write_voice(sound, capture, lasting_s=30)
    plans = [CallPlan("5570001", (Key("2", 1.0),), patience_s=60)]
    async with caller_stream(
        house.exchange, NUMBERS["main"], plans, parent=house.folder, voice=capture, sound=way
    ) as stream:
        await stream.until_answered(1, SOON_S)
        await agent.until("talking", 2 * SOON_S)
        await until(
            lambda: heard_in(agent.phone.heard_files()[-1]).last(0.5).share_of(tone_hz) > 0.9, "the voice", SOON_S
        )
        await agent.phone.hang_up()
        await stream.until(lambda now: now == [CallerOutcome.ENDED_BY_SITE], "ended", SOON_S)
    assert house.observer.ledger.by_number("5570001").places[0].queue == "expert"


# ---------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/v1/agents/1009/ready", None, HTTPStatus.NOT_FOUND),
        ("POST", "/api/v1/agents/1003/ready", None, HTTPStatus.CONFLICT),
        ("POST", "/api/v1/agents/1001/pause", {}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ("POST", "/api/v1/agents/1002/sign-in", {"phone": "PJSIP/phone1"}, HTTPStatus.CONFLICT),
        ("POST", "/api/v1/agents/1001/dance", None, HTTPStatus.NOT_FOUND),
        ("PUT", "/api/v1/agents/1001/skills", {"english": 11}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ("GET", "/api/v1/queues/sail", None, HTTPStatus.NOT_FOUND),
        ("GET", "/api/v1/calls/node1-0.0/decisions", None, HTTPStatus.NOT_FOUND),
    ],
)
async def test_bad_input_is_answered_with_a_problem_and_changes_nothing(
    house: House, method: str, path: str, body: dict[str, object] | None, status: HTTPStatus
) -> None:
    await house.ready_agent("1001", AnswerAfter(0.0))
    before = [(await house.get("/api/v1/agents"))["items"], len(await house.events())]
    answer = await house.api.request(method, path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status"} <= answer.json().keys()
    after = [(await house.get("/api/v1/agents"))["items"], len(await house.events())]
    assert after == before
