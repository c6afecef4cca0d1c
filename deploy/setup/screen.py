"""What a person sees of the preparation: plain lines anywhere, and on a terminal one more line of what is under way."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import sys
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self, TextIO

from common import clock

REDRAW_S = 0.15
REMIND_S = 10.0
"""Off a terminal, a step that takes long says so at this pace, with what it is doing."""
LONGEST_NOTE = 100
WHEEL = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
WIPE = "\r\x1b[2K"


class Screen:
    """Steps' beginnings, ends and durations (seconds), written from several threads."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._live = out.isatty()
        self._lock = threading.Lock()
        self._since: dict[str, float] = {}
        self._doing: dict[str, str] = {}
        self._reminded: dict[str, float] = {}
        self._ended = threading.Event()
        self._started = clock.boot_seconds()
        self._drawer = threading.Thread(target=self._draw, daemon=True)

    def __enter__(self) -> Self:
        self._drawer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._drawer.join()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the preparation began."""
        return clock.boot_seconds() - self._started

    def line(self, text: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._write(text)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Keep the terminal free while another program asks its user something."""
        with self._lock:
            if self._live:
                self._out.write(WIPE)
                self._out.flush()
            yield

    def begin(self, step: str) -> None:
        """Say that a step is under way."""
        with self._lock:
            self._since[step] = self._reminded[step] = clock.boot_seconds()
            if not self._live:
                self._write(f"{self._stamp()} {step} …")

    def doing(self, step: str, text: str) -> None:
        """Note what a step is doing right now; shown on a terminal at once, elsewhere now and then."""
        with self._lock:
            self._doing[step] = text[:LONGEST_NOTE]

    def end(self, step: str, outcome: str) -> None:
        """Say how a step ended, and how long it took."""
        with self._lock:
            took = clock.boot_seconds() - self._since.pop(step)
            self._doing.pop(step, None)
            self._write(f"{self._stamp()} {step}: {outcome} in {took:.1f} s")

    def _stamp(self) -> str:
        return f"[{self.elapsed_s:6.1f} s]"

    def _write(self, text: str) -> None:
        self._out.write(f"{WIPE if self._live else ''}{text}\n")
        self._out.flush()

    def _draw(self) -> None:
        for spoke in itertools.cycle(WHEEL):
            if self._ended.wait(REDRAW_S):
                break
            with self._lock:
                if self._live:
                    self._draw_status(spoke)
                else:
                    self._remind()
        if self._live:
            self._out.write(WIPE)
            self._out.flush()

    def _draw_status(self, spoke: str) -> None:
        now = clock.boot_seconds()
        parts = [f"{step} {now - since:.0f} s {self._doing.get(step, '')}" for step, since in self._since.items()]
        if parts:
            share = max(20, (shutil.get_terminal_size().columns - 4) // len(parts) - 3)
            self._out.write(f"{WIPE}{spoke} {' · '.join(part[:share].rstrip() for part in parts)}")
            self._out.flush()

    def _remind(self) -> None:
        now = clock.boot_seconds()
        for step, last in self._reminded.items():
            if step in self._since and now - last >= REMIND_S:
                self._reminded[step] = now
                self._write(
                    f"{self._stamp()} {step}: {now - self._since[step]:.0f} s so far … {self._doing.get(step, '')}"
                )
