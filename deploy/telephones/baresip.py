"""One baresip process and its control wire: commands in, what happened out.

baresip (1.0, Debian) is driven through its `ctrl_tcp` module: JSON in netstrings (`LENGTH:JSON,`), one client at a time.
A command carries a token that its response repeats; events come in between. No sound card is used: what the phone says
is a sine tone, what it hears is written to a file where asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common.clock import boot_seconds
from common.processes import end
from common.tasks import spawn
from common.tied import tied
from deploy.ports import is_free, listens

START_WITHIN_S = 5.0
ANSWER_WITHIN_S = 3.0
STOP_WITHIN_S = 2.0
RETRY_CONNECT_S = 0.02
LONGEST_MESSAGE = 65_536
"""Bytes; baresip's own messages stay far below it."""
RTP_PORTS = "50000-54999"
"""Above those a site gives to Asterisk, below those of SIPp callers (caller_stream.py)."""
CONTROL_PORTS = range(12_000, 20_000)
"""Below the range from which Linux takes the ports of outgoing connections, between a site's ports and those of tests."""
PORTS_TRIED = 5
PORT_TAKEN = "ctrl_tcp: failed to listen"
MODULES = Path("/usr/lib/baresip/modules")

GONE = "EXIT"
"""The last event of every process."""

_ports_given: set[int] = set()


class BaresipFailed(Exception):
    """The process did not start, went away, or refused a command; the text says which and shows its last words."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One baresip event: `kind` in its own words (`CALL_INCOMING`, `REGISTER_OK`), `call` its call id or empty."""

    at: float
    """Seconds since the machine booted."""
    kind: str
    call: str
    direction: str
    """Of the call: `incoming` or `outgoing`; empty where it is about none."""
    detail: str


@dataclass(frozen=True, slots=True)
class Sound:
    """What a phone says, and whether what it hears is kept as WAV files in its folder."""

    tone_hz: int
    keep_heard: bool = False
    wideband: bool = False
    """Speaks and hears G.722, 16,000 samples a second, instead of G.711 with 8,000."""

    @property
    def codec(self) -> str:
        """The one codec it offers, in baresip's words."""
        return "G722/16000/1" if self.wideband else "PCMA/8000/1"


