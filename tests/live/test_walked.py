"""Steps told apart by what the caller's telephone heard: which prompt, in which language, whole and in turn."""

from __future__ import annotations

from deploy.telephones.handset import HandsetState
from tests.live.hearing import AUDIBLE, SAME
from tests.live.house import SOON_S, House
from tests.live.told import hears, prompt, until_told


async def test_each_step_is_heard_in_turn_in_the_language_chosen_by_a_hidden_key(house: House) -> None:
    choose = await prompt(house, "walked-choose", "zh")
    goodbye, yuan = [await prompt(house, name, "en") for name in ("walked-goodbye", "value-cny")]
    caller = await house.caller("walked")
    open_s = await until_told(house, caller, "walked-open", "zh")
    await caller.press("9")  # while the menu speaks, or before
    pay_s = await until_told(house, caller, "walked-you-pay", "en", open_s)
    yuan_s = await until_told(house, caller, "value-cny", "en", pay_s)
    part_s = await until_told(house, caller, "value-cny-part", "en", yuan_s + yuan.duration_s)
    await caller.until(HandsetState.IDLE, 2 * SOON_S)
    heard = hears(caller)
    after = heard.between(part_s, heard.duration_s)
    assert after.likeness(goodbye) > SAME
    assert after.level > AUDIBLE
    assert heard.begins_s(choose) is None, "the key ended the menu"
    assert heard.begins_s(await prompt(house, "walked-open", "en")) is None, "nothing was said in the other language"
