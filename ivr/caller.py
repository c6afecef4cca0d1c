"""The caller as a session sees them: answer, say, ask, offer, hang up. Asterisk's wire stays behind this port."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from acd.names import AttemptOutcome, CallId, OfferFailure, PhoneId
from acd.plans.offering import PickUp

Waited = TypeVar("Waited")


FAX = "SWITCHBOARD_FAX"
"""Not empty where the dialplan hands in a caller whose calling tone was heard: a fax machine."""
TALKED = "SWITCHBOARD_TALKED"
"""Not empty: the dialplan hands the caller in because a conversation is over that had outlived the service."""

DIAL_STATUS = "DIALSTATUS"
"""By this the dialplan knows a call whose conversation outlived the service. It is emptied where a call goes on after one."""


class CallerGone(Exception):
    """The caller hung up, was taken elsewhere, or the link to their channel broke: the session is over."""


class LinkSilent(CallerGone):
    """Nothing comes over the link to the channel any more: the caller may still be there, held in a session nobody serves."""


class LinkClosed(CallerGone):
    """The link to the channel closed, and nothing said that they hung up. Asterisk knows it too, and goes on without us."""


class CommandFailed(Exception):
    """Asterisk refused what was asked of the channel: a module is missing, or the request is wrong. The caller is as before."""


@dataclass(frozen=True, slots=True)
class ConversationOver:
    """The agent answered, they talked, and the agent hung up first: the caller is still there."""


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """The agent's phone was rung and nobody came of it; the caller is still there."""

    why: OfferFailure


OfferResult = ConversationOver | OfferFailed


@dataclass(frozen=True, slots=True)
class Missed:
    """The customer's phone was rung and nobody came of it; the agent is still there."""

    outcome: AttemptOutcome


DialResult = ConversationOver | Missed


@dataclass(frozen=True, slots=True)
class Asking:
    """What stands between an agent's picking up and the caller: sounds the agent hears, and the key they have to press."""

    sounds: tuple[str, ...]
    key: str
    """Empty: none, the sounds are all."""
    within_s: float
    """How long the key is waited for after the sounds; it may be pressed during them."""


@dataclass(frozen=True, slots=True)
class Ringing:
    """Which phones are rung for a caller, and how. The first that is picked up has the caller, the others stop."""

    phones: tuple[PhoneId, ...]
    ring_s: float
    music: str
    """What the caller hears until they are joined."""
    asking: Asking | None = None
    pick_up: PickUp = PickUp.AGENT
    ticket: str = ""
    """What the caller carries from just before the phones ring; empty: what they carried before."""
    recording: str = ""
    """The file, by Asterisk's path, that the conversation is recorded into; empty: it is not."""


@dataclass(frozen=True, slots=True)
class Question:
    """Sounds played in turn, and a wait for one key, which may be pressed while they still play where `barge_in` is true."""

    sounds: tuple[str, ...]
    wait_s: float
    barge_in: bool = True


@dataclass(frozen=True, slots=True)
class FaxCame:
    """How receiving a fax ended, in Asterisk's words."""

    complete: bool
    """Whether both machines agree that it was all of them."""
    error: str
    """Asterisk's name of what went wrong (`RX_NOEOP`); empty: nothing."""
    station: str
    """What the sending machine calls itself, mostly its number. Personal: never to be logged."""


class Caller(Protocol):
    """One caller's channel. Every method raises CallerGone when it is over, and CommandFailed where Asterisk refuses."""

    call: CallId
    entry: str
    """The flow's entry name, from the number dialled."""
    number: str
    """The number they call from; empty where it is withheld. Personal: never to be logged."""

    async def answer(self) -> None:
        """Take the call."""

    async def say(self, sound: str) -> str:
        """Play a sound (as Asterisk names it: `switchboard/en/welcome`) to its end; returns the keys pressed meanwhile."""
        ...

    async def ask(self, question: Question) -> str:
        """Play the sounds and return the one key pressed (`0`-`9`, `*`, `#`), or nothing when the wait is over."""

    async def ask_digits(self, sounds: tuple[str, ...], most: int, wait_s: float) -> str:
        """Play the sounds (none: silence) and return the digits and stars entered, during them or after.

        `most` of them are enough, `#` ends them, and so do `wait_s` without a key.
        """

    async def music_on(self, music: str) -> None:
        """Play music of this class until `music_off`, while the session is idle."""

    async def music_off(self) -> None:
        """Stop the music."""

    async def set(self, name: str, value: str) -> None:
        """Set a channel variable, which outlives this service."""

    async def get(self, name: str) -> str:
        """Return a channel variable; empty where it is not set."""

    async def offer(self, ringing: Ringing) -> OfferResult:
        """Ring agents' phones while the caller hears music; if one takes the call, return when the conversation is over."""

    async def dial(self, customer: str, ring_s: float, shown: str, talk_s: float | None) -> DialResult:
        """Ring a customer from an agent's channel; if answered, return when the conversation is over.

        `customer` is a dial string, `shown` the number that they see (empty: the network's own choice). `talk_s` after they
        have picked up they are hung up, whoever they talk with by then; None: never. The one who is `ConversationOver`'s
        caller is then the customer: they hung up, the agent is still there.
        """

    async def start_recording(self, file: str) -> None:
        """Record the channel's two directions into `file` (Asterisk's path) until the conversation ends."""

    async def stop_recording(self) -> None:
        """Stop a recording that was begun, where no conversation came of it or it goes on with somebody else."""

    async def take_message(self, file: str, most_s: float, silence_s: float) -> None:
        """Record what the caller says after a beep into `file` (Asterisk's path) until silence, `#` or `most_s`."""

    async def receive_fax(self, file: str) -> FaxCame:
        """Receive a fax into `file` (Asterisk's path, TIFF). A machine that hangs up at its end raises CallerGone."""
        ...

    def expect_end(self, within_s: float) -> None:
        """What is under way is over, as others say: unless the channel says so within so long, its link counts as silent."""

    async def meanwhile(self, something: Awaitable[Waited]) -> Waited:
        """Wait for something else while the caller is left alone (with music); cancelled when they hang up."""
        ...

    async def leave_to(self, context: str) -> None:
        """Send the channel to the start of a dialplan context once the session ends."""
