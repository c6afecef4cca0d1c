"""Digits that callers enter: refused, read back, confirmed; masked ones, asked for again after a crash, and found nowhere."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Callable
from typing import Any

from deploy.stack import Part, Stack
from deploy.telephones.callers import Caller
from tests.live.house import SOON_S, House, Json
from tests.live.told import hears, prompt, until_told
from tests.live.waiting import until

CARD = "49271653"
_TICKET = re.compile(r"^SWITCHBOARD_TICKET=(\S+)\.[^.\s]+$", re.MULTILINE)


async def on_the_channel(house: House, caller: Caller) -> tuple[str, Json]:
    """All that Asterisk knows of the caller's channel, and what their ticket says."""
    (life,) = [life for life in house.observer.ledger.present if life.call == house.life(caller).call]
    names = await house.tell_asterisk("core show channels concise")
    (name,) = [line.split("!")[0] for line in names.splitlines() if line.endswith(life.call)]
    shown = await house.tell_asterisk(f"core show channel {name}")
    found = _TICKET.search(shown)
    assert found is not None, shown
    text = found[1].replace(".", "")
    ticket: Json = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return shown, ticket


async def in_redis(house: House) -> str:
    """All that Redis holds, as text."""
    reading: dict[str, Callable[[str], Any]] = {
        "string": house.redis.get,
        "hash": house.redis.hgetall,
        "list": lambda key: house.redis.lrange(key, 0, -1),
        "set": house.redis.smembers,
        "zset": lambda key: house.redis.zrange(key, 0, -1, withscores=True),
        "stream": house.redis.xrange,
    }
    keys = [key async for key in house.redis.scan_iter()]
    kinds = {key: str(await house.redis.type(key)) for key in keys}
    return "\n".join([repr(await reading[kind](key)) for key, kind in kinds.items() if kind != "none"])


async def test_digits_are_checked_read_back_and_confirmed_and_masked_ones_survive_nowhere(
    house: House, stack: Stack
) -> None:
    await prompt(house, "value-cny", "zh")  # of those made last: the others are there
    caller = await house.caller("digits")
    await until_told(house, caller, "enter-order", "zh")
    await caller.press("7#")
    await until_told(house, caller, "wrong-order", "zh")
    await caller.press("1357")  # while it is still being said
    said = await until_told(house, caller, "you-entered", "zh")
    for digit in "1357":
        await until_told(house, caller, f"number-{digit}", "zh", said)
    await until_told(house, caller, "right-or-not", "zh", said)
    await caller.press("1")
    asked_s = await until_told(house, caller, "enter-card", "zh")
    await caller.press(CARD[:3])
    house.service.kill()
    house.service.start()
    await house.service.until_ready()
    await until_told(house, caller, "enter-card", "zh", asked_s + 1.0)
    _, ticket = await on_the_channel(house, caller)
    assert (ticket["step"], ticket["vars"]["order"]) == ("card", "1357")
    await caller.press(CARD)
    await house.observer.until(lambda: bool(house.life(caller).places), f"{caller.name} is in line", 2 * SOON_S)
    await house.until_known(caller)

    queued = await house.until_event("Queued", call=house.life(caller).call)
    assert queued.data["attributes"]["order"] == "1357"
    shown, ticket = await on_the_channel(house, caller)
    assert CARD not in json.dumps(ticket) + shown
    assert CARD not in await in_redis(house)
    assert CARD not in house.service.log.read_text(encoding="utf-8", errors="replace")
    assert CARD not in await asyncio.to_thread(stack.engine.logs, stack.name(Part.ASTERISK))


async def test_a_key_pressed_while_the_caller_is_welcomed_is_the_menus_answer_and_a_hash_is_a_key_too(
    house: House,
) -> None:
    choose, *_ = [await prompt(house, name, "en") for name in ("choose-quickly", "press-hash", "long-welcome")]
    caller = await house.caller("hurried")
    await until(lambda: hears(caller).duration_s > 1.0, "the welcome has begun", SOON_S)
    await caller.press("1")
    await until_told(house, caller, "press-hash", "en")
    await caller.press("#")
    await house.observer.until(lambda: bool(house.life(caller).places), f"{caller.name} is in line", 2 * SOON_S)
    assert hears(caller).begins_s(choose) is None, "the menu need not be heard"
