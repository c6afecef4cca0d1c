"""AMI, Redis and MQTT over TLS: with who has a certificate of our authority, and with nobody else."""

from __future__ import annotations

import ssl
import subprocess
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.sites import LOOPBACK
from deploy.stack import Stack
from deploy.telephones.phones import AnswerAfter
from tests.chaos.extent import Extent, full_only
from tests.chaos.line import line_to
from tests.live.house import SOON_S, scenario
from tests.live.observer import Observer
from tests.live.service import Service
from tests.live.waiting import until, until_seen

PARTS = {"ami": "AMI", "redis": "REDIS", "mqtt": "MQTT"}
LINKED_WITHIN_S = 15.0
REFUSED_WITHIN_S = 40.0
"""The start waits five seconds for Redis first."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate for loopback that is its own authority."""

    file: Path
    key: Path

    def shown(self) -> ssl.SSLContext:
        """How a server shows it."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.file, self.key)
        return context


def certificate(folder: Path, name: str) -> Certificate:
    """Make one with openssl, which Debian's ca-certificates bring."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    words += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{LOOPBACK}"]
    subprocess.run(  # noqa: S603 - words of our own
        ["openssl", *words, "-keyout", made.key, "-out", made.file],  # noqa: S607 - whichever there is
        capture_output=True,
        check=True,
    )
    return made


async def test_links_speak_tls_with_whom_they_trust_and_with_nobody_else(
    stack: Stack, service: Service, observer: Observer, tmp_path: Path, extent: Extent
) -> None:
    full_only(extent)
    ours, strange = certificate(tmp_path, "ours"), certificate(tmp_path, "strange")
    ports, usual = stack.site.ports, service.environment

    def environment(authority: Certificate) -> dict[str, str]:
        places = {f"SWITCHBOARD_{name}_PORT": str(port) for name, port in carried.items()}
        return usual | places | {f"SWITCHBOARD_{name}_CA": str(authority.file) for name in carried}

    async def told() -> dict[str, bool]:
        try:
            async with httpx.AsyncClient(base_url=service.url) as client:
                parts: dict[str, bool] = (await client.get("/readyz")).json()["parts"]
                return parts
        except httpx.TransportError:
            return {}

    async def all_up() -> bool:
        return all((await told()).values())

    service.stop()
    async with AsyncExitStack() as lines:
        carried: dict[str, int] = {}
        for field, name in PARTS.items():
            line = await lines.enter_async_context(line_to(getattr(ports, field), tls=ours.shown()))
            carried[name] = line.port
        try:
            service.environment = environment(strange)
            begins_at = service.log.stat().st_size if service.log.exists() else 0
            service.start()
            await until(lambda: _refused(service, begins_at), "no link comes about", REFUSED_WITHIN_S)
            assert not any((await told()).values())
            service.stop()
            service.environment = environment(ours)
            async with scenario(stack, service, observer, tmp_path) as house:
                await until_seen(all_up, "every link is up", LINKED_WITHIN_S)
                agent = await house.ready_agent("1001", AnswerAfter(0.1))
                caller = await house.caller("crowd")
                await house.until_talking(caller, agent, SOON_S)
                await caller.hang_up()
            service.stop()
        finally:
            service.stop()
            service.environment = usual


def _refused(service: Service, begins_at: int) -> bool:
    """Whether it has tried both links of which it tells, and neither came about."""
    said = service.log.read_text(encoding="utf-8")[begins_at:]
    return "AMI link down" in said and "MQTT link down" in said
