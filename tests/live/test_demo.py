"""`switchboard demo` as a person has it: it comes up, calls are answered, and Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deploy.containers import Engine
from deploy.ports import free_ports
from deploy.sites import LOOPBACK, REPOSITORY, Ports, variable_of
from tests.live.service import COMMAND
from tests.live.waiting import until

UP_WITHIN_S = 40.0
ANSWERED_WITHIN_S = 60.0
DOWN_WITHIN_S = 30.0


class Demo:
    """A demo on a site and ports of its own, in a process group of its own, as a terminal would start it."""

    def __init__(self, folder: Path) -> None:
        self.site = f"live-{os.getpid()}-demo"
        self.ports = free_ports()
        self.kept = REPOSITORY / "var" / self.site
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self._out, self._err = folder / "out", folder / "err"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *words: str) -> None:
        """Start it with these words behind `switchboard demo`."""
        chosen = {variable_of(name): str(getattr(self.ports, name)) for name in Ports.__dataclass_fields__}
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [COMMAND, "demo", *words],
                env={**os.environ, **chosen, "SWITCHBOARD_SITE": self.site, "TMPDIR": str(self.temporary)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The started process."""
        assert self._process is not None
        return self._process

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self._out.read_text(encoding="utf-8")

    @property
    def complained(self) -> list[str]:
        """The lines of its standard error."""
        return self._err.read_text(encoding="utf-8").splitlines()

    async def until_said(self, what: str, within_s: float) -> None:
        """Wait until it has printed this; raises AssertionError where it ends before."""

        def printed() -> bool:
            assert self.process.poll() is None, f"it ended: {self.said}{self.complained}"
            return what in self.said

        await until(printed, f"the demo says {what!r}", within_s)

    def press_ctrl_c(self) -> None:
        """Send what a terminal sends to everything in its foreground."""
        os.killpg(self.process.pid, signal.SIGINT)

    async def ends(self) -> int:
        """Wait until it is down; its exit code."""
        await until(lambda: self.process.poll() is not None, "the demo is down", DOWN_WITHIN_S)
        code: int = self.process.returncode
        return code

    def processes(self) -> list[str]:
        """Every process of this site that lives: the service and its kin know its name by their environment."""
        mark = f"SWITCHBOARD_SITE={self.site}".encode()
        return [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if mark in _read(path).split(b"\0")]

    def service(self) -> int:
        """The process id of its `switchboard serve`."""
        mine = str(self.process.pid)
        [found] = [
            pid for pid in self.processes() if _parent(pid) == mine and b"serve" in _read(Path(f"/proc/{pid}/cmdline"))
        ]
        return int(found)

    def clear(self, engine: Engine) -> None:
        """Leave nothing behind, whatever became of it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(DOWN_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        engine.remove([container.name for container in engine.containers(self.site)])
        shutil.rmtree(self.kept, ignore_errors=True)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def _parent(pid: str) -> str:
    return _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()[1].decode()


@pytest.fixture
def demo(engine: Engine, tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    try:
        yield demo
    finally:
        demo.clear(engine)


def nothing_is_left(demo: Demo, engine: Engine) -> None:
    assert not engine.containers(demo.site)
    assert demo.processes() == []
    assert list(demo.temporary.iterdir()) == []


async def test_a_call_is_answered_and_ctrl_c_takes_everything_down(demo: Demo, engine: Engine) -> None:
    demo.start("--calls-per-minute", "60")
    await demo.until_said("the service: up", UP_WITHIN_S)
    await demo.until_said("接通 connected", ANSWERED_WITHIN_S)
    base = f"http://{LOOPBACK}:{demo.ports.api}"
    assert f"board       {base}/" in demo.said
    async with httpx.AsyncClient(base_url=base) as http:
        queues = (await http.get("/api/v1/queues")).json()["items"]
    assert sum(queue["answered"] for queue in queues) >= 1
    demo.press_ctrl_c()
    await demo.until_said("taking everything down", DOWN_WITHIN_S)
    demo.press_ctrl_c()  # an impatient one
    assert await demo.ends() == 0
    assert "everything is down, in " in demo.said
    assert f"kept: var/{demo.site}/" in demo.said
    assert demo.complained == []
    nothing_is_left(demo, engine)


async def test_ctrl_c_while_it_is_coming_up_takes_down_what_was_up(demo: Demo, engine: Engine) -> None:
    demo.start("--calls-per-minute", "0")
    await demo.until_said("Asterisk, Redis and Mosquitto …", UP_WITHIN_S)
    demo.press_ctrl_c()
    assert await demo.ends() == 0
    assert "Traceback" not in demo.said
    assert demo.complained == []
    nothing_is_left(demo, engine)


async def test_a_service_that_dies_is_told_and_everything_else_is_taken_down(demo: Demo, engine: Engine) -> None:
    demo.start("--calls-per-minute", "0")
    await demo.until_said("to call     SIP", UP_WITHIN_S)
    os.kill(demo.service(), signal.SIGKILL)
    assert await demo.ends() == 1
    assert demo.complained[0].startswith("stopped: the service ended by itself (exit code -9)")
    assert not any("Traceback" in line for line in demo.complained)
    nothing_is_left(demo, engine)


async def test_a_taken_port_is_one_sentence(demo: Demo, engine: Engine) -> None:
    with socket.create_server((LOOPBACK, demo.ports.redis)):
        demo.start()
        assert await demo.ends() == 1
    [sentence] = demo.complained
    assert sentence.startswith(f"stopped: site {demo.site} cannot use its ports: {demo.ports.redis} is held by ")
    assert "(SWITCHBOARD_REDIS_PORT)" in sentence
    nothing_is_left(demo, engine)
