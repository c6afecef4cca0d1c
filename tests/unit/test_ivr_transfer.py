"""A caller whom an agent sends on: what was dialled, and with what they go on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.events import Queued
from acd.facts import DialRefused, HandedOver
from acd.names import AgentId, AttemptOutcome, CallId, CustomerKey, DialDoor, HandedTo, HandOverEnd, QueueId
from acd.plans.plan import QueuePlan
from common.tasks import spawn
from ivr.caller import ConversationOver, DialResult, Missed
from ivr.session import take_call
from ivr.tickets.ticket import VARIABLE as TICKET
from ivr.tickets.ticket import Phase, Place, Ticket
from ivr.transfers.transfer import FROM, VARIABLE, queue_meant, sent_on
from tests.fakes import FakeCaller
from tests.unit.ivr_kit import TestHouse, open_house, plans, settle

CALL = CallId("node1-1700000000.1")
LEARNED = (("language", "english"), ("topic", "sales"))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with open_house(tmp_path) as open_one:
        yield open_one


def talking(version: str = "1") -> Ticket:
    """A ticket of a caller who has talked with an agent of sales."""
    place = Place(QueueId("sales"), 2, "skill.sales >= 3", LEARNED, 90.0, AgentId("1001"), CustomerKey("13800138000"))
    return Ticket(CALL, "main", version, "sales-queue", (), place)


def known() -> dict[QueueId, QueuePlan]:
    service = replace(plans()[1], number="8001", transfer_adds_priority=3)
    return {QueueId("sales"): plans()[0], QueueId("service"): service}


@pytest.mark.parametrize(
    ("dialled", "queue"), [("service", "service"), ("8001", "service"), ("sales", "sales"), ("8002", None), ("", None)]
)
def test_a_queue_is_meant_by_its_name_or_its_number(dialled: str, queue: str | None) -> None:
    assert queue_meant(dialled, known()) == queue


def test_the_contact_goes_on_and_the_wait_begins_anew() -> None:
    ticket = sent_on(talking(), known()[QueueId("service")])
    assert (ticket.call, ticket.flow, ticket.step, ticket.phase) == (CALL, "main", "sales-queue", Phase.WAITING)
    assert ticket.place == Place(
        QueueId("service"),
        5,
        "",
        tuple(sorted((*LEARNED, (FROM, "sales")))),
        0.0,
        customer=CustomerKey("13800138000"),
        sent_by=AgentId("1001"),
    )


async def handed_in(house: TestHouse, dialled: str, *dials: DialResult) -> FakeCaller:
    """The caller comes out of the conversation, sent on to what was dialled."""
    ticket = house.tickets.write(talking(house.flows.by_name["main"].version))
    caller = FakeCaller(call=CALL, variables={TICKET: ticket, VARIABLE: dialled}, dials=dials)
    spawn(take_call(caller, house.house), "session")
    await settle()
    return caller


async def test_a_caller_sent_on_is_queued_there_and_the_channel_knows_it_first(house: TestHouse) -> None:
    caller = await handed_in(house, "service")
    [queued] = house.events(Queued)
    assert (queued.queue, queued.joined_at, queued.sent_by) == ("service", 1000.0, "1001")
    assert caller.acts[1:3] == [f"set {TICKET}", f"set {VARIABLE}"]
    assert caller.variables[VARIABLE] == ""
    place = house.ticket(caller.variables[TICKET]).place
    assert place is not None
    assert (place.queue, place.sent_by) == ("service", "1001")
    caller.hangs_up()
    await settle()


async def test_a_caller_sent_nowhere_is_back_in_their_old_place(house: TestHouse) -> None:
    caller = await handed_in(house, "8999")
    [queued] = house.events(Queued)
    assert (queued.queue, queued.joined_at, queued.sent_by) == ("sales", 910.0, None)
    assert caller.variables[VARIABLE] == ""
    caller.hangs_up()
    await settle()


async def test_a_caller_sent_on_to_a_listed_number_talks_there_and_the_call_is_over(house: TestHouse) -> None:
    caller = await handed_in(house, "13900001111", ConversationOver())
    assert caller.acts == [
        "answer",
        "dial PJSIP/13900001111@trunk 25 4008001234",
        "set SWITCHBOARD_DONE",
    ]
    (over,) = house.events(HandedOver)
    assert (over.to, over.end, over.agent) == (HandedTo.NUMBER, HandOverEnd.TALKED, "1001")


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (AttemptOutcome.BUSY, HandOverEnd.BUSY),
        (AttemptOutcome.NO_ANSWER, HandOverEnd.NO_ANSWER),
        (AttemptOutcome.FAILED, HandOverEnd.FAILED),
    ],
)
async def test_where_nobody_answers_the_number_the_caller_is_back_in_their_old_place(
    house: TestHouse, outcome: AttemptOutcome, end: HandOverEnd
) -> None:
    caller = await handed_in(house, "13900001111", Missed(outcome))
    told = [stamped.event for stamped in house.feed.take()]
    (over,) = (event for event in told if isinstance(event, HandedOver))
    (queued,) = (event for event in told if isinstance(event, Queued))
    assert (over.end, queued.queue, queued.joined_at) == (end, "sales", 910.0)
    assert caller.variables[VARIABLE] == ""
    caller.hangs_up()
    await settle()


@pytest.mark.parametrize("dialled", ["0085290001111", "13900001111x", "local0085290001111from-phones"])
async def test_a_number_that_the_policy_forbids_is_not_dialled_and_the_caller_is_back_in_their_old_place(
    house: TestHouse, dialled: str
) -> None:
    caller = await handed_in(house, dialled)
    assert not [act for act in caller.acts if act.startswith("dial")]
    told = [stamped.event for stamped in house.feed.take()]
    assert [event.end for event in told if isinstance(event, HandedOver)] == [HandOverEnd.REFUSED]
    assert [(event.door, event.agent) for event in told if isinstance(event, DialRefused)] == [(DialDoor.AGENT, "1001")]
    assert [event.joined_at for event in told if isinstance(event, Queued)] == [910.0]
    caller.hangs_up()
    await settle()


async def test_a_channel_without_a_ticket_of_a_caller_dials_nothing(house: TestHouse) -> None:
    caller = FakeCaller(call=CALL, variables={VARIABLE: "13900001111"})
    spawn(take_call(caller, house.house), "session")
    await settle()
    assert not [act for act in caller.acts if act.startswith("dial")]
    caller.hangs_up()
    await settle()
