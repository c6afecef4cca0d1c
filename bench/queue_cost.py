"""What processes have cost so far: processor time from /proc/PID/stat, all threads and reaped children left aside."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.ports import holder

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROCESS = re.compile(r"\(process ([0-9]+)\)")


class NoSuchProcess(Exception):
    """A part whose cost is to be counted does not run."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds by part, user and system together."""

    seconds: Mapping[str, float]

    def since(self, before: Cost) -> Cost:
        """What was spent between the two."""
        return Cost({part: spent - before.seconds[part] for part, spent in self.seconds.items()})

    @property
    def total(self) -> float:
        """All parts together."""
        return sum(self.seconds.values())


def cost_of(processes: Mapping[str, int]) -> Cost:
    """Read what these processes (name → process id) have spent since they began; raises NoSuchProcess."""
    return Cost({name: _spent_s(name, process) for name, process in processes.items()})


def spent_by_children_s(process: int) -> float:
    """Read what the children of this process have spent that ended and were waited for, theirs included."""
    return _times("its children", process, 13, 14)


def has_children(process: int) -> bool:
    """Say whether a child of this process runs, or has ended and was not waited for: its time is not counted yet."""
    return any(_parent_of(stat) == process for stat in Path("/proc").glob("[0-9]*/stat"))


def process_at(port: int, protocol: str) -> int:
    """The id of the process that listens at a port of this machine (`tcp` or `udp`); raises NoSuchProcess."""
    found = _PROCESS.search(holder(port, protocol))
    if found is None:
        raise NoSuchProcess(f"no process that /proc shows listens at {protocol} port {port}: run as root")
    return int(found[1])


def _parent_of(stat: Path) -> int | None:
    try:
        return int(stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return None  # ended meanwhile


def _spent_s(name: str, process: int) -> float:
    return _times(name, process, 11, 12)


def _times(name: str, process: int, user: int, system: int) -> float:
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError as missing:
        raise NoSuchProcess(f"{name} (process {process}) ended while its cost was counted") from missing
    # proc(5): the second field may hold spaces and brackets; utime and stime are the 14th and 15th, their children's follow.
    words = text.rpartition(")")[2].split()
    return (int(words[user]) + int(words[system])) / TICKS_PER_S
