"""A caller agrees to be called back, and an agent's channel carries it out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from acd.callback import Terms
from acd.events import CallbackTried, Offered, OfferWithdrawn, Queued
from acd.names import (
    AgentId,
    AttemptOutcome,
    CallId,
    CallState,
    CustomerKey,
    DialDoor,
    EndedBy,
    OfferFailure,
    QueueId,
    callback_of,
)
from acd.plans.offering import AcceptByKey, Offering, Whisper
from acd.requests import (
    AgentPaused,
    CallbackWanted,
    CarrierReady,
    Configured,
    ConversationEnded,
    ConversationStarted,
)
from common.tasks import spawn
from ivr.caller import ConversationOver, DialResult, Missed
from ivr.calling_back import call_back
from ivr.dialling import watch as dial_watch
from ivr.dialling.policy import Wish
from ivr.house import Errand, Promise
from ivr.session import take_call
from ivr.talks.callback import PROMPTS
from ivr.tickets.ticket import Left, Ticket
from tests.fakes import FakeCaller, Hangs
from tests.unit.ivr_kit import TestHouse, flows_of, open_house, plans, profiles, settle

FLOW = """
start: line
languages: {english: en}
language: english
prompts:
  goodbye: {en: Bye}
  sorry: {en: Sorry}
steps:
  line: {do: queue, queue: service, nobody: offer}
  offer: {do: callback, queue: service, priority: 3, then: goodbye, otherwise: sorry}
  goodbye: {do: hang_up, say: goodbye}
  sorry: {do: hang_up, say: sorry}
