"""Modules that are imported when they are first used, and the start that stays short by it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from common.late import Late

NOT_FOR_CALLS = ("numpy", "soundfile", "soxr", "prompt_toolkit")
"""What takes long to import and no caller waits for: files of sound, and other programs' command lines."""


def test_a_late_module_is_the_module() -> None:
    assert Late("fractions").Fraction(1, 2) + Late("fractions").Fraction(1, 2) == 1


def test_a_name_that_a_late_module_has_not_is_said_as_ever() -> None:
    with pytest.raises(AttributeError, match="module 'fractions' has no attribute 'Fractoin'"):
        _ = Late("fractions").Fractoin


def test_the_service_starts_without_what_no_caller_waits_for() -> None:
    look = f"import sys, service.cli, service.wiring; print([name for name in {NOT_FOR_CALLS} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    assert done.stdout.strip() == "[]"
