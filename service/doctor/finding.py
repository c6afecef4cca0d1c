"""One line of `switchboard doctor`: what was looked at, whether it is right, and how to mend it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

import aiomqtt
import httpx
from redis.exceptions import RedisError

from cti_bridge.ami.protocol import AmiError
from recordings.catalogue.catalogue import CatalogueFailed

WITHIN_S = 5.0
"""How long one part may take to answer before that itself is the finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `mend` is empty where nothing has to be mended."""

    about: str
    fine: bool
    text: str
    mend: str = ""

    def line(self) -> str:
        """The finding for people."""
        verdict = f"{'ok  ' if self.fine else 'FAIL'}  {self.about}: {self.text}"
        return f"{verdict}\n      → {self.mend}" if self.mend else verdict

    def as_record(self) -> dict[str, object]:
        """The finding for programs."""
        return asdict(self)


def fine(about: str, text: str) -> Finding:
    """This part is right."""
    return Finding(about, fine=True, text=text)


def wrong(about: str, text: str, mend: str) -> Finding:
    """This part is not right; `mend` says what to do."""
    return Finding(about, fine=False, text=text, mend=mend)


async def looked(about: str, look: Callable[[], Awaitable[Finding]], mend: str) -> Finding:
    """Look, within `WITHIN_S`; where the look itself fails that is the finding, with this way to mend it."""
    try:
        async with asyncio.timeout(WITHIN_S):
            return await look()
    except TimeoutError:
        return wrong(about, f"no answer within {WITHIN_S:g} s", mend)
    except OSError as error:
        return wrong(about, in_words(error), mend)
    except (AmiError, RedisError, aiomqtt.MqttError, httpx.HTTPError, CatalogueFailed) as error:
        return wrong(about, str(error) or type(error).__name__, mend)


def in_words(error: OSError) -> str:
    """What the system says: `Connection refused`."""
    return os.strerror(error.errno) if error.errno else str(error)
