"""A lookup as a caller lives through it: a prompt, then music, until the other system has answered or there is no hope of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from common.tasks import spawn
from ivr.caller import Caller
from ivr.lookups.port import CALLER_NUMBER, Failure, Learned, Lookups, NotLearned, Scalar
from ivr.steps.talk import DoLookUp

_log = structlog.get_logger("lookup")

QUIET_S = 0.6
"""How long the caller hears nothing before the music begins: most answers are there by then."""


async def look_up(
    caller: Caller, lookups: Lookups, do: DoLookUp, prompt: str, variables: Mapping[str, Scalar]
) -> Learned | NotLearned:
    """Ask, while the caller hears `prompt` (as Asterisk names it; empty: none) and then music. Raises CallerGone."""
    asked = do.inquiry.filled({**variables, CALLER_NUMBER: caller.number})
    if asked is None:
        _log.info("nothing to look up: a value to be sent is empty", call=caller.call, target=do.inquiry.target)
        return NotLearned(Failure.REFUSED)
    answer: Learned | NotLearned
    asking = spawn(lookups.ask(asked), f"lookup {caller.call}")
    try:
        if prompt:
            await caller.say(prompt)
        else:
            await caller.meanwhile(asyncio.wait((asking,), timeout=QUIET_S))
        if asking.done():
            answer = asking.result()
        else:
            await caller.music_on(do.music)
            answer = await caller.meanwhile(asking)
            await caller.music_off()
    finally:
        asking.cancel()
    if isinstance(answer, NotLearned):
        _log.info("lookup in vain", call=caller.call, target=asked.target, why=answer.why.value)
    return answer
