"""Lookups carried out over HTTP: within their time, repeated only where that is harmless, and not against a wall."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Counter

from common.late import Late
from ivr.lookups.answers import BadAnswer, taken
from ivr.lookups.breaker import Breaker
from ivr.lookups.port import Asked, Failure, Learned, NotLearned
from service.centre.lookup import LookupTarget
from service.centre.named_secrets import UnsetSecret, with_secrets

if TYPE_CHECKING:
    import httpx

    from service.offices.http_client import HttpClient
else:
    httpx = Late("httpx")

_log = structlog.get_logger("lookup")

MOST_BYTES = 65_536
"""Longest answer that is read."""
PAUSE_S = 0.1
"""Before the second attempt, and twice as long before each further one; spread by lot over half to one and a half of it."""

_BROKEN, _TIMEOUT = NotLearned(Failure.BROKEN), NotLearned(Failure.TIMEOUT)

Count = Callable[[str, str], None]
"""Told of each lookup: its target, and what came of it."""


def counted_in(registry: CollectorRegistry) -> Count:
    """Count lookups as `switchboard_lookups_total{target, outcome}`."""
    counter = Counter("switchboard_lookups", "What flows asked other systems", ["target", "outcome"], registry=registry)
    return lambda target, outcome: counter.labels(target, outcome).inc()


@dataclass(frozen=True, slots=True)
class Known:
    """What may be asked now, and the secrets that its headers refer to."""

    targets: Mapping[str, LookupTarget]
    secrets: Mapping[str, str]


class HttpLookups:
    """Asks the targets that are configured now. `now` counts seconds and never goes back, `lot` draws from 0 to 1."""

    def __init__(
        self,
        client: HttpClient,
        known: Callable[[], Known],
        now: Callable[[], float],
        lot: Callable[[], float],
        count: Count,
    ) -> None:
        self._client, self._known, self._now, self._lot, self._count = client, known, now, lot, count
        self._breakers: dict[str, tuple[LookupTarget, Breaker]] = {}

    async def ask(self, asked: Asked) -> Learned | NotLearned:
        """Ask, and return what came of it within `asked.within_s`."""
        answer = await self._asked(asked)
        self._count(asked.target, answer.why.value if isinstance(answer, NotLearned) else "learned")
        return answer

    async def _asked(self, asked: Asked) -> Learned | NotLearned:
        known = self._known()
        target = known.targets.get(asked.target)
        if target is None:
            _log.warning("a flow still asks what switchboard.yaml names no more", target=asked.target)
            return _BROKEN
        try:
            headers = {name: with_secrets(text, known.secrets) for name, text in target.headers.items()}
        except UnsetSecret as unset:
            _log.error("a lookup's secret is not set", target=asked.target, why=str(unset))
            return _BROKEN
        give_up_at = asyncio.get_running_loop().time() + asked.within_s
        answer = await self._attempt(asked, target, headers, give_up_at)
        for repeated in range(asked.attempts - 1):
            pause_s = PAUSE_S * 2**repeated * (0.5 + self._lot())
            if answer != _BROKEN or asyncio.get_running_loop().time() + pause_s >= give_up_at:
                break
            await asyncio.sleep(pause_s)
            answer = await self._attempt(asked, target, headers, give_up_at)
        return answer

    async def _attempt(
        self, asked: Asked, target: LookupTarget, headers: Mapping[str, str], give_up_at: float
    ) -> Learned | NotLearned:
        """Send it once, unless the target is left alone, and let its breaker know how it went."""
        breaker = self._breaker(asked.target, target)
        if not breaker.lets_through(self._now()):
            return _BROKEN
        self._breakers[asked.target] = target, breaker.sent()
        try:
            answer = await _sent(self._client, asked, target, headers, give_up_at)
        except BaseException:  # the caller hung up, or a mistake of ours: nothing is known of the target
            if breaker.is_open:
                self._breakers[asked.target] = target, self._breaker(asked.target, target).abandoned()
            raise
        breaker = self._breaker(asked.target, target)
        if answer in (_BROKEN, _TIMEOUT):
            breaker = breaker.failed(self._now())
            if breaker.is_open:
                _log.warning(
                    "a lookup's target does not answer and is left alone", target=asked.target, for_s=target.rest
                )
        else:
            if breaker.is_open:
                _log.info("a lookup's target answers again", target=asked.target)
            breaker = breaker.answered()
        self._breakers[asked.target] = target, breaker
        return answer

    def _breaker(self, name: str, target: LookupTarget) -> Breaker:
        """The target's; a new one where a reload has changed what the name stands for."""
        of, breaker = self._breakers.get(name, (None, None))
        return breaker if breaker is not None and of == target else Breaker(target.opens_after, target.rest)


async def _sent(
    client: HttpClient, asked: Asked, target: LookupTarget, headers: Mapping[str, str], give_up_at: float
) -> Learned | NotLearned:
    try:
        async with (
            asyncio.timeout_at(give_up_at),
            (await client.opened()).stream(
                asked.method.value.upper(),
                target.url + asked.path,
                params=list(asked.query) or None,
                json=dict(asked.body) if asked.body else None,
                headers=dict(headers),
            ) as answer,
        ):
            return await _judged(answer, asked)
    except TimeoutError:
        return _TIMEOUT
    except (httpx.HTTPError, httpx.InvalidURL):
        return _BROKEN


async def _judged(answer: httpx.Response, asked: Asked) -> Learned | NotLearned:
    if answer.is_client_error:
        return NotLearned(Failure.REFUSED)
    if answer.is_server_error:
        return _BROKEN
    if not answer.is_success:  # a redirect would lead out of what switchboard.yaml allows
        return NotLearned(Failure.BAD_ANSWER)
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            _log.warning("a lookup's answer is too long", target=asked.target, most_bytes=MOST_BYTES)
            return NotLearned(Failure.BAD_ANSWER)
    try:
        return Learned(taken(bytes(content), asked.wanted))
    except BadAnswer as bad:
        _log.warning("a lookup's answer is not what the flow wants", target=asked.target, why=str(bad))
        return NotLearned(Failure.BAD_ANSWER)
