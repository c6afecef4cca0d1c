"""Background tasks outside a task group: kept alive, and never silent about an error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

_running: set[asyncio.Task[Any]] = set()
_log = structlog.get_logger("tasks")


def spawn(work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
    """Run `work` in the background; an error is logged with the task's name, never swallowed."""
    task = asyncio.create_task(work, name=name)  # noqa: TID251 - this is the place
    _running.add(task)
    task.add_done_callback(_finished)
    return task


def _finished(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("background task failed", task=task.get_name(), exc_info=error)
