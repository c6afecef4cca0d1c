"""The edge's clocks: the only place that reads them. The engine is given `now` instead."""

from __future__ import annotations

import time
from pathlib import Path


def boot_seconds() -> float:
    """Seconds since this machine booted; never jumps, and goes on over a restart of the service."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def unix_seconds() -> float:
    """Seconds since the Unix epoch, as the system clock says; may jump."""
    return time.time()  # noqa: TID251 - this is the place


def boot_id() -> str:
    """Name this boot of this machine, so that two `boot_seconds` are known to be comparable."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