"""
OFFER_FIRST = (
    FLOW.replace("start: line", "start: offer")
    .replace("otherwise: sorry", "otherwise: line")
    .replace(", nobody: offer", ", nobody: sorry")
)
OFFER_ONLY = FLOW.replace("start: line", "start: offer").replace(
    "  line: {do: queue, queue: service, nobody: offer}\n", ""
)
OWN = "13900001111"
CALL = "node1-1700000000.1"


async def served(
    folder: Path, keys: Iterable[str], number: str = OWN, flow: str = OFFER_FIRST
) -> tuple[FakeCaller, TestHouse]:
    async with open_house(folder) as house:
        house.flows = flows_of(flow, folder)
        caller = FakeCaller(keys, number=number)
        await take_call(caller, house.house)
        return caller, house


async def test_the_callers_own_number_is_read_back_and_confirmed_by_key(tmp_path: Path) -> None:
    caller, house = await served(tmp_path, ["1"])
    ((number, place),) = house.callbacks.promised
    assert (number, place.queue, place.priority, place.customer) == (OWN, "service", 3, OWN)
    said = caller.acts[
        caller.acts.index("say en/callback-number-is") + 1 : caller.acts.index("ask en/callback-confirm")
    ]
    assert [act[-1] for act in said] == list(OWN)
    assert caller.acts[-3:] == ["say en/callback-promised", "say en/goodbye", "set SWITCHBOARD_DONE"]


async def test_another_number_is_entered_by_keys(tmp_path: Path) -> None:
    _, house = await served(tmp_path, ["2", "1370000", "1"])
    assert [number for number, _ in house.callbacks.promised] == ["1370000"]


@pytest.mark.parametrize("own", ["", "02088880000"])
async def test_who_cannot_be_called_on_their_own_number_is_asked_for_one(tmp_path: Path, own: str) -> None:
    _, house = await served(tmp_path, ["1370000", "1"], number=own)
    assert [number for number, _ in house.callbacks.promised] == ["1370000"]


async def test_a_number_that_is_not_allowed_is_refused_and_asked_for_again(tmp_path: Path) -> None:
    caller, house = await served(tmp_path, ["900", "1370000", "1"], number="")
    assert "say en/callback-cannot" in caller.acts
    assert house.callbacks.refusals == ["900"]
    assert [number for number, _ in house.callbacks.promised] == ["1370000"]


async def test_a_star_declines_and_the_flow_goes_on_elsewhere(tmp_path: Path) -> None:
    caller, house = await served(tmp_path, ["*"], flow=OFFER_ONLY)
    assert house.callbacks.promised == []
    assert "say en/sorry" in caller.acts


@pytest.mark.parametrize("entered", ["*", "1370*"])
async def test_a_star_instead_of_a_number_or_within_it_declines(tmp_path: Path, entered: str) -> None:
    caller, house = await served(tmp_path, [entered], number="", flow=OFFER_ONLY)
    assert (house.callbacks.promised, house.callbacks.refusals) == ([], [])
    assert "say en/sorry" in caller.acts


async def test_a_number_is_entered_in_one_command_and_may_be_begun_while_it_is_asked_for(tmp_path: Path) -> None:
    caller, _ = await served(tmp_path, ["1370000", "1"], number="")
    assert [act for act in caller.acts if act.startswith("ask")] == ["ask en/callback-enter", "ask en/callback-confirm"]


async def test_who_has_a_callback_already_is_told_so_and_let_go(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.flows = flows_of(OFFER_FIRST, tmp_path)
        house.callbacks.answer = Promise.EXISTS
        caller = FakeCaller(["1"], number=OWN)
        await take_call(caller, house.house)
        assert "say en/callback-exists" in caller.acts
        assert "say en/goodbye" in caller.acts


async def test_the_time_waited_in_line_goes_with_the_callback(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.flows = flows_of(FLOW, tmp_path)
        flow, left = house.flows.by_name["main"], Left(QueueId("service"), 42.0)
        joined = house.tickets.write(Ticket(CallId(CALL), "main", flow.version, "offer", (), left=left))
        house.clock.now += 8
        caller = FakeCaller(["1"], number=OWN, variables={"SWITCHBOARD_TICKET": joined})
        await take_call(caller, house.house)
        ((_, place),) = house.callbacks.promised
        assert place.waited_s == pytest.approx(50.0)


def test_every_prompt_of_the_talk_has_both_languages() -> None:
    names = {prompt.name for prompt in PROMPTS}
    assert {(prompt.name, prompt.language) for prompt in PROMPTS} == {(n, lang) for n in names for lang in ("zh", "en")}


# ---------------------------------------------------------------------------------------------------- carrying out


async def offered(house: TestHouse, call: str) -> Offered:
    """A callback that the first agent is being rung for."""
    wanted = CallbackWanted(callback_of(call), CustomerKey("k"), QueueId("service"), Terms(2, 60.0, 20.0))  # type: ignore[arg-type]  # ids are strings in tests
    await house.desk.ask(wanted)
    await house.desk.ask(CarrierReady(wanted.call))
    await house.agent_is_ready()
    (offer,) = house.events(Offered)
    house.callbacks.errands[wanted.call] = Errand(
        offer, Wish(wanted.call, "1390", DialDoor.CALLBACK, "customer:k"), 20.0
    )
    return offer


async def test_an_agent_who_picks_up_has_the_customer_dialled_and_recorded(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        agent = FakeCaller(dials=[ConversationOver()], call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts == ["record /recordings/1.raw", "dial PJSIP/1390@trunk 20 4008001234"]
        assert house.desk.floor.calls[offer.call].state is CallState.DIALLING, "answers are AMI's to tell"


async def test_a_recording_that_cannot_be_made_keeps_no_customer_from_being_called(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        agent = FakeCaller(dials=[ConversationOver()], call=offer.call)
        agent.recording_fails = True
        await call_back(agent, house.house)
        assert agent.acts[1:] == ["dial PJSIP/1390@trunk 20 4008001234"]


ASKED = Offering(accept=AcceptByKey("1", 5.0), whisper=(Whisper.QUEUE, Whisper.WAIT))
QUESTION = "ask zh/whisper-queue-service zh/whisper-wait-30s zh/offer-press-1"


async def asked(house: TestHouse, offering: Offering = ASKED) -> Offered:
    """The same, by a queue that tells and asks its agents."""
    await house.desk.ask(Configured(tuple(replace(plan, offering=offering) for plan in plans()), profiles()))
    offer = await offered(house, "node1-1")
    house.clock.now += 30
    return offer


async def test_an_agent_is_told_and_asked_as_for_a_call_and_takes_the_callback_by_key(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await asked(house)
        agent = FakeCaller(["1"], dials=[ConversationOver()], call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts == [
            QUESTION,
            "record /recordings/1.raw",
            "dial PJSIP/1390@trunk 20 4008001234",
        ]


async def test_a_whisper_alone_is_said_and_the_customer_dialled(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await asked(house, Offering(whisper=(Whisper.WAIT, Whisper.QUEUE)))
        agent = FakeCaller(dials=[ConversationOver()], call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts[:2] == ["say zh/whisper-wait-30s", "say zh/whisper-queue-service"]
        assert house.desk.floor.calls[offer.call].state is CallState.DIALLING


@pytest.mark.parametrize("key", ["", "7"], ids=["no key", "another key"])
async def test_who_does_not_press_the_key_has_refused_and_nobody_is_dialled(tmp_path: Path, key: str) -> None:
    async with open_house(tmp_path) as house:
        offer = await asked(house)
        agent = FakeCaller([key], call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts == [QUESTION]
        (withdrawn,) = house.events(OfferWithdrawn)
        assert (withdrawn.agent, withdrawn.why) == (AgentId("1001"), OfferFailure.REFUSED)
        assert house.desk.floor.calls[offer.call].state is CallState.RETURNING, "its channel lives still"


async def test_an_agent_who_hangs_up_while_they_are_asked_dials_nobody(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await asked(house)
        agent = FakeCaller([Hangs()], call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts == [QUESTION]
        assert house.desk.floor.calls[offer.call].state is CallState.OFFERED, "that they hung up is AMI's to tell"


async def test_an_agent_who_pauses_while_they_are_asked_takes_nothing_by_the_key(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await asked(house)
        key: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        agent = FakeCaller([key], call=offer.call)
        carried = spawn(call_back(agent, house.house), "the agent's session")
        await settle()
        await house.desk.ask(AgentPaused(AgentId("1001"), "lunch", "test"))
        key.set_result("1")
        await carried
        assert agent.acts == [QUESTION]


async def test_an_agent_whose_link_falls_silent_while_they_are_asked_is_hung_up(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await asked(house)
        agent = FakeCaller(call=offer.call)
        carried = spawn(call_back(agent, house.house), "the agent's session")
        await settle()
        agent.falls_silent()
        await carried
        assert house.handed_in == [offer.call]


async def test_a_customer_whom_the_policy_forbids_is_not_dialled_and_counts_as_not_reached(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        house.dialling.stop_all("fraud", "test")
        agent = FakeCaller(call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts == []
        (tried,) = house.events(CallbackTried)
        assert tried.outcome is AttemptOutcome.FAILED


async def test_a_customer_who_is_not_reached_is_noted_with_the_reason(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        agent = FakeCaller(dials=[Missed(AttemptOutcome.BUSY)], call=offer.call)
        await call_back(agent, house.house)
        (tried,) = house.events(CallbackTried)
        assert (tried.agent, tried.outcome, tried.attempt) == (AgentId("1001"), AttemptOutcome.BUSY, 1)


async def test_an_agents_channel_whose_link_is_silent_after_the_talk_with_the_customer_is_ended(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        over: asyncio.Future[DialResult] = asyncio.get_running_loop().create_future()
        agent = FakeCaller(dials=[over], call=offer.call)
        session = spawn(call_back(agent, house.house), "session")
        await settle()
        await house.desk.ask(ConversationStarted(offer.call, offer.agent))
        await settle()
        assert agent.expected_ends == []
        await house.desk.ask(ConversationEnded(offer.call, offer.agent, EndedBy.CALLER))
        assert agent.expected_ends == [dial_watch.ENDS_WITHIN_S]
        agent.falls_silent()
        await session
        assert house.handed_in == [offer.call]


async def test_an_agents_channel_whose_link_closes_while_the_customer_is_rung_is_known_to_be_cut_off(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        agent = FakeCaller(dials=[asyncio.get_running_loop().create_future()], call=offer.call)
        session = spawn(call_back(agent, house.house), "session")
        await settle()
        agent.is_cut_off()
        await session
        assert house.handed_in == [offer.call]
        assert house.desk.floor.calls[offer.call].state is CallState.DIALLING, "the customer may answer yet"


async def test_an_agent_who_hangs_up_on_the_customer_is_not_looked_for(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        await call_back(FakeCaller(dials=[Hangs()], call=offer.call), house.house)
        assert house.handed_in == []


async def test_a_channel_without_an_errand_is_hung_up_and_nobody_is_dialled(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        agent = FakeCaller(call="callback-node1-9")
        await call_back(agent, house.house)
        assert agent.acts == []


async def test_an_agent_who_picks_up_too_late_dials_nobody(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        offer = await offered(house, "node1-1")
        await house.desk.ask(AgentPaused(AgentId("1001"), "lunch", "test"))
        agent = FakeCaller(call=offer.call)
        await call_back(agent, house.house)
        assert agent.acts == []


async def test_who_calls_in_themselves_stands_where_their_callback_stood(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.flows = flows_of(FLOW, tmp_path)
        house.callbacks.replaced_waited_s = 90.0
        await house.agent_is_ready()
        caller = FakeCaller(offers=[ConversationOver()], number=OWN)
        await take_call(caller, house.house)
        (queued,) = house.events(Queued)
        assert queued.joined_at == pytest.approx(house.clock.now - 90.0)
        assert house.callbacks.back == [(OWN, "service")]
