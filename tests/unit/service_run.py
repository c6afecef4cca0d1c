"""The whole service on loopback, in a task of a test's loop, with nobody at the other end of its links."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from common.clock import boot_seconds
from common.tasks import spawn
from ivr.prompts.making import Prompts
from ivr.prompts.voice import Samples, VoiceFailed
from service import wiring
from service.configuration.plan import Plan
from service.configuration.reading import read_plan
from service.wiring import serve
from tests.unit.service_kit import centre_in, clean_environment, settings_in

LOOPBACK = "127.0.0.1"
UP_WITHIN_S = 10.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.02
DATABASE_THREAD = "_connection_worker_thread"
"""In the name of each of aiosqlite's threads."""
UNSPEAKABLE = "unspeakable"
"""The one text that the silent voice cannot speak."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


async def until_databases_rest() -> None:
    """Let this test's loop live until SQLite's threads are done: what they still say would find it closed."""
    for thread in threading.enumerate():
        if DATABASE_THREAD in thread.name:
            await asyncio.to_thread(thread.join, STOP_WITHIN_S)


def plan_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A small centre's plan, on free ports, that no Asterisk will ever tell who waits."""
    clean_environment(monkeypatch, folder)
    centre_in(folder)
    monkeypatch.setattr(wiring, "WORLD_PATIENCE_S", 0.0)
    plan = read_plan(settings_in(folder, api_port=free_port(), agi_port=free_port()))
    return replace(plan, prompts=Prompts(folder / "prompts", folder / "config" / "prompts", SilentVoice()))


class SilentVoice:
    """Speaks without a process."""

    name = "silence"

    async def speak(self, text: str, _language: str) -> tuple[Samples, int]:
        """A moment of nothing."""
        if text == UNSPEAKABLE:
            raise VoiceFailed("it cannot say that")
        return np.zeros(80, np.float32), 8000


class Running:
    """The service, in a task of this test's loop."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.base = f"http://{LOOPBACK}:{plan.settings.api_port}"
        self.task = spawn(serve(plan), "serve")

    async def until_up(self) -> None:
        async with asyncio.timeout(UP_WITHIN_S):
            _, writer = await self.call()
            writer.close()
            await self.alive()

    async def call(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect as Asterisk does for a caller, as soon as callers are served."""
        return await self._connected(self.plan.settings.agi_port)

    async def alive(self) -> bool:
        """Whether it says so, once it answers."""
        _, writer = await self._connected(self.plan.settings.api_port)
        writer.close()
        async with httpx.AsyncClient(base_url=self.base, timeout=UP_WITHIN_S) as http:
            return (await http.get("/healthz")).is_success

    async def _connected(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(UP_WITHIN_S):
            while True:
                try:
                    return await asyncio.open_connection(LOOPBACK, port)
                except OSError:
                    await asyncio.sleep(LOOK_EVERY_S)

    async def stop(self) -> float:
        """Be told to end as systemd does; how long it took, in seconds."""
        began = boot_seconds()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(STOP_WITHIN_S):
            await self.task
        return boot_seconds() - began
