"""A handset: one SIP line with a state, things to do with it, and states to wait for. Phones and callers are handsets."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from common.clock import boot_seconds
from deploy.telephones.baresip import GONE, Baresip, BaresipFailed, Happening, Sound

BETWEEN_DIGITS_S = 0.25
"""A person's pace, and longer than one RFC 4733 digit takes."""
EVENTS_KEPT = 50
"""How many past events an error shows at the most."""


class HandsetState(StrEnum):
    """Where a handset stands."""

    OFF = "off"
    IDLE = "idle"
    RINGING = "ringing"
    """An incoming call, not yet answered."""
    DIALLING = "dialling"
    """An outgoing call, not yet answered."""
    ESTABLISHED = "established"


class NotInTime(Exception):
    """What was waited for did not come about in its time; the text tells what happened instead."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Where the site's Asterisk takes SIP over UDP."""

    host: str
    port: int


class Handset:
    """One SIP line on its own baresip process; use it as an async context."""

    def __init__(
        self,
        name: str,
        exchange: Exchange,
        sound: Sound,
        *,
        parent: Path,
        address: str = "127.0.0.1",
        options: tuple[str, ...] = (),
    ) -> None:
        """`name` is the SIP user; the handset's temporary folder is made below `parent` and removed at its end.

        `options` are baresip's own.
        """
        self.name = name
        self.exchange = exchange
        self.sound = sound
        self.registered = False
        self.history: deque[Happening] = deque(maxlen=EVENTS_KEPT)
        self._calls: dict[str, HandsetState] = {}
        self._dialled = False
        self._running = False
        self._changed: set[asyncio.Event] = set()
        self._readers: set[asyncio.Queue[Happening]] = set()
        self._baresip = Baresip(name, sound, self._happened, address=address, parent=parent, options=options)

    async def __aenter__(self) -> Self:
        await self.switch_on()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.switch_off()

    @property
    def pid(self) -> int:
        """The baresip process's id; raises BaresipFailed when it is off."""
        return self._baresip.pid

    @property
    def state(self) -> HandsetState:
        """Where it stands; with several calls, the liveliest of them counts."""
        if not self._running:
            return HandsetState.OFF
        for state in (HandsetState.ESTABLISHED, HandsetState.RINGING, HandsetState.DIALLING):
            if state in self._calls.values():
                return state
        return HandsetState.DIALLING if self._dialled else HandsetState.IDLE

    @property
    def calls(self) -> int:
        """How many calls it has, ringing ones included."""
        return len(self._calls)

    async def switch_on(self) -> None:
        """Start the process; raises BaresipFailed."""
        await self._baresip.start()
        self._running = True
        try:
            await self._baresip.command("uanew", self._account())
        except BaseException:
            await self.switch_off()
            raise

    async def switch_off(self) -> None:
        """End every call and the process; nothing stays behind."""
        await self._baresip.stop()
        if self._running:
            self._happened(Happening(boot_seconds(), GONE, "", "", "switched off"))

    async def dial(self, number: str, elsewhere: Exchange | None = None) -> None:
        """Call `number` at the exchange, or past it, straight at another SIP peer."""
        self._dialled = True
        peer = elsewhere or self.exchange
        try:
            await self._baresip.command("dial", f"sip:{number}@{peer.host}:{peer.port}")
        except BaresipFailed:
            self._dialled = False
            raise

    async def accept(self) -> None:
        """Answer the ringing call."""
        await self._baresip.command("accept")

    async def hang_up(self) -> None:
        """End the current call; a ringing one is refused with 486 Busy Here."""
        await self._baresip.command("hangup")

    async def hold(self) -> None:
        """Put the current call on hold (re-INVITE)."""
        await self._baresip.command("hold")

    async def resume(self) -> None:
        """Take the held call back."""
        await self._baresip.command("resume")

    async def transfer(self, number: str) -> None:
        """Send the current call on to `number` at the exchange, blindly (SIP REFER)."""
        await self._baresip.command("transfer", f"sip:{number}@{self.exchange.host}:{self.exchange.port}")

    async def press(self, digits: str) -> None:
        """Press keys, sent by RFC 4733 at a person's pace."""
        for digit in digits:
            await self._baresip.command("sndcode", digit)
            await asyncio.sleep(BETWEEN_DIGITS_S)

    async def until(self, state: HandsetState, within_s: float) -> None:
        """Wait for a state; raises NotInTime."""
        await self.until_true(lambda: self.state is state, state.value, within_s)

    async def until_true(self, condition: Callable[[], bool], what: str, within_s: float) -> None:
        """Wait until `condition` holds, looked at after every event; raises NotInTime naming `what`."""
        try:
            async with asyncio.timeout(within_s):
                with self._watching() as changed:
                    while not condition():
                        changed.clear()
                        await changed.wait()
        except TimeoutError:
            past = ", ".join(f"{event.kind} {event.detail}".strip() for event in self.history)
            raise NotInTime(
                f"{self.name} was not {what} within {within_s} s but {self.state}; so far: {past}"
            ) from None

    async def events(self) -> AsyncIterator[Happening]:
        """Everything that happens from now on, as baresip tells it; ends when the handset is switched off."""
        queue: asyncio.Queue[Happening] = asyncio.Queue()
        self._readers.add(queue)
        try:
            while True:
                happening = await queue.get()
                yield happening
                if happening.kind == GONE:
                    return
        finally:
            self._readers.discard(queue)

    def heard_files(self) -> list[Path]:
        """WAV files (16 bit, mono, 8 kHz) of what it heard, one a call up to its first hold, oldest first.

        Needs `Sound.keep_heard`. They are gone with the handset.
        """
        return self._baresip.heard_files()

    def _account(self) -> str:
        """Name the line to baresip, in its account syntax."""
        raise NotImplementedError

    def _rang(self) -> None:
        """Take note that a call is coming in."""

    @contextmanager
    def _watching(self) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            yield changed
        finally:
            self._changed.discard(changed)

    def _happened(self, happening: Happening) -> None:
        match happening.kind:
            case "REGISTER_OK":
                self.registered = True
            case "REGISTER_FAIL" | "UNREGISTERING":
                self.registered = False
            case "CALL_INCOMING":
                self._calls[happening.call] = HandsetState.RINGING
                self._rang()
            case "CALL_RINGING" | "CALL_PROGRESS":
                self._calls[happening.call] = HandsetState.DIALLING
            case "CALL_ESTABLISHED":
                self._calls[happening.call] = HandsetState.ESTABLISHED
                self._dialled = False
            case "CALL_CLOSED":
                self._calls.pop(happening.call, None)
                self._dialled = False
            case "EXIT":
                self._calls.clear()
                self._running = self.registered = self._dialled = False
            case _:
                pass
        self.history.append(happening)
        for queue in self._readers:
            queue.put_nowait(happening)
        for changed in self._changed:
            changed.set()
