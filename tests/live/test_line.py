"""What callers hear while they wait, and what they may do: announcements between the music, leaving by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import soundfile

from deploy.telephones.callers import Caller
from deploy.telephones.phones import AnswerAfter, NeverAnswer
from tests.live.hearing import RATE_HZ, Heard, heard_in
from tests.live.house import SOON_S, House
from tests.live.waiting import until

OFFERED_WITHIN_S = 2.0
"""However long the prompt is that is just being said; generous, a quiet machine needs hundredths of a second."""
MADE_WITHIN_S = 30.0


def hears(caller: Caller) -> Heard:
    return heard_in(caller.heard_files()[-1])


def hears_all(caller: Caller, words: Sequence[Heard]) -> bool:
    return all(hears(caller).begins_s(word) is not None for word in words)


async def prompt(house: House, name: str) -> Heard:
    """A prompt as Asterisk plays it; the service makes them at its first start."""
    file = house.site.prompts / "en" / f"{name}.wav"
    await until(file.is_file, f"the prompt {name} is made", MADE_WITHIN_S)
    samples, rate = soundfile.read(file, dtype="float64")
    assert rate == RATE_HZ
    return Heard(samples)


async def test_callers_are_told_their_place_between_the_music_and_an_offer_ends_what_is_being_said(
    house: House,
) -> None:
    story, *words = [await prompt(house, name) for name in ("long-story", "line-place", "line-place-end")]
    first = await house.waiting_caller("told")
    second = await house.waiting_caller("told")
    for caller, place in ((first, 1), (second, 2)):
        known = await house.call_of(caller)
        assert known["position"] == place
        await until(
            partial(hears_all, caller, words),
            f"{caller.name} is told their place",
            2 * SOON_S,
        )
    began = hears(second).begins_s(story.between(0.0, 1.0))
    assert began is None or hears(second).duration_s - began < story.duration_s, "it goes on for a while"
    agent = await house.ready_agent("1001", AnswerAfter(0.3))
    ready = house.observer.now()
    await house.until_talking(first, agent)
    offer = house.life(first).offers[0]
    assert offer.began_at - ready < OFFERED_WITHIN_S
    assert hears(first).begins_s(story) is None, "the rest of it was never said"


async def test_a_waiting_caller_leaves_by_the_queue_s_key_also_after_the_service_was_killed(house: House) -> None:
    caller, patient = await house.waiting_caller("told"), await house.waiting_caller("told")
    call = house.life(caller).call
    await caller.press("5")
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await house.until_known(caller)
    assert [place.queue for place in house.life(caller).places] == ["told"], "a key that leads nowhere does nothing"
    await caller.press("1")
    await house.observer.until(
        lambda: house.life(caller).places[-1].queue == "sales", f"{caller.name} is in the other line", SOON_S
    )
    await house.until_event("Diverted", call=call, queue="told", to="other-line")
    assert (await house.call_of(patient))["queue"] == "told", "only who pressed it left"
    agent = await house.ready_agent("1001", AnswerAfter(0.2))
    await house.until_talking(patient, agent)
    await patient.hang_up()
    await house.until_talking(caller, agent, 2 * SOON_S)


async def test_a_key_pressed_while_a_phone_rings_counts_once_that_comes_to_nothing(house: House) -> None:
    await house.ready_agent("1001", NeverAnswer())
    caller = await house.waiting_caller("told")
    await house.observer.until(lambda: bool(house.life(caller).offers), "the phone rings", SOON_S)
    await caller.press("1")
    await house.observer.until(
        lambda: house.life(caller).places[-1].queue == "sales", f"{caller.name} is in the other line", 2 * SOON_S
    )
    assert [offer.status for offer in house.life(caller).offers] == ["NOANSWER"]
