"""Processes that we started, ended in order: asked first, killed where they do not listen."""

from __future__ import annotations

import asyncio


async def end(process: asyncio.subprocess.Process, within_s: float) -> None:
    """Return once it is over: told to end (SIGTERM), and killed where that takes longer than `within_s` seconds."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
