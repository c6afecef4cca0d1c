"""The demo's service: a process of its own, its API, and its live stream."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from common.clock import boot_seconds
from common.processes import end
from common.tied import tied
from deploy.sites import LOOPBACK, REPOSITORY, Site
from service.demo.live_view import LiveView, StreamBroken

READY_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.05
SILENT_S = 6.0
"""A stream that says nothing for so long has stopped: it beats every two seconds."""
AGAIN_AFTER_S = 0.5
LAST_WORDS = 5
"""So many lines of its log are told of a service that did not start."""


class DemoFailed(Exception):
    """The demo cannot go on; the text says why and what to do."""


class DemoService:
    """A running `switchboard serve`. What it writes goes into the site's service.log."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, begins_at: int, http: httpx.AsyncClient) -> None:
        self._process = process
        self._log = log
        self._begins_at = begins_at
        self._http = http

    async def until_ready(self) -> None:
        """Wait until it can serve callers; raises DemoFailed."""
        give_up_at = boot_seconds() + READY_WITHIN_S
        while boot_seconds() < give_up_at:
            if self._process.returncode is not None:
                raise DemoFailed(f"the service did not start: {self._last_words()} (all of it is in {self._log})")
            with contextlib.suppress(httpx.HTTPError):
                if (await self._http.get("/readyz")).is_success:
                    return
            await asyncio.sleep(LOOK_EVERY_S)
        raise DemoFailed(f"the service is not ready after {READY_WITHIN_S:.0f} s; see {self._log}")

    async def post(self, path: str, body: object | None = None) -> None:
        """Have it do something; raises DemoFailed."""
        try:
            answer = await self._http.post(f"/api/v1/{path}", json=body)
        except httpx.HTTPError as error:
            raise DemoFailed(f"the service does not answer ({error}); see {self._log}") from error
        if answer.is_error:
            raise DemoFailed(f"{path}: {answer.json().get('detail') or answer.status_code}")

    async def ended(self) -> DemoFailed:
        """Wait until it ends by itself, which it should not; returns what to say then."""
        code = await self._process.wait()
        return DemoFailed(f"the service ended by itself (exit code {code}): {self._last_words()} (see {self._log})")

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._begins_at)
            lines = log.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-LAST_WORDS:]) or "it said nothing"


@asynccontextmanager
async def demo_service(site: Site, environment: dict[str, str]) -> AsyncIterator[DemoService]:
    """The service as a process of its own; it ends when this process ends, however that is."""
    log_file = site.folder / "service.log"
    with log_file.open("ab") as log:
        begins_at = log.tell()
        process = await asyncio.create_subprocess_exec(
            *tied(str(Path(sys.executable).with_name("switchboard")), "serve", by=signal.SIGTERM),
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the demo: it takes the service down in its turn
        )
    base = f"http://{LOOPBACK}:{site.ports.api}"
    try:
        async with httpx.AsyncClient(base_url=base, headers=_bearer(site)) as http:
            yield DemoService(process, log_file, begins_at, http)
    finally:
        await end(process, STOP_WITHIN_S)


async def follow(site: Site, view: LiveView) -> None:
    """Keep the view live until cancelled; while it is not, say so in `view.trouble`."""
    address = f"ws://{LOOPBACK}:{site.ports.api}/api/v1/live"
    while True:
        try:
            async with connect(address, additional_headers=_bearer(site), max_size=None) as socket:
                while True:
                    async with asyncio.timeout(SILENT_S):
                        message = await socket.recv()
                    view.take(json.loads(message))
        except TimeoutError:
            view.trouble = f"the live stream is silent for {SILENT_S:.0f} s; trying again"
        except (OSError, WebSocketException, StreamBroken) as broken:
            view.trouble = f"the live stream stopped ({broken}); trying again"
        await asyncio.sleep(AGAIN_AFTER_S)


def _bearer(site: Site) -> dict[str, str]:
    return {"authorization": f"Bearer {site.secrets.api_token}"}
