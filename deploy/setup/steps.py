"""Runs the steps of the preparation: each as soon as what it stands on is done, several at once, the first error ends all.

A step is skipped where what it makes is there already, made of the same inputs; so a preparation can be repeated at
no cost, and one that was interrupted goes on where it was.
"""

from __future__ import annotations

import graphlib
import hashlib
import os
import re
import selectors
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from deploy.setup.commands import Commands, Fate, signal_group
from deploy.setup.faults import SetupError, reason
from deploy.setup.screen import Screen

SILENCE_LIMIT_S = 300.0
"""A command that writes nothing for so long is taken to hang (a registry that never answers) and ended."""
REMEMBERED_LINES = 200
WARNING = re.compile(r"(npm )?warn", re.IGNORECASE)
"""How lines begin that tell nothing of what is being done."""

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Work:
    """What a step is given to work with: to run commands, and to say what it is doing."""

    step: str
    root: Path
    screen: Screen
    commands: Commands

    @property
    def log(self) -> Path:
        """Where everything goes that this step's commands write."""
        return self.root / "var" / "setup" / "log" / f"{self.step.replace(' ', '-')}.log"

    def say(self, text: str) -> None:
        """Show what is being done right now."""
        self.screen.doing(self.step, text)

    def run(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        source: str = "software",
        fate: Fate = Fate.ENDS,
    ) -> None:
        """Run a command, its output going to the step's log; raises SetupError where it fails.

        `source` says whose packages it may fetch (`Debian`, `Python`, `npm`), for the error's words; `fate` what becomes
        of it when the preparation is broken off.
        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            log.write(f"$ {' '.join(words)}\n".encode())
            log.flush()
            environment = {**os.environ, **(env or {})}
            process = self.commands.start(words, fate=fate, environment=environment, folder=folder or self.root)
            try:
                lines = self._listen(process, log.write)
            finally:
                self.commands.ended(process)
        if process.returncode != 0:
            where = self.log.relative_to(self.root)
            raise SetupError(f"{self.step}: {reason(lines, source)} (all of it: {where})")

    def _listen(self, process: subprocess.Popen[bytes], write: Callable[[bytes], int]) -> Sequence[str]:
        assert process.stdout is not None  # noqa: S101 - asked for in Commands.start
        lines: deque[str] = deque(maxlen=REMEMBERED_LINES)
        with selectors.DefaultSelector() as selector, process.stdout as output:
            selector.register(output, selectors.EVENT_READ)
            while True:
                if not selector.select(SILENCE_LIMIT_S):
                    signal_group(process, signal.SIGKILL)
                    lines.append(f"read timed out: nothing was heard for {SILENCE_LIMIT_S:.0f} s")
                    break
                if not (chunk := os.read(output.fileno(), 65536)):
                    break
                write(chunk)
                heard = [line for line in chunk.decode(errors="replace").splitlines() if line.strip()]
                lines.extend(heard)
                if told := [line for line in heard if not WARNING.match(line)]:
                    self.say(told[-1].strip())
            process.wait()
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to be prepared. `needed` is asked once all of `after` is done; names are as people read them."""

    name: str
    needed: Callable[[], bool]
    work: Callable[[Work], None]
    after: tuple[str, ...] = field(default=())


def carry_out(
    steps: Iterable[Step], root: Path, screen: Screen, commands: Commands, first: Callable[[], None] = lambda: None
) -> None:
    """Run the steps, each after those that it names; raises the first SetupError once everything under way has ended.

    `first` is called once, before the first step that has anything to do; where it raises, nothing has been done.
    """
    by_name = {step.name: step for step in steps}
    order = graphlib.TopologicalSorter(
        {step.name: [name for name in step.after if name in by_name] for step in by_name.values()}
    )
    order.prepare()
    ask_first = Once(first)
    with ThreadPoolExecutor(max_workers=len(by_name) or 1) as pool:
        under_way: dict[Future[None], str] = {}
        try:
            while order.is_active():
                for name in order.get_ready():
                    work = Work(name, root, screen, commands)
                    under_way[pool.submit(_one, by_name[name], work, ask_first)] = name
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                    order.done(under_way.pop(future))
        except BaseException:
            commands.stop()
            raise


class Once(Generic[Made]):
    """Makes something when first asked for, however many threads ask; where that raises, the next one tries again."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[Made] = []

    def __call__(self) -> Made:
        """Give what was made, making it where nobody has."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


def _one(step: Step, work: Work, ask_first: Callable[[], None]) -> None:
    if not step.needed():
        return
    ask_first()
    work.screen.begin(step.name)
    work.log.unlink(missing_ok=True)
    try:
        step.work(work)
    except BaseException as error:
        work.screen.end(step.name, "broken off" if work.commands.stopping else "failed")
        if isinstance(error, OSError):
            raise SetupError(f"{step.name}: {reason([str(error)])} ({error})") from error
        raise
    work.screen.end(step.name, "done")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A file with the fingerprint of what something was made of; written last, so that half-made is never taken for made."""

    file: Path

    def says(self, fingerprint: str) -> bool:
        """Whether the thing was made, whole, of these inputs."""
        try:
            return self.file.read_text(encoding="ascii").strip() == fingerprint
        except OSError:
            return False

    def remove(self) -> None:
        """Note that the thing is about to be changed."""
        self.file.unlink(missing_ok=True)

    def write(self, fingerprint: str) -> None:
        """Note that the thing is made."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        draft = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        draft.write_text(f"{fingerprint}\n", encoding="ascii")
        draft.replace(self.file)


def fingerprint(inputs: Iterable[str | Path]) -> str:
    """Give one hash over texts and files; a folder counts with all that is in it, a path that is not there as absent."""
    total = hashlib.sha256()
    for one in inputs:
        if isinstance(one, str):
            total.update(f"text {one}\0".encode())
        else:
            total.update(f"path {one.name}\0".encode())
            for path in sorted(one.rglob("*")) if one.is_dir() else [one]:
                if path.is_file() and "__pycache__" not in path.parts:
                    total.update(f"file {path.relative_to(one)}\0".encode())
                    total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