class Baresip:
    """The process, its folder and its wire; `tell` is called with every event, in order, on the event loop."""

    def __init__(
        self,
        name: str,
        sound: Sound,
        tell: Callable[[Happening], None],
        *,
        address: str,
        parent: Path,
        options: tuple[str, ...] = (),
    ) -> None:
        """`address` is the loopback address it speaks SIP and RTP from; its folder is made below `parent`.

        `options` are baresip's own: `-s` writes every SIP message into its log.
        """
        self.name = name
        self.folder = Path()
        self._sound = sound
        self._tell = tell
        self._address = address
        self._parent = parent
        self._options = options
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._asked: dict[str, asyncio.Future[str]] = {}
        self._count = 0

    @property
    def pid(self) -> int:
        """The process's id; raises BaresipFailed when it is not running."""
        if self._process is None or self._process.returncode is not None:
            raise BaresipFailed(f"{self.name}: baresip is not running")
        return self._process.pid

    async def start(self) -> None:
        """Start the process and connect to it; raises BaresipFailed with its output when it does not come up in time."""
        self._parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=self._parent))
        (self.folder / "accounts").touch()
        (self.folder / "contacts").touch()
        try:
            reader, self._writer = await self._running()
        except BaseException:
            await self.stop()
            raise
        self._reading = spawn(self._read(reader), f"baresip {self.name}")

    async def stop(self) -> None:
        """End the process (politely, then for sure) and remove its folder; harmless when it never started."""
        if self._writer is not None:
            self._writer.close()
        await self._end_process()
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        if self.folder != Path():
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    async def command(self, command: str, params: str = "") -> str:
        """Carry out one baresip command; answers its text, raises BaresipFailed when refused or unanswered."""
        if self._writer is None:
            raise BaresipFailed(f"{self.name}: {command} before start")
        self._count += 1
        token = str(self._count)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._asked[token] = answer
        message = json.dumps({"command": command, "params": params, "token": token}).encode()
        try:
            self._writer.write(b"%d:%b," % (len(message), message))
            await self._writer.drain()
            return await asyncio.wait_for(answer, ANSWER_WITHIN_S)
        except TimeoutError:
            raise BaresipFailed(
                f"{self.name}: {command} unanswered for {ANSWER_WITHIN_S} s: {self._last_words()}"
            ) from None
        except ConnectionError as error:
            raise BaresipFailed(f"{self.name}: {command} found baresip gone: {self._last_words()}") from error
        finally:
            del self._asked[token]

    def heard_files(self) -> list[Path]:
        """WAV files of what it heard, one a call, oldest first; the last one grows while its call lasts.

        baresip 1.0 stops writing at the first hold of a call and does not take it up again.
        """
        return sorted(self.folder.glob("dump-*-dec.wav"), key=lambda file: file.stat().st_mtime_ns)

    def log(self) -> str:
        """All that the process has written so far."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    async def _running(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Start the process and connect; once more on another port where somebody takes the first one in between."""
        for _ in range(PORTS_TRIED):
            port = _free_port(self._address)
            (self.folder / "config").write_text(self._config(port), encoding="ascii")
            with (self.folder / "log").open("wb") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *tied("baresip", "-f", str(self.folder), *self._options),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if await self._listens(port):
                return await asyncio.open_connection(self._address, port, limit=LONGEST_MESSAGE)
            await self._end_process()
        raise BaresipFailed(f"{self.name}: baresip found no free port for its control wire: {self._last_words()}")

    async def _listens(self, port: int) -> bool:
        """Wait until the process itself listens on its port; say no where it could not have it."""
        give_up_at = boot_seconds() + START_WITHIN_S
        while boot_seconds() < give_up_at:
            if self._process is not None and self._process.returncode is not None:
                raise BaresipFailed(f"{self.name}: baresip ended at once: {self._last_words()}")
            if listens(self.pid, port):
                return True
            if PORT_TAKEN in self._last_words():
                return False
            await asyncio.sleep(RETRY_CONNECT_S)
        raise BaresipFailed(f"{self.name}: baresip not ready within {START_WITHIN_S} s: {self._last_words()}")

    async def _end_process(self) -> None:
        if self._process is not None:
            await end(self._process, STOP_WITHIN_S)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads((await reader.readexactly(length + 1))[:-1])
                if message.get("event"):
                    self._tell(_happening(message))
                elif (answer := self._asked.get(message.get("token", ""))) is not None and not answer.done():
                    self._resolve(answer, message)
        except (asyncio.IncompleteReadError, ConnectionError):
            self._tell(Happening(boot_seconds(), GONE, "", "", "the process is gone"))

    def _resolve(self, answer: asyncio.Future[str], message: dict[str, object]) -> None:
        text = str(message.get("data", "")).strip()
        if message.get("ok"):
            answer.set_result(text)
        else:
            answer.set_exception(BaresipFailed(f"{self.name}: baresip refused: {text}"))

    def _last_words(self) -> str:
        log = self.folder / "log"
        return log.read_text(encoding="utf-8", errors="replace")[-400:].strip() if log.exists() else "(no output)"

    def _config(self, port: int) -> str:
        modules = ["g722.so" if self._sound.wideband else "g711.so", "ausine.so"] + (
            ["sndfile.so"] if self._sound.keep_heard else []
        )
        lines = [
            "poll_method epoll",
            f"sip_listen {self._address}:0",
            f"net_interface {self._address}",
            f"audio_source ausine,{self._sound.tone_hz}",
            "ausrc_srate 48000",  # the only rate ausine makes
            "ausrc_channels 2",  # as above
            "call_max_calls 1",  # an engaged phone says 486 Busy Here by itself
            "audio_level no",
            f"rtp_ports {RTP_PORTS}",
            "rtp_stats no",
            "statmode_default off",
            "ringback_disabled yes",
            "menu_bell no",
            f"module_path {MODULES}",
            *(f"module {module}" for module in modules),
            *(f"module_app {module}" for module in ("account.so", "menu.so", "ctrl_tcp.so")),
            f"ctrl_tcp_listen {self._address}:{port}",
            f"snd_path {self.folder}",
        ]
        return "\n".join(lines) + "\n"


def _happening(message: dict[str, object]) -> Happening:
    return Happening(
        at=boot_seconds(),
        kind=str(message.get("type", "")),
        call=str(message.get("id", "")),
        direction=str(message.get("direction", "")),
        detail=str(message.get("param", "")),
    )


def _free_port(address: str) -> int:
    """Find a TCP port nobody listens on, and never the same twice: many phones start at the same moment."""
    for port in random.SystemRandom().sample(CONTROL_PORTS, len(CONTROL_PORTS)):
        if port not in _ports_given and is_free(address, port):
            _ports_given.add(port)
            return port
    raise BaresipFailed(
        f"no free port between {CONTROL_PORTS.start} and {CONTROL_PORTS.stop} for a phone's control wire"
    )
