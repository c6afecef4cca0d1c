"""Background tasks: kept alive, and never silent about an error."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest
from structlog.testing import capture_logs

from common.tasks import spawn


async def fails() -> None:
    raise ValueError("no")


async def test_an_error_nobody_waits_for_is_in_the_log_with_the_task_s_name() -> None:
    with capture_logs() as logged:
        spawn(fails(), "sweeping")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert [(entry["event"], entry["task"], entry["log_level"]) for entry in logged] == [
        ("background task failed", "sweeping", "error")
    ]
    assert isinstance(logged[0]["exc_info"], ValueError)


async def test_who_waits_gets_the_error_too() -> None:
    with capture_logs(), pytest.raises(ValueError, match="no"):
        await spawn(fails(), "sweeping")


async def test_being_cancelled_is_no_error() -> None:
    with capture_logs() as logged:
        task = spawn(asyncio.sleep(60), "waiting")
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert logged == []


async def test_a_task_nobody_holds_lives_until_it_is_done() -> None:
    go_on, done = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go_on.wait()
        done.set()

    kept = weakref.ref(spawn(work(), "kept"))
    await asyncio.sleep(0)
    gc.collect()
    assert kept() is not None
    go_on.set()
    await done.wait()
