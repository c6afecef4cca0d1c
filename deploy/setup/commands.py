"""The programs that the preparation runs, and what becomes of them when it is interrupted or killed.

Programs outlive a killed parent, and a new preparation must not work on the same files beside them. So every program
carries a mark in its environment, by which the next preparation of the checkout finds it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from common import clock
from common.tied import tied
from deploy.setup.faults import Interrupted

MARK = "SWITCHBOARD_PREPARES"
GRACE_S = 10.0
"""How long a program that is asked to end may take."""
FINISH_S = 300.0
"""How long one may take that is left to finish."""
LOOK_EVERY_S = 0.1


class Fate(StrEnum):
    """What becomes of a program when the preparation is interrupted or killed."""

    ENDS = "ends"
    FINISHES = "finishes"
    """It is waited for: dpkg in the middle of its work would leave the system half-configured."""
    GOES_ON = "goes on"
    """Nobody minds it: a container engine's processes may belong to others too."""


class Commands:
    """The programs that are running for the preparation of one checkout, so that all can be ended together."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._running: dict[subprocess.Popen[bytes], Fate] = {}
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether everything is being ended."""
        return self._stopping

    def start(
        self, words: Sequence[str], *, fate: Fate, environment: Mapping[str, str], folder: Path
    ) -> subprocess.Popen[bytes]:
        """Start a program in a process group of its own; raises Interrupted where everything is being ended."""
        marked = {} if fate is Fate.GOES_ON else {MARK: _mark(self._root, fate)}
        with self._lock:
            if self._stopping:
                raise Interrupted("interrupted")
            process = subprocess.Popen(  # noqa: S603 - our own words, and no shell reads them
                words if fate is Fate.FINISHES else tied(*words, by=signal.SIGTERM),
                env={**environment, **marked},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Not a session of its own: sudo remembers a password by terminal.
                process_group=0,
            )
            self._running[process] = fate
            return process

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a program that has ended."""
        with self._lock:
            self._running.pop(process, None)

    def stop(self) -> None:
        """Ask the programs to end and kill those that do not, but for those that are left to finish; start no more."""
        with self._lock:
            self._stopping = True
            to_end = [process for process, fate in self._running.items() if fate is not Fate.FINISHES]
        for process in to_end:
            signal_group(process, signal.SIGTERM)
        deadline = clock.boot_seconds() + GRACE_S
        for process in to_end:
            try:
                process.wait(max(LOOK_EVERY_S, deadline - clock.boot_seconds()))
            except subprocess.TimeoutExpired:
                signal_group(process, signal.SIGKILL)

    def end_leftovers(self) -> None:
        """End what a killed preparation of this checkout left at work, and wait for what must finish."""
        for number, limit_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
            for pid in _marked(_mark(self._root, Fate.ENDS)):
                _signal(pid, number)
            _until_gone(_mark(self._root, Fate.ENDS), limit_s)
        _until_gone(_mark(self._root, Fate.FINISHES), FINISH_S)


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a program and all that it has started."""
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return  # it has ended, or it is sudo's, which the terminal's own interrupt reaches


def _mark(root: Path, fate: Fate) -> str:
    return f"{root}:{fate}"


def _marked(mark: str) -> Iterator[int]:
    """Find the processes that carry a mark, by number; those of other users cannot be looked into."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                environment = (folder / "environ").read_bytes()
            except OSError:
                continue
            if f"{MARK}={mark}".encode() in environment.split(b"\0"):
                yield int(folder.name)


def _until_gone(mark: str, limit_s: float) -> None:
    deadline = clock.boot_seconds() + limit_s
    while clock.boot_seconds() < deadline and next(_marked(mark), None) is not None:
        time.sleep(LOOK_EVERY_S)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
