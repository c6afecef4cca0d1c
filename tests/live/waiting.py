"""Waiting for what nobody tells us about: looked at again and again, with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

LOOK_EVERY_S = 0.05
Seen = TypeVar("Seen")


class NotSo(AssertionError):
    """What was waited for did not come about in its time."""


async def until(look: Callable[[], Seen], what: str, within_s: float) -> Seen:
    """Look until there is something to see (anything true), and return it; raises NotSo naming `what`."""

    async def looked() -> Seen:
        return look()

    return await until_seen(looked, what, within_s)


async def until_seen(look: Callable[[], Awaitable[Seen | None]], what: str, within_s: float) -> Seen:
    """As `until`, for a look that takes time itself."""
    seen: Seen | None = None
    try:
        async with asyncio.timeout(within_s):
            while True:
                if seen := await look():
                    return seen
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        raise NotSo(f"not so within {within_s} s: {what}; last seen: {seen!r}") from None
