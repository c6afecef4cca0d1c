"""The service under test: the real command in a process of its own, which can be killed, stopped and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx

from common.tied import tied
from tests.live.waiting import until, until_seen

READY_WITHIN_S = 40.0
STOP_WITHIN_S = 10.0
COMMAND_WITHIN_S = 30.0
USER_TICKS, SYSTEM_TICKS = 11, 12
"""Where /proc/PID/stat has them, counted after the command's name."""
COMMAND = Path(sys.executable).with_name("switchboard")


class Service:
    """`switchboard serve`, with this environment. All that its runs write goes into one log file."""

    def __init__(self, environment: dict[str, str], log: Path, folder: Path) -> None:
        self.environment = environment
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.log = log
        self.url = f"http://{environment['SWITCHBOARD_API_HOST']}:{environment['SWITCHBOARD_API_PORT']}"
        self.token = environment["SWITCHBOARD_API_TOKEN"]

    @property
    def runs(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; raises AssertionError where it does not run."""
        if self._process is None or not self.runs:
            raise AssertionError("the service does not run")
        return self._process.pid

    @property
    def processor_s(self) -> float:
        """How much processor time it has taken since its start, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / os.sysconf("SC_CLK_TCK")

    def start(self) -> None:
        """Start the process, which ends with this one however that ends; it is not ready at once."""
        if self.runs:
            raise AssertionError("the service runs already")
        if threading.current_thread() is not threading.main_thread():
            raise AssertionError("the service would end with this thread: start it from the main one")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                tied(str(COMMAND), "serve"),
                # As in operation: what one start has compiled is there for the next.
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **self.environment},
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def until_ready(self) -> None:
        """Wait until it says that it is; raises AssertionError when it ends instead."""

        async def ready() -> bool:
            if not self.runs:
                raise AssertionError(f"the service ended at its start: {self.last_words()}")
            try:
                return (await client.get("/readyz")).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False

        async with httpx.AsyncClient(base_url=self.url) as client:
            await until_seen(ready, "the service is ready", READY_WITHIN_S)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it stand still (SIGSTOP): its connections stay, and nothing comes over them."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it stood still."""
        self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end (SIGTERM), wait, and return its exit code."""
        return self._end(signal.SIGTERM)

    async def until_ended(self, within_s: float) -> int:
        """Wait until it ends by itself; its exit code."""
        process = self._process
        assert process is not None
        await until(lambda: process.poll() is not None, "the service has ended", within_s)
        return process.returncode

    def hang_up(self) -> None:
        """Send SIGHUP: it is to read its configuration anew."""
        if self._process is None:
            raise AssertionError("the service does not run")
        self._process.send_signal(signal.SIGHUP)

    async def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `switchboard` with these words, beside it and with its settings."""

        def run() -> subprocess.CompletedProcess[str]:
            return subprocess.run(  # noqa: S603 - our own words
                [COMMAND, *words],
                env={**os.environ, **self.environment},
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=COMMAND_WITHIN_S,
                check=False,
            )

        return await asyncio.to_thread(run)

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:] if self.log.exists() else ""

    def _signal(self, what: signal.Signals) -> None:
        if self._process is None or not self.runs:
            raise AssertionError("the service does not run")
        self._process.send_signal(what)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            return self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"the service did not end within {STOP_WITHIN_S} s of {how.name}") from None
