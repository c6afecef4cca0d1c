"""Stand-ins at our own ports, used by unit tests; `tests/unit/test_ivr_fakes.py` holds them to the ports' word."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from acd.names import CallId
from ivr.caller import (
    CallerGone,
    CommandFailed,
    DialResult,
    FaxCame,
    LinkClosed,
    LinkSilent,
    OfferResult,
    Question,
    Ringing,
)
from ivr.tickets.ticket import VARIABLE as TICKET

Waited = TypeVar("Waited")


class Hangs:
    """Instead of a key or an offer's end: the caller hangs up there."""


class Crashes:
    """Instead of a key: a mistake of ours there."""


Key = str | asyncio.Future[str] | Hangs | Crashes
"""A key pressed at once, one pressed when the future says, or what happens instead."""


class FakeCaller:
    """A caller as a script: the keys they press, how each offer ends. `acts` is what was done to them, in words."""

    def __init__(
        self,
        keys: Iterable[Key] = (),
        offers: Iterable[OfferResult | asyncio.Future[OfferResult]] = (),
        *,
        call: str = "node1-1700000000.1",
        dials: Iterable[DialResult | asyncio.Future[DialResult] | Hangs] = (),
        entry: str = "main",
        number: str = "",
        variables: dict[str, str] | None = None,
    ) -> None:
        self.call = CallId(call)
        self.entry = entry
        self.number = number
        self.variables = dict(variables or {})
        self.acts: list[str] = []
        self.rung: list[Ringing] = []
        self.recording_fails = False
        self.fax: FaxCame | Hangs = FaxCame(complete=True, error="", station="")
        """How receiving a fax ends."""
        self.longest_talks: list[float | None] = []
        """How long who was dialled may talk."""
        self.expected_ends: list[float] = []
        """How soon what was under way had to end."""
        self.lasting: dict[str, asyncio.Future[None]] = {}
        """Sounds that last until their future says so; all others are over at once."""
        self.presses_during: dict[str, str] = {}
        """Keys pressed while a sound is played, by the sound."""
        self._keys = deque(keys)
        self._offers = deque(offers)
        self._dials = deque(dials)
        self._gone = asyncio.get_running_loop().create_future()
        self._why_gone: type[CallerGone] = CallerGone

    def falls_silent(self) -> None:
        """Let the link to the caller's channel fall silent now."""
        self._why_gone = LinkSilent
        self.hangs_up()

    def is_cut_off(self) -> None:
        """Let the link to the caller's channel close now."""
        self._why_gone = LinkClosed
        self.hangs_up()

    def hangs_up(self) -> None:
        """Let the caller hang up now."""
        if not self._gone.done():
            self._gone.set_result(None)

    async def answer(self) -> None:
        """Take the call."""
        self._act("answer")

    async def say(self, sound: str) -> str:
        """Note what was said; the keys that `presses_during` has for it are pressed."""
        self._act(f"say {sound}")
        if sound in self.lasting:
            await self.meanwhile(self.lasting[sound])
        return self.presses_during.get(sound, "")

    async def ask(self, question: Question) -> str:
        """Press the script's next key; without one left, wait until the caller hangs up."""
        self._act(f"ask {' '.join(question.sounds)}")
        match self._keys.popleft() if self._keys else None:
            case str() as key:
                return key
            case asyncio.Future() as later:
                return await self.meanwhile(later)
            case Hangs():
                self.hangs_up()
            case Crashes():
                raise RuntimeError("a mistake of ours")
        return await self.meanwhile(asyncio.get_running_loop().create_future())

    async def ask_digits(self, sounds: tuple[str, ...], most: int, wait_s: float) -> str:  # noqa: ARG002 - the port has it
        """Enter the script's next keys, all at once; without any left, wait until the caller hangs up."""
        return await self.ask(Question(sounds, wait_s))

    async def music_on(self, music: str) -> None:
        """Note the music."""
        self._act(f"music {music}")

    async def music_off(self) -> None:
        """Note the silence."""
        self._act("music off")

    async def set(self, name: str, value: str) -> None:
        """Keep a variable; the acts name it, not its value."""
        self._act(f"set {name}")
        self.variables[name] = value

    async def get(self, name: str) -> str:
        """Return a variable."""
        self._check()
        return self.variables.get(name, "")

    async def offer(self, ringing: Ringing) -> OfferResult:
        """End the offer as the script says; what was rung how is kept in `rung`."""
        if ringing.recording:
            self._act(f"record {ringing.recording}")
        self._act(f"offer {' '.join(ringing.phones)} {ringing.ring_s:g} {ringing.music}")
        self.rung.append(ringing)
        if ringing.ticket:
            self.variables[TICKET] = ringing.ticket
        outcome = self._offers.popleft()
        return await self.meanwhile(outcome) if isinstance(outcome, asyncio.Future) else outcome

    async def dial(self, customer: str, ring_s: float, shown: str, talk_s: float | None) -> DialResult:
        """End the dial as the script says."""
        self.longest_talks.append(talk_s)
        self._act(f"dial {customer} {ring_s:g} {shown}".rstrip())
        outcome = self._dials.popleft()
        if isinstance(outcome, Hangs):
            raise CallerGone("the caller hung up")
        return await self.meanwhile(outcome) if isinstance(outcome, asyncio.Future) else outcome

    async def start_recording(self, file: str) -> None:
        """Note the recording."""
        self._act(f"record {file}")
        if self.recording_fails:
            raise CommandFailed("no such application")

    async def stop_recording(self) -> None:
        """Note its end."""
        self._act("stop recording")

    async def take_message(self, file: str, most_s: float, silence_s: float) -> None:
        """Note the message."""
        self._act(f"message {file} {most_s:g} {silence_s:g}")

    async def receive_fax(self, file: str) -> FaxCame:
        """Note the fax, and end as the script says."""
        self._act(f"fax {file}")
        if isinstance(self.fax, Hangs):
            raise CallerGone("the caller hung up")
        return self.fax

    def expect_end(self, within_s: float) -> None:
        """Note it."""
        self.expected_ends.append(within_s)

    async def meanwhile(self, something: Awaitable[Waited]) -> Waited:
        """Wait for something while the caller stays."""
        waiting = asyncio.ensure_future(something)  # noqa: TID251 - ended before this returns
        try:
            await asyncio.wait((waiting, self._gone), return_when=asyncio.FIRST_COMPLETED)
            self._check()
            return await waiting
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    async def leave_to(self, context: str) -> None:
        """Note where the channel goes."""
        self._act(f"leave to {context}")

    def _act(self, act: str) -> None:
        self._check()
        self.acts.append(act)

    def _check(self) -> None:
        if self._gone.done():
            raise self._why_gone("as the test wants it")
