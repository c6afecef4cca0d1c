"""Processes of ours are over once they were ended, whether they listen or not."""

from __future__ import annotations

import asyncio
import signal
import sys

from common.processes import end

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
LISTENING = "import signal; print('ready', flush=True); signal.pause()"


async def _started(program: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    return process


async def test_a_process_is_asked_to_end() -> None:
    process = await _started(LISTENING)
    await end(process, within_s=30.0)
    assert process.returncode == -signal.SIGTERM


async def test_one_that_does_not_listen_is_killed() -> None:
    process = await _started(DEAF)
    await end(process, within_s=0.05)
    assert process.returncode == -signal.SIGKILL


async def test_one_that_is_over_already_stays_as_it_ended() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(3)")
    await process.wait()
    await end(process, within_s=30.0)
    assert process.returncode == 3
