"""Real phones and callers on a real Asterisk, without the service: they register, ring, talk, hear, press keys, are gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.stack import Stack
from deploy.telephones.baresip import Sound
from deploy.telephones.caller_stream import CallerOutcome, CallPlan, Key, caller_stream, evenly
from deploy.telephones.callers import Caller
from deploy.telephones.handset import Exchange, Handset, HandsetState, NotInTime
from deploy.telephones.phones import AnswerAfter, AnswerPolicy, NeverAnswer, Phone, RejectBusy, tone_of
from tests.live.hearing import AUDIBLE, heard_in
from tests.live.observer import Observer
from tests.live.sites import NUMBERS
from tests.live.waiting import until

SOON_S = 5.0


def phone(stack: Stack, exchange: Exchange, number: int, answer: AnswerPolicy, folder: Path) -> Phone:
    sound = Sound(tone_of(number), keep_heard=True)
    name = f"phone{number}"
    return Phone(name, stack.site.secrets.of_phone(name), exchange, sound, parent=folder, answer=answer)


@pytest.fixture
async def pair(stack: Stack, exchange: Exchange, tmp_path: Path) -> AsyncIterator[tuple[Phone, Phone]]:
    """Two registered phones; the second answers at once."""
    async with (
        phone(stack, exchange, 1, NeverAnswer(), tmp_path) as one,
        phone(stack, exchange, 2, AnswerAfter(0.0), tmp_path) as two,
    ):
        for each in (one, two):
            await each.until_registered(SOON_S)
        yield one, two


async def until_hears(handset: Handset, tone_hz: int) -> None:
    """Wait until the last half second that it heard was this tone."""

    def hears() -> bool:
        files = handset.heard_files()
        return bool(files) and heard_in(files[-1]).last(0.5).share_of(tone_hz) > 0.9

    await until(hears, f"{handset.name} hears {tone_hz} Hz", SOON_S)


async def test_two_phones_call_each_other_and_hear_each_other_s_tone(pair: tuple[Phone, Phone]) -> None:
    one, two = pair
    await one.dial("102")
    for each in pair:
        await each.until(HandsetState.ESTABLISHED, SOON_S)
    await until_hears(one, tone_of(2))
    await until_hears(two, tone_of(1))
    await two.hang_up()
    for each in pair:
        await each.until(HandsetState.IDLE, SOON_S)


async def test_a_phone_can_be_called_by_its_name(pair: tuple[Phone, Phone]) -> None:
    one, two = pair
    await one.dial("phone2")
    await two.until(HandsetState.ESTABLISHED, SOON_S)


async def test_a_phone_that_never_answers_rings_until_the_other_hangs_up(pair: tuple[Phone, Phone]) -> None:
    one, two = pair
    two.answer = NeverAnswer()
    await one.dial("102")
    await two.until(HandsetState.RINGING, SOON_S)
    await one.hang_up()
    await two.until(HandsetState.IDLE, SOON_S)


async def test_a_busy_phone_refuses(pair: tuple[Phone, Phone], observer: Observer) -> None:
    one, two = pair
    two.answer = RejectBusy()
    await one.dial("102")
    await observer.until(
        lambda: any(event.get("DialStatus") == "BUSY" for event in observer.events), "a refusal", SOON_S
    )


async def test_hold_and_resume_are_seen_by_asterisk(pair: tuple[Phone, Phone], observer: Observer) -> None:
    one, two = pair
    await one.dial("102")
    await one.until(HandsetState.ESTABLISHED, SOON_S)
    await two.hold()
    await observer.until(lambda: "Hold" in {event["Event"] for event in observer.events}, "hold", SOON_S)
    await two.resume()
    await observer.until(lambda: "Unhold" in {event["Event"] for event in observer.events}, "resume", SOON_S)


async def test_what_did_not_happen_is_told_with_what_did(pair: tuple[Phone, Phone]) -> None:
    one, _ = pair
    with pytest.raises(NotInTime, match=r"phone1 was not ringing within 0.1 s but idle; so far: .*REGISTER_OK"):
        await one.until(HandsetState.RINGING, 0.1)


async def test_nothing_is_left_of_a_phone_that_was_switched_off(
    stack: Stack, exchange: Exchange, tmp_path: Path
) -> None:
    async with phone(stack, exchange, 3, NeverAnswer(), tmp_path) as three:
        await three.until_registered(SOON_S)
        process = Path(f"/proc/{three.pid}")
        assert process.exists()
    assert three.state is HandsetState.OFF
    assert not process.exists()
    assert list(tmp_path.iterdir()) == []


async def test_a_caller_without_a_service_hears_music_and_hangs_up(
    exchange: Exchange, tmp_path: Path, observer: Observer
) -> None:
    async with Caller("5550100", exchange, Sound(1500, keep_heard=True), parent=tmp_path) as caller:
        await caller.call(NUMBERS["sales"])
        await until(lambda: any(heard_in(file).level > AUDIBLE for file in caller.heard_files()), "music", SOON_S)
        await caller.hang_up()
        await observer.until_nobody_is_on_the_line(SOON_S)
    assert observer.ledger.breaches() == []
    assert observer.ledger.by_number("5550100").hung_up_at is not None


async def test_a_stream_of_callers_dials_presses_keys_and_is_gone_when_told(
    exchange: Exchange, tmp_path: Path, observer: Observer
) -> None:
    plans = evenly([CallPlan(f"555020{n}", (Key(str(n), 0.5),), patience_s=60) for n in range(5)], 0.1)
    async with caller_stream(exchange, NUMBERS["sales"], plans, parent=tmp_path) as stream:
        await stream.until_answered(5, SOON_S)
        pressed = [{"Event": "DTMFEnd", "Digit": str(n), "Direction": "Received"}.items() for n in range(5)]
        await observer.until(
            lambda: all(any(keys <= event.items() for event in observer.events) for keys in pressed), "keys", SOON_S
        )
        stream.hang_up(2)
        await stream.until(lambda now: now[2] is CallerOutcome.HUNG_UP, "hung up", SOON_S)
        assert stream.outcomes().count(CallerOutcome.ANSWERED) == 4
    await observer.until_nobody_is_on_the_line(SOON_S)
    assert observer.ledger.breaches() == []
    assert list(tmp_path.iterdir()) == []
