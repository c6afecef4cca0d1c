"""A stop that does not come to its end is ended: whoever told the service to stop waits for it."""

from __future__ import annotations

import asyncio
import os

import structlog

LEAVE_WITHIN_S = 8.0
"""How long an orderly stop may take. Callers lose nothing by a hard one: they are handed in again."""
LEFT_HARD = 1
"""The exit code then."""

_log = structlog.get_logger("service")


def leave_in_time() -> None:
    """End the process hard where it has not ended by itself in time, and name what held it back."""
    asyncio.get_running_loop().call_later(LEAVE_WITHIN_S, _leave)


def _leave() -> None:
    tasks = sorted(str(task.get_coro()) for task in asyncio.all_tasks() if task.cancelling())
    _log.error("the stop did not come to its end: ending hard", within_s=LEAVE_WITHIN_S, held_back_by=tasks)
    os._exit(LEFT_HARD)
