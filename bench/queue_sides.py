"""The two that are compared: app_queue inside Asterisk, and Switchboard beside it. Each is there only in its own rounds."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

import httpx

from bench.queue_cost import process_at
from bench.queue_site import PHONES, THROUGH_APP_QUEUE, THROUGH_SWITCHBOARD, Numbers
from common.clock import boot_seconds
from common.processes import end
from common.tied import tied
from deploy.sites import REPOSITORY
from deploy.stack import Part, Stack

READY_WITHIN_S = 20.0
LOOK_EVERY_S = 0.1
STOP_WITHIN_S = 10.0
LAST_WORDS = 1_000
"""How many characters of the service's log a failure quotes."""
COMMAND = Path(sys.executable).with_name("switchboard")


class SideFailed(Exception):
    """One of the two could not be brought up; the text says why."""


class Side(StrEnum):
    """Who queues the callers of a round."""

    APP_QUEUE = "app_queue"
    SWITCHBOARD = "switchboard"

    @property
    def numbers(self) -> Numbers:
        """What callers dial to be queued by this side."""
        return THROUGH_APP_QUEUE if self is Side.APP_QUEUE else THROUGH_SWITCHBOARD


@asynccontextmanager
async def serving(side: Side, stack: Stack) -> AsyncIterator[Mapping[str, int]]:
    """Bring one side up for a round; yields the processes that it needs, name → process id."""
    asterisk = {"asterisk": process_at(stack.site.ports.sip, "udp")}
    if side is Side.APP_QUEUE:
        async with _app_queue(stack):
            yield asterisk
    else:
        parts = {
            "redis": process_at(stack.site.ports.redis, "tcp"),
            "mosquitto": process_at(stack.site.ports.mqtt, "tcp"),
        }
        async with switchboard(stack) as service:
            await _everybody_ready(stack)
            yield {**asterisk, "service": service, **parts}


async def hang_up_everybody(stack: Stack) -> None:
    """End every call on the stack's Asterisk."""
    await _asterisk(stack, "channel request hangup all")


@asynccontextmanager
async def _app_queue(stack: Stack) -> AsyncIterator[None]:
    said = await _asterisk(stack, "module load app_queue.so")
    if "Loaded" not in said:
        raise SideFailed(f"Asterisk does not load app_queue: {said}")
    try:
        yield
    finally:
        await _asterisk(stack, "module unload app_queue.so")


@asynccontextmanager
async def switchboard(stack: Stack) -> AsyncIterator[int]:
    """The service beside the stack, ready to serve callers; yields its process id."""
    environment = stack.service_environment()
    log = stack.site.folder / "service.log"
    # The service of this checkout, whatever is installed; gone with the benchmark, even if that one is killed.
    surroundings = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *tied(str(COMMAND), "serve"),
            env=surroundings,
            cwd=REPOSITORY,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        async with _api(stack) as api:
            await _until_ready(process, api, log)
        yield process.pid
    finally:
        await end(process, STOP_WITHIN_S)


def _api(stack: Stack) -> httpx.AsyncClient:
    environment = stack.service_environment()
    url = f"http://{environment['SWITCHBOARD_API_HOST']}:{environment['SWITCHBOARD_API_PORT']}"
    authority = {"Authorization": f"Bearer {environment['SWITCHBOARD_API_TOKEN']}"}
    return httpx.AsyncClient(base_url=url, headers=authority, timeout=READY_WITHIN_S)


async def _until_ready(process: asyncio.subprocess.Process, api: httpx.AsyncClient, log: Path) -> None:
    give_up_at = boot_seconds() + READY_WITHIN_S
    while True:
        if process.returncode is not None:
            said = await asyncio.to_thread(log.read_text, encoding="utf-8")
            raise SideFailed(f"the service ended at its start: {said[-LAST_WORDS:]}")
        try:
            if (await api.get("/readyz")).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        if boot_seconds() > give_up_at:
            raise SideFailed(f"the service is not ready within {READY_WITHIN_S} s; its log is {log}")
        await asyncio.sleep(LOOK_EVERY_S)


async def _everybody_ready(stack: Stack) -> None:
    """Sign in whoever is not; the service remembers the others from the round before."""
    async with _api(stack) as api:
        for number in range(1, PHONES + 1):
            agent = (await api.get(f"/api/v1/agents/{number}")).json()
            if agent["state"] == "signed_out":
                await _do(api, number, "sign-in", {"phone": f"PJSIP/phone{number}"})
            if agent["state"] != "ready":
                await _do(api, number, "ready", None)


async def _do(api: httpx.AsyncClient, agent: int, action: str, words: dict[str, str] | None) -> None:
    answer = await api.post(f"/api/v1/agents/{agent}/{action}", json=words)
    if answer.status_code != httpx.codes.OK:
        raise SideFailed(f"agent {agent} cannot {action}: {answer.text}")


async def _asterisk(stack: Stack, command: str) -> str:
    words = ["asterisk", "-rx", command]
    return await asyncio.to_thread(stack.engine.exec, stack.name(Part.ASTERISK), words)
