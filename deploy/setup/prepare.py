"""Prepares this machine and checkout for a goal: `python3 -m deploy.setup run|check|test|images`.

Runs on the bare system Python, with nothing installed. What is prepared already costs nothing; what was interrupted is
taken up again; a second preparation in the same checkout waits for the first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import FrameType

from deploy.containers import EngineError, detect
from deploy.setup import machine, python, web
from deploy.setup.commands import Commands
from deploy.setup.faults import Interrupted, SetupError
from deploy.setup.images import Images, images_of
from deploy.setup.machine import BASE_MAKER, BROWSER, CALLS, DATABASE, ENGINE, FAULTS, PYTHON, Need, room_for
from deploy.setup.python import Environment
from deploy.setup.screen import Screen
from deploy.setup.steps import Once, Step, carry_out

ROOT = Path(__file__).resolve().parent.parent.parent
STACK_IMAGES = ("asterisk", "redis", "mosquitto")
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class Goal(StrEnum):
    """What the checkout is to be ready for."""

    CHECK = "check"
    """Linting, types and unit tests: no containers."""
    RUN = "run"
    """The demo, or a real installation."""
    IMAGES = "images"
    """All container images, the service's too: for deploy/compose.yaml."""
    TEST = "test"
    """Everything."""


ROOM_GIB = {Goal.CHECK: (1.5, 0.5), Goal.RUN: (1.5, 2.5), Goal.IMAGES: (1.5, 3.5), Goal.TEST: (2.0, 5.0)}
"""Free space needed below the checkout, and where images and packages go, measured and rounded up."""


def main(words: list[str]) -> int:
    """Prepare for the goal that is named; gives the exit code."""
    try:
        goal = Goal(*words)
    except (TypeError, ValueError):
        sys.stderr.write(f"usage: python3 -m deploy.setup {'|'.join(Goal)}\n")
        return EXIT_USAGE
    signal.signal(signal.SIGTERM, _terminated)
    try:
        with Screen() as screen, _alone(screen):
            prepare(goal, screen)
    except (KeyboardInterrupt, Interrupted):
        sys.stderr.write("interrupted; what is done is kept, start again to go on\n")
        return EXIT_INTERRUPTED
    except (SetupError, EngineError) as error:
        sys.stderr.write(f"cannot prepare: {error}\n")
        return EXIT_FAILED
    return 0


def prepare(goal: Goal, screen: Screen) -> None:
    """Bring everything that the goal needs about; raises SetupError or EngineError."""
    screen.line(f"preparing for `{goal}` (full output of each step: var/setup/log)")
    steps = steps_for(goal)
    checkout, system = ROOM_GIB[goal]
    commands = Commands(ROOT)
    commands.end_leftovers()
    carry_out(steps, ROOT, screen, commands, first=lambda: room_for({ROOT: checkout, _images_folder(): system}))
    screen.line(f"prepared in {screen.elapsed_s:.1f} s")


def steps_for(goal: Goal) -> list[Step]:
    """List what has to be done for a goal, in no order: each step names those before it."""
    environment = Environment(ROOT)
    lock = ROOT / ("requirements.lock" if goal in {Goal.RUN, Goal.IMAGES} else "requirements-dev.lock")
    steps = [environment.step(), environment.packages_step(lock), environment.byte_code_step(lock)]
    if (ROOT / "web" / "package-lock.json").exists():
        steps += [web.node_step(environment, ROOT / "requirements-web.lock"), web.packages_step(ROOT)]
        if goal is not Goal.CHECK:
            steps.append(web.pages_step(ROOT))
    if goal is Goal.CHECK:
        return [_packages("system packages", PYTHON), *steps]
    runtime = ROOT / "requirements.lock"
    engine = Once(lambda: detect(ROOT))
    known = images_of(ROOT)
    wanted = STACK_IMAGES if goal is Goal.RUN else tuple(known)
    steps += [python.failsafe_step(environment, runtime)]
    if "service" in wanted:
        steps.append(python.wheels_step(environment, runtime))
    steps += Images(ROOT, engine).steps([known[name] for name in wanted])
    needs = (*PYTHON, *(() if _engine_works() else ENGINE), *BASE_MAKER)
    later = () if goal is Goal.IMAGES else (*CALLS, *((*BROWSER, *DATABASE, *FAULTS) if goal is Goal.TEST else ()))
    return [_packages("system packages", needs), _packages("further packages", later, "system packages"), *steps]


def _images_folder() -> Path:
    """Where an engine keeps its images: a user's own engine in the user's home."""
    return Path("/var") if os.getuid() == 0 else Path.home()


def _packages(name: str, needs: tuple[Need, ...], *after: str) -> Step:
    return Step(
        name,
        lambda: bool(machine.missing(needs)),
        lambda work: machine.install(work, needs),
        after,
    )


def _engine_works() -> bool:
    try:
        detect(ROOT)
    except EngineError:
        return False
    return True


@contextlib.contextmanager
def _alone(screen: Screen) -> Iterator[None]:
    """Hold the checkout's lock, so that two preparations never work on the same files; the kernel frees it with the process."""
    file = ROOT / "var" / "setup" / "lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            screen.line(
                f"another preparation of this checkout is under way (process {lock.read().strip()}): waiting for it"
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted("ended by a signal")
