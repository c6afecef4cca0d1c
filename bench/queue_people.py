"""The benchmark's people: all agents' phones in one SIPp process, callers in another. Neither is counted."""

from __future__ import annotations

import asyncio
import socket
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.queue_site import HERE
from common.tied import tied
from deploy.sites import LOOPBACK

SCENARIOS = HERE / "sipp"
RING_MS = 200
"""How long an agent lets it ring."""
END_WITHIN_S = 5.0


class PeopleFailed(Exception):
    """SIPp could not do its part; the text holds its last words."""


@dataclass(frozen=True, slots=True)
class HangUpAfter:
    """Callers who hang up so many seconds after the site has picked up."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Stay:
    """Callers who stay until the site hangs up."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many callers who dial `number`, so many a second."""

    number: str
    callers: int
    per_s: int
    manners: HangUpAfter | Stay
    at_once: int | None = None
    """Never more of them on the line than this; None: all of them may be."""


@asynccontextmanager
async def phones(folder: Path) -> AsyncIterator[int]:
    """All agents' phones, at one address; yields its port."""
    steps = folder / "phones.xml"
    steps.write_text(_scenario("phones", ring_ms=str(RING_MS)), encoding="ascii")
    port = _free_udp_port()
    async with _sipp(folder / "phones.out", "-sf", str(steps), "-i", LOOPBACK, "-mi", LOOPBACK, "-p", str(port)):
        yield port


@asynccontextmanager
async def callers(folder: Path, crowd: Crowd, sip_port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """The crowd, dialling from now on; who is still on the line when the context ends is forgotten, not hung up."""
    match crowd.manners:
        case HangUpAfter(seconds):
            ending = _scenario("hang_up", stay_ms=str(round(1000 * seconds)))
        case Stay():
            ending = _scenario("stay")
    steps = folder / "caller.xml"
    steps.write_text(_scenario("caller", ending=ending), encoding="ascii")
    words = {
        "-sf": str(steps),
        "-i": LOOPBACK,
        "-mi": LOOPBACK,
        "-p": str(_free_udp_port()),
        "-s": crowd.number,
        "-m": str(crowd.callers),
        "-l": str(crowd.at_once or crowd.callers),
        "-r": str(crowd.per_s),
    }
    flat = [word for pair in words.items() for word in pair]
    async with _sipp(folder / "callers.out", *flat, f"{LOOPBACK}:{sip_port}") as process:
        yield process


@asynccontextmanager
async def _sipp(output: Path, *words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    with output.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *tied("sipp", *words, "-nostdin"),
            cwd=output.parent,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        async with asyncio.timeout(END_WITHIN_S):
            await process.wait()


def _scenario(name: str, **values: str) -> str:
    template = (SCENARIOS / f"{name}.xml").read_text(encoding="ascii")
    return string.Template(template).substitute(values)


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
