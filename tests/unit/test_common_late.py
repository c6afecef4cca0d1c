"""Modules that are imported when they are first used, and the start that stays short by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from common.late import Late

NOT_FOR_CALLS = (
    *("numpy", "soundfile", "soxr", "prompt_toolkit"),
    *("fastapi", "starlette", "uvicorn", "websockets", "sqlalchemy", "httpx"),
)
"""What takes long to import and no caller waits for: files of sound, other programs' command lines, pages, the API, the
catalogue, what lookups are sent with."""
NOT_FOR_ASKING = ("acd", "ivr", "cti_bridge", "recordings", "service.wiring", "sqlalchemy", "redis", "fastapi", "cel")
"""What `switchboard agent list`, which asks the service, has no use for."""


def test_a_late_module_is_the_module() -> None:
    assert Late("fractions").Fraction(1, 2) + Late("fractions").Fraction(1, 2) == 1


def test_a_name_that_a_late_module_has_not_is_said_as_ever() -> None:
    with pytest.raises(AttributeError, match="module 'fractions' has no attribute 'Fractoin'"):
        _ = Late("fractions").Fractoin


def imported_of(names: tuple[str, ...], by: str) -> list[str]:
    """Which of these modules a new process has once it has imported `by`."""
    look = f"import sys, {by}; print(*(name for name in {names} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    return done.stdout.split()


def test_the_service_starts_without_what_no_caller_waits_for() -> None:
    assert imported_of(NOT_FOR_CALLS, "service.cli, service.wiring") == []


def test_a_command_that_asks_the_service_does_not_wait_for_what_the_service_needs() -> None:
    assert imported_of(NOT_FOR_ASKING, "service.cli") == []
