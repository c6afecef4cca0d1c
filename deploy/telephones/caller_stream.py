"""Callers in volume: one SIPp process, a line a caller, keys by RFC 4733 where the process may open raw sockets.

SIPp leaves its calls standing when it is told to end; so `stop` first asks every caller to hang up, by an INFO request that
the scenario takes as its cue.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import cycle, islice
from pathlib import Path

from common.clock import boot_seconds
from common.tied import tied
from deploy.telephones.handset import Exchange, NotInTime
from deploy.telephones.scenarios import TICK_MS, Sound, scenario, sound_of_this_process

KEY_TICKS = 3
"""How long a key takes at the most: SIPp sends up to a second of nothing ahead of it, and what it plays next cuts it off."""
START_WITHIN_MS = 100
"""All callers of a stream are made in this time, and count theirs from then."""
MEDIA_PORTS = range(55_000, 55_400, 4)
"""One of these is a stream's first media port; SIPp counts on from it, four ports a call, 10,000 at the most. Phones and
Asterisk use lower ports."""
_FIRST = random.SystemRandom().randrange(len(MEDIA_PORTS))
_NEXT_PORTS: Iterator[int] = cycle((*MEDIA_PORTS[_FIRST:], *MEDIA_PORTS[:_FIRST]))
"""Each stream looks from where the one before has found one: SIPp takes its port a moment later, and two that start together
must not choose the same. Other processes begin elsewhere."""
STOP_WITHIN_S = 6.0
LOOK_EVERY_S = 0.1
TELL_AGAIN_S = 0.5


class StreamRefused(Exception):
    """The stream could not be started; the text says why."""


class CallerOutcome(StrEnum):
    """How far a caller of the stream has come; the words are the scenario's."""

    PLANNED = "planned"
    DIALLED = "dialled"
    ANSWERED = "answered"
    HUNG_UP = "hung_up"
    ENDED_BY_SITE = "ended_by_site"


@dataclass(frozen=True, slots=True)
class Key:
    """A key pressed `after_s` seconds after the one before (the first: after the site picked up), but not before that is out."""

    digit: str
    after_s: float


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What one caller will do."""

    number: str
    """The caller's own number, as Asterisk will see it."""
    keys: tuple[Key, ...]
    patience_s: float
    """Hangs up this long after the last key, unless the site did before."""
    before_s: float = 0.0
    """Dials this long after the stream's start."""


def evenly(plans: Iterable[CallPlan], gap_s: float) -> list[CallPlan]:
    """The same callers, dialling in their order, `gap_s` seconds apart."""
    return [replace(plan, before_s=place * gap_s) for place, plan in enumerate(plans)]


