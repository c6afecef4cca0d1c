"""The fake caller does what the port says."""

from __future__ import annotations

import asyncio

import pytest

from acd.names import OfferFailure, PhoneId
from ivr.caller import Caller, CallerGone, ConversationOver, OfferFailed, Question, Ringing
from tests.fakes import FakeCaller, Hangs


async def test_it_is_a_caller() -> None:
    caller: Caller = FakeCaller(entry="sales")
    assert caller.entry == "sales"


async def test_it_presses_its_keys_in_turn_and_then_waits() -> None:
    caller = FakeCaller(["1", "", Hangs()])
    assert [await caller.ask(Question(("x",), 1)) for _ in range(2)] == ["1", ""]
    with pytest.raises(CallerGone):
        await caller.ask(Question(("x",), 1))


async def test_its_offers_end_as_scripted() -> None:
    caller = FakeCaller([], [OfferFailed(OfferFailure.BUSY), ConversationOver()])
    assert await caller.offer(Ringing((PhoneId("PJSIP/a"),), 1, "m")) == OfferFailed(OfferFailure.BUSY)
    assert await caller.offer(Ringing((PhoneId("PJSIP/a"),), 1, "m")) == ConversationOver()


async def test_a_hang_up_interrupts_waiting_and_ends_everything_after() -> None:
    caller = FakeCaller()
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(caller.hangs_up)
    with pytest.raises(CallerGone):
        await caller.meanwhile(never)
    assert never.cancelled()
    with pytest.raises(CallerGone):
        await caller.say("x")


async def test_variables_are_kept() -> None:
    caller = FakeCaller()
    await caller.set("A", "1")
    assert (await caller.get("A"), await caller.get("B")) == ("1", "")
