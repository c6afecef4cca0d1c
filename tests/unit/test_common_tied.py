"""A program that is tied to whoever started it is gone with them, however they end; so is the live tests' service."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from common.tied import tied
from tests.live.service import Service
from tests.live.waiting import until
from tests.unit.service_kit import REPOSITORY

GONE_WITHIN_S = 20.0
UP_AND_WAITS = "echo up; exec sleep 600"
PLACE = {"SWITCHBOARD_API_HOST": "127.0.0.1", "SWITCHBOARD_API_PORT": "9", "SWITCHBOARD_API_TOKEN": "none"}
A_TEST = f"""
import sys, time
from pathlib import Path
from tests.live import service

service.COMMAND = Path(sys.argv[1])
started = service.Service({PLACE!r}, Path(sys.argv[2]), Path.cwd())
started.start()
print(started.pid, flush=True)
time.sleep(600)
"""
"""A test's process, which starts its service and is still at it."""


def runs(pid: int) -> bool:
    """Whether the process does anything yet: a dead one may wait for its new parent to take note."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_program_ends_with_the_thread_that_started_it(by: signal.Signals) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        process = subprocess.Popen(tied("sh", "-c", UP_AND_WAITS, by=by), stdout=subprocess.PIPE)  # noqa: S603 - our own words
        started.append(process)
        assert process.stdout is not None
        process.stdout.readline()

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with started[0] as process:
        assert process.wait(GONE_WITHIN_S) == -by


async def test_the_service_of_a_test_that_is_killed_is_gone(tmp_path: Path) -> None:
    stand_in = tmp_path / "switchboard"
    stand_in.write_text(f"#!/bin/sh\n{UP_AND_WAITS}\n", encoding="ascii")
    stand_in.chmod(0o755)
    log = tmp_path / "log"
    words = [sys.executable, "-c", A_TEST, str(stand_in), str(log)]
    test = await asyncio.create_subprocess_exec(*words, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE)
    assert test.stdout is not None
    service = int(await test.stdout.readline())
    await until(lambda: log.read_bytes() == b"up\n", "the service runs", GONE_WITHIN_S)
    assert runs(service)
    test.kill()
    await test.wait()
    await until(lambda: not runs(service), "the service is gone", GONE_WITHIN_S)


def test_a_service_is_started_by_no_thread_that_may_end_before_its_test(tmp_path: Path) -> None:
    service = Service(PLACE, tmp_path / "log", tmp_path)
    refused: list[str] = []

    def start() -> None:
        try:
            service.start()
        except AssertionError as error:
            refused.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refused == ["the service would end with this thread: start it from the main one"]
    assert not service.runs