class CallerStream:
    """A running stream. `outcomes` tells how far each caller has come, in the order of the plans."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, plans: int, source: tuple[str, int]) -> None:
        self._process = process
        self._folder = folder
        self._plans = plans
        self._source = source

    @property
    def pid(self) -> int:
        """SIPp's process id."""
        return self._process.pid

    def outcomes(self) -> list[CallerOutcome]:
        """How far each caller has come, in the order of the plans."""
        found = [CallerOutcome.PLANNED] * self._plans
        log = self._folder / "calls.log"
        lines = log.read_text(encoding="ascii").splitlines() if log.exists() else []
        for line in lines:
            call, _, word = line.partition(" ")
            found[int(call) - 1] = CallerOutcome(word)
        return found

    async def until(self, condition: Callable[[list[CallerOutcome]], bool], what: str, within_s: float) -> None:
        """Wait until the outcomes are as wished; raises NotInTime naming `what`, StreamRefused where SIPp ended before."""
        give_up_at = boot_seconds() + within_s
        while not condition(self.outcomes()):
            if self._process.returncode is not None:
                raise StreamRefused(f"SIPp ended before the callers were {what}: {self._last_words()}")
            if boot_seconds() > give_up_at:
                raise NotInTime(f"the callers were not {what} within {within_s} s but {self.outcomes()}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def until_answered(self, callers: int, within_s: float) -> None:
        """Wait until the site has picked up for at least so many callers; raises NotInTime."""
        on_their_way = (CallerOutcome.PLANNED, CallerOutcome.DIALLED)
        await self.until(lambda now: sum(o not in on_their_way for o in now) >= callers, "answered", within_s)

    async def until_over(self) -> None:
        """Wait until the last caller is gone."""
        await self._process.wait()

    def _last_words(self) -> str:
        """SIPp says what is wrong before it draws its screen."""
        output = (self._folder / "output").read_text(encoding="utf-8", errors="replace")
        return output.partition("-----")[0].strip() or "it said nothing"

    def hang_up(self, caller: int) -> None:
        """Make one caller (its place in the plans, from 0) hang up within a tick."""
        address, port = self._source
        call_id = f"{caller + 1}-{self.pid}@{address}"
        lines = (
            f"INFO sip:caller@{address}:{port} SIP/2.0",
            f"Via: SIP/2.0/UDP {address}:{port};branch=z9hG4bK{caller}",
            f"From: <sip:stream@{address}>;tag=stream",
            f"To: <sip:caller@{address}>;tag=caller",
            f"Call-ID: {call_id}",
            "CSeq: 100 INFO",
            "Content-Length: 0",
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.sendto("\r\n".join((*lines, "", "")).encode(), self._source)

    async def stop(self) -> None:
        """No new callers; those on the line hang up; then the process is gone. Returns within `STOP_WITHIN_S`."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGUSR1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_WITHIN_S):
                    await self._all_told_to_go()
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _all_told_to_go(self) -> None:
        """Tell everybody on the line to go until they do: a request may be lost, and who is being answered hears none."""
        while self._process.returncode is None:
            for caller, outcome in enumerate(self.outcomes()):
                if outcome in (CallerOutcome.PLANNED, CallerOutcome.ANSWERED):
                    self.hang_up(caller)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TELL_AGAIN_S):
                    await self._process.wait()


@asynccontextmanager
async def caller_stream(
    exchange: Exchange,
    number: str,
    plans: Sequence[CallPlan],
    *,
    parent: Path,
    voice: Path | None = None,
    sound: Sound | None = None,
) -> AsyncIterator[CallerStream]:
    """Let callers dial `number` by their plans, in their order; all hang up when the context ends.

    All plans have the same number of keys. `voice` is a file made by `deploy.voice`, spoken once by every caller from
    the last key on. `sound` is by default the best that this process may use. Raises StreamRefused when SIPp cannot run
    here, ValueError for plans that differ in shape.
    """
    steps = scenario(_keys_of(plans), voice, sound or sound_of_this_process())
    folder = await asyncio.to_thread(_prepared, parent, steps, _lines(plans))
    try:
        source = (exchange.host, _free_udp_port(exchange.host))
        stream = CallerStream(await _sipp(folder, exchange, number, len(plans), source), folder, len(plans), source)
        try:
            yield stream
        finally:
            await asyncio.shield(stream.stop())
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _sipp(
    folder: Path, exchange: Exchange, number: str, plans: int, source: tuple[str, int]
) -> asyncio.subprocess.Process:
    address, port = source
    arguments = {
        "-sf": "caller.xml",
        "-inf": "callers.csv",
        "-i": address,
        "-mi": address,
        "-p": str(port),
        "-mp": str(media_port(address)),
        "-s": number,
        "-m": str(plans),
        "-r": str(plans),  # every caller is there at once and dials at their own time
        "-rp": str(START_WITHIN_MS),
        "-l": str(plans),
        "-log_file": "calls.log",
    }
    flat = [word for pair in arguments.items() for word in pair]
    with (folder / "output").open("wb") as output:
        try:
            return await asyncio.create_subprocess_exec(
                *tied("sipp", *flat, "-trace_logs", "-nostdin", f"{exchange.host}:{exchange.port}"),
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise StreamRefused(
                f"{error.filename} is not installed; on Debian: apt install sip-tester util-linux"
            ) from error


def _prepared(parent: Path, steps: str, lines: str) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="callers-", dir=parent))
    (folder / "caller.xml").write_text(steps, encoding="ascii")
    (folder / "callers.csv").write_text(lines, encoding="ascii")
    return folder


def _keys_of(plans: Sequence[CallPlan]) -> int:
    shapes = {len(plan.keys) for plan in plans}
    if len(shapes) != 1:
        raise ValueError(f"a stream's callers press the same number of keys, these {sorted(shapes) or 'are none'}")
    return shapes.pop()


def _lines(plans: Sequence[CallPlan]) -> str:
    lines = ["SEQUENTIAL"]
    for plan in plans:
        fields = [plan.number, int(plan.before_s * 1000)]
        for place, key in enumerate(plan.keys):
            fields += [max(_ticks(key.after_s), KEY_TICKS if place else 1), key.digit]
        fields += [KEY_TICKS, _ticks(plan.patience_s)]
        lines.append(";".join(map(str, fields)))
    return "\n".join(lines) + "\n"


def _ticks(seconds: float) -> int:
    return round(seconds * 1000 / TICK_MS)


def media_port(address: str) -> int:
    """Find a first media port for a stream: SIPp binds it and the next but one, and ends at once where they are taken.

    Raises StreamRefused where none is free.
    """
    for port in islice(_NEXT_PORTS, len(MEDIA_PORTS)):
        if _udp_port(address, port) and _udp_port(address, port + 2):
            return port
    raise StreamRefused(f"no free media port between {MEDIA_PORTS.start} and {MEDIA_PORTS.stop}: do streams still run?")


def _free_udp_port(address: str) -> int:
    return _udp_port(address, 0) or 0


def _udp_port(address: str, wanted: int) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, wanted))
        except OSError:
            return None
        port: int = probe.getsockname()[1]
        return port
