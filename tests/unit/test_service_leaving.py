"""A stop that hangs is ended hard, and says what held it back."""

from __future__ import annotations

import subprocess
import sys

HANGS = """
import asyncio, signal
from service import leaving
leaving.LEAVE_WITHIN_S = 0.2

async def stuck():
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

async def main():
    task = asyncio.create_task(stuck())
    await asyncio.sleep(0)
    leaving.leave_in_time()
    task.cancel()
    await task

asyncio.run(main())
"""


def test_a_stop_that_hangs_is_ended_and_says_what_held_it_back() -> None:
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert "stuck" in ended.stdout + ended.stderr
