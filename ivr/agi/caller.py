"""The caller's port, spoken to Asterisk over one FastAGI connection."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import structlog

from acd.names import AttemptOutcome, CallId, OfferFailure
from acd.plans.offering import PickUp
from ivr.agi.server import QUICK_S, AgiConnection
from ivr.agi.wire import COMMAND_BYTES, Reply
from ivr.caller import (
    FAX,
    TALKED,
    CallerGone,
    CommandFailed,
    ConversationOver,
    DialResult,
    FaxCame,
    Missed,
    OfferFailed,
    OfferResult,
    Question,
    Ringing,
)
from ivr.tickets.ticket import VARIABLE as TICKET
from ivr.transfers.transfer import VARIABLE as TRANSFER

_log = structlog.get_logger("caller")

Waited = TypeVar("Waited")

_PHONE = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.-]+")
_CUSTOMER = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.:@/+-]+")
_SHOWN = re.compile(r"\+?[0-9]*")
_MUSIC = re.compile(r"[A-Za-z0-9_.-]+")
_TICKET_TEXT = re.compile(r"[A-Za-z0-9_.-]+")
_SOUND = re.compile(r"[A-Za-z0-9_./-]+")
_KEY = re.compile(r"[0-9*]?")
_FILE = re.compile(r"[A-Za-z0-9_./-]+")
_NUMBER = re.compile(r"\+?[0-9]{3,32}")
_NOT_PRESENTED = 0x60
"""Of the presentation (Q.931, `include/asterisk/callerid.h`): restricted, or not available."""
_KEYS = "0123456789*#"
_END = "#"
_SILENCE = "silence/1"
"""A second of nothing, of Asterisk's own sounds: what keys are gathered with when all is said."""
_SILENCE_S = 1.0
_KEYS_KEPT = 32
"""Of the keys pressed during a sound, at most; who presses more has it cut short."""
_STATE, _TICKET, _TRANSFER, _TALKED, _FAX = 2, 3, 4, 5, 6
"""Which arguments of the hand-over are the channel's state, its ticket and the queue the caller was sent on to: what is known
is not asked for."""
_LONGEST_ARGUMENT = COMMAND_BYTES - 50
"""Of a Dial: what its command line adds (its name and quotes) has room in the rest."""
_FAX_COMPLETE = "SUCCESS"
_UP = "Up"
_FAILED = "-1"
_TIMEOUT = "timeout"
"""What GET DATA says beside no keys when the wait is over; without it, `#` was pressed, which is among no keys."""
_NOT_WRITABLE = "writefile"
_DECLINED = ("CHANUNAVAIL", "21")
"""DIALSTATUS and HANGUPCAUSE after a 603 Decline, which the status alone does not tell from a phone that is not there."""
LATE_S = 3.0
"""How much later than its sounds and waits are over a command may be answered before the link counts as broken."""
BY_HAND_S = 0.4
"""Nobody refuses a call sooner than so long after it was dialled: what ends it before that, though it rang, is the phone."""

_HOW_DIAL_ENDED = "${DIALSTATUS}/${ANSWEREDTIME}/${HANGUPCAUSE}/${RINGTIME_MS}"
OFFER, AUTO_ANSWER, RINGS = "switchboard-offer", "switchboard-auto-answer", "switchboard-rings"
"""The dialplan's contexts that ask an agent before the caller is joined, tell a phone to pick up by itself, and put the ticket
on the caller's channel and begin the recording before the phones ring."""

_WHY = {
    "BUSY": OfferFailure.BUSY,
    "NOANSWER": OfferFailure.NO_ANSWER,
    "CHANUNAVAIL": OfferFailure.UNREACHABLE,
    "CONGESTION": OfferFailure.UNREACHABLE,
    "CANCEL": OfferFailure.CALLER_GONE,
}
"""What Dial says of its end (DIALSTATUS), in the engine's words; anything else is an error of the dial.

Measured on 22.10 with SIP replies 486 (BUSY), 480 and ringing out (NOANSWER), 404 and unregistered (CHANUNAVAIL), 503
(CONGESTION).
"""


_OUTCOMES = {"BUSY": AttemptOutcome.BUSY, "NOANSWER": AttemptOutcome.NO_ANSWER}
"""What DIALSTATUS says of a customer; anything else is the network's failure."""


Lasts = Callable[[str], float | None]
"""How many seconds a sound lasts, at the most; None: not known."""


def _not_known(_sound: str) -> None:
    """It takes as long as it takes."""


class AgiCaller:
    """A caller whose channel Asterisk handed over. What should have been over `LATE_S` ago shows a silent link."""

    def __init__(self, connection: AgiConnection, lasts: Lasts = _not_known) -> None:
        self._agi = connection
        self._lasts = lasts
        self.call = CallId(connection.request.uniqueid)
        self.entry = connection.request.argument(1)
        self.number = _number(connection.request.headers)
        self._is_up = connection.request.argument(_STATE) == _UP
        self._brought = {}
        if connection.request.argument(_STATE):
            self._brought = {
                TICKET: connection.request.argument(_TICKET),
                TRANSFER: connection.request.argument(_TRANSFER),
                TALKED: connection.request.argument(_TALKED),
                FAX: connection.request.argument(_FAX),
            }

    async def answer(self) -> None:
        """Take the call; fine on one that is already answered."""
        if self._is_up:
            return
        await self._agi.command("ANSWER")

    async def say(self, sound: str) -> str:
        """Play a sound to its end; returns the keys pressed meanwhile. One that cannot be played is logged: the call goes on."""
        pressed, at = "", 0
        while True:
            # Asterisk tells of a key only by ending the sound: it goes on from there.
            reply = await self._agi.command("STREAM FILE", sound, _KEYS, str(at), within_s=self._within_s(sound))
            self._note_unplayable(sound, reply.result)
            key = chr(max(0, int(reply.result)))
            if key not in _KEYS or len(pressed) >= _KEYS_KEPT:
                return pressed
            pressed, at = pressed + key, reply.endpos

    async def ask(self, question: Question) -> str:
        """Play the sounds and return the one key pressed, or nothing when the wait is over."""
        if not question.barge_in or not question.sounds:
            for sound in question.sounds:
                reply = await self._agi.command("STREAM FILE", sound, "", within_s=self._within_s(sound))
                self._note_unplayable(sound, reply.result)
            return await self._next_key(question.wait_s)
        *first, last = question.sounds
        for sound in first:  # GET DATA plays one
            if key := await self._key_during(sound):
                return key
        return await self._one_key(last, question.wait_s)

    async def ask_digits(self, sounds: tuple[str, ...], most: int, wait_s: float) -> str:
        """Play the sounds and return what was entered. Asterisk gathers it: between two commands keys would be lost."""
        *first, last = sounds or (_SILENCE,)
        for sound in first:  # GET DATA plays one
            key = await self._key_during(sound)
            if key:
                more = key != _END and most > 1
                return key.rstrip(_END) + (await self._gathered(_SILENCE, most - 1, wait_s) or "" if more else "")
        entered = await self._gathered(last, most, wait_s)
        if entered is None:
            self._note_unplayable(last, _FAILED)
            entered = await self._gathered(_SILENCE, most, wait_s)
        return entered or ""

    async def _gathered(self, sound: str, most: int, wait_s: float) -> str | None:
        """The keys pressed during a sound or after it; None where it could not be played, or the caller is leaving."""
        within_s = self._within_s(sound, (most + 1) * wait_s)
        reply = await self._agi.command("GET DATA", sound, str(round(wait_s * 1000)), str(most), within_s=within_s)
        return None if reply.result == _FAILED else "".join(key for key in reply.result if key in _KEYS)

    async def _one_key(self, sound: str, wait_s: float) -> str:
        """The key pressed during a sound or after it, by one command: between two of them it would be lost."""
        within_s = self._within_s(sound, wait_s)
        reply = await self._agi.command("GET DATA", sound, str(round(wait_s * 1000)), "1", within_s=within_s)
        if reply.result == _FAILED:
            self._note_unplayable(sound, _FAILED)
            return await self._next_key(wait_s)
        if not reply.result:
            return "" if reply.value == _TIMEOUT else _END
        return reply.result if reply.result in _KEYS else ""

    async def _key_during(self, sound: str) -> str:
        """The key that ended a sound; empty where it was played to its end, or could not be played."""
        reply = await self._agi.command("STREAM FILE", sound, _KEYS, within_s=self._within_s(sound))
        self._note_unplayable(sound, reply.result)
        key = chr(max(0, int(reply.result)))
        return key if key in _KEYS else ""

    async def _next_key(self, wait_s: float) -> str:
        """Wait in silence and return the next key, or nothing when the wait is over."""
        reply = await self._agi.command("WAIT FOR DIGIT", str(round(wait_s * 1000)), within_s=wait_s + LATE_S)
        key = chr(max(0, int(reply.result)))
        return key if key in _KEYS else ""

    async def music_on(self, music: str) -> None:
        """Play music while the session is idle."""
        await self._agi.command("SET MUSIC", "ON", _checked(_MUSIC, music))

    async def music_off(self) -> None:
        """Stop the music."""
        await self._agi.command("SET MUSIC", "OFF")

    async def set(self, name: str, value: str) -> None:
        """Set a channel variable."""
        self._brought.pop(name, None)
        await self._agi.command("SET VARIABLE", name, value)

    async def get(self, name: str) -> str:
        """Return a channel variable; empty where it is not set."""
        if name in self._brought:
            return self._brought[name]
        return (await self._agi.command("GET VARIABLE", name)).value or ""

    async def offer(self, ringing: Ringing) -> OfferResult:
        """Ring the phones; `g` brings the caller back here when the agent hangs up first."""
        try:
            dial = _dial(ringing)
        except ValueError as mistake:
            _log.error("the offer cannot be dialled", call=self.call, why=str(mistake))
            return OfferFailed(OfferFailure.ERROR)
        loop = asyncio.get_running_loop()
        began = loop.time()
        reply = await self._ring(dial, ringing)
        took_s = loop.time() - began
        if reply.result == _FAILED:
            # Only a caller who hung up ends Dial so (docs/asterisk-notes.md): there is nobody to ask about any more.
            raise CallerGone("the caller hung up")
        # By one command: of a talk, how it ended costs as much as how it began.
        told = (await self._agi.command("GET FULL VARIABLE", _HOW_DIAL_ENDED)).value or ""
        status, answered_time, cause, ring_time = (told.split("/") + [""] * 4)[:4]
        if status == "ANSWER":
            # Set when a bridge ends, so empty where the agent picked up and did not take the caller.
            return ConversationOver() if answered_time else OfferFailed(OfferFailure.REFUSED)
        # Most phones say the same, 486, where somebody refuses and where they are engaged: only who refuses rang before, and for
        # longer than a moment, since some ring and say that they are engaged at once.
        rang = status == "BUSY" and took_s >= BY_HAND_S and bool(ring_time)
        _log.info("offer failed", call=self.call, status=status, cause=cause, rang=rang, took_s=round(took_s, 3))
        refused = (status, cause) == _DECLINED or rang
        return OfferFailed(OfferFailure.REFUSED if refused else _WHY.get(status, OfferFailure.ERROR))

    async def _ring(self, dial: str, ringing: Ringing) -> Reply:
        """Dial, the ticket put on the channel and the recording begun before anything rings."""
        self._brought.pop(TICKET, None)
        if ringing.recording and not _FILE.fullmatch(ringing.recording):
            # A caller is served even where the recording cannot be made.
            _log.error("recording not started: rename its folder", call=self.call, file=ringing.recording)
            ringing = replace(ringing, recording="")
        carried = f"{dial}{_beforehand(ringing)}"
        if len(carried) > _LONGEST_ARGUMENT and ringing.ticket:
            await self.set(TICKET, ringing.ticket)
            carried = f"{dial}{_beforehand(replace(ringing, ticket=''))}"
        return await self._agi.command("EXEC", "Dial", carried, within_s=None)

    async def dial(self, customer: str, ring_s: float, shown: str, talk_s: float | None) -> DialResult:
        """Ring the customer; `g` brings the agent back here when the customer hangs up first, `S` is on their channel."""
        most = "" if talk_s is None else f"S({math.ceil(talk_s)})"
        from_whom = f"f({_checked(_SHOWN, shown)})" if shown else ""
        try:
            dial = f"{_checked(_CUSTOMER, customer)},{math.ceil(ring_s)},g{most}{from_whom}"
        except ValueError:
            _log.error("the number cannot be dialled: mend `dialling.dial` in switchboard.yaml", call=self.call)
            return Missed(AttemptOutcome.FAILED)
        reply = await self._agi.command("EXEC", "Dial", dial, within_s=None)
        if reply.result == _FAILED:
            raise CallerGone("the channel that dialled hung up")
        status = await self.get("DIALSTATUS")
        if status == "ANSWER":
            return ConversationOver()
        _log.info("number not reached", call=self.call, status=status)
        return Missed(_OUTCOMES.get(status, AttemptOutcome.FAILED))

    async def start_recording(self, file: str) -> None:
        """Record both directions as two channels of a raw file, as long as the caller is bridged (docs/interfaces.md)."""
        await self._agi.command("EXEC", "MixMonitor", f"{_checked(_FILE, file)},Db")

    async def stop_recording(self) -> None:
        """Stop the one recording that runs on this channel."""
        await self._agi.command("EXEC", "StopMixMonitor", "")

    async def take_message(self, file: str, most_s: float, silence_s: float) -> None:
        """Record a message after a beep; `#` ends it. Raises CommandFailed where Asterisk cannot write the file."""
        stem, _, kind = _checked(_FILE, file).rpartition(".")
        most_ms, within_s = str(round(most_s * 1000)), most_s + 2 * QUICK_S
        reply = await self._agi.command(
            "RECORD FILE", stem, kind, "#", most_ms, "BEEP", f"s={math.ceil(silence_s)}", within_s=within_s
        )
        if reply.value == _NOT_WRITABLE:
            raise CommandFailed(
                "Asterisk cannot write messages: their folder is missing, full, or not its own to write"
            )

    async def receive_fax(self, file: str) -> FaxCame:
        """Receive a fax. How it ended is asked for at once: most machines hang up a moment later."""
        await self._agi.command("EXEC", "ReceiveFAX", _checked(_FILE, file), within_s=None)
        complete = await self.get("FAXOPT(status)") == _FAX_COMPLETE
        error = "" if complete else await self.get("FAXOPT(error)")
        return FaxCame(complete, error, await self.get("FAXOPT(remotestationid)"))

    def expect_end(self, within_s: float) -> None:
        """Have what is under way end within so long from now."""
        self._agi.expect_reply(within_s)

    async def meanwhile(self, something: Awaitable[Waited]) -> Waited:
        """Wait for something else while the caller is left alone."""
        return await self._agi.meanwhile(something)

    async def leave_to(self, context: str) -> None:
        """Send the channel to the start of a dialplan context (extension `caller`) once the session ends."""
        await self._agi.command("SET CONTEXT", context)
        await self._agi.command("SET EXTENSION", "caller")
        await self._agi.command("SET PRIORITY", "1")

    def _within_s(self, sound: str, and_s: float = 0.0) -> float | None:
        lasts_s = _SILENCE_S if sound == _SILENCE else self._lasts(sound)
        return None if lasts_s is None else lasts_s + and_s + LATE_S

    def _note_unplayable(self, sound: str, result: str) -> None:
        if result == _FAILED:
            _log.warning("sound not played: missing, unreadable, or the caller is leaving", call=self.call, sound=sound)


def _number(headers: Mapping[str, str]) -> str:
    presentation = headers.get("agi_callingpres", "0")
    withheld = presentation.isdecimal() and int(presentation) & _NOT_PRESENTED
    number = "" if withheld else headers.get("agi_callerid", "")
    return number if _NUMBER.fullmatch(number) else ""


def _dial(ringing: Ringing) -> str:
    """Dial's arguments. Raises ValueError where a name could begin another argument."""
    phones = "&".join(_checked(_PHONE, phone) for phone in ringing.phones)
    how = f"gm({_checked(_MUSIC, ringing.music)})"
    if (asking := ringing.asking) is not None:
        sounds = "&".join(_checked(_SOUND, sound) for sound in asking.sounds)
        how += f"U({OFFER}^{sounds}^{_checked(_KEY, asking.key)}^{math.ceil(asking.within_s)})"
    if ringing.pick_up is PickUp.PHONE:
        how += f"b({AUTO_ANSWER}^s^1)"
    return f"{phones},{math.ceil(ringing.ring_s)},{how}"


def _beforehand(ringing: Ringing) -> str:
    """What Dial does on the caller's channel before it rings. Raises ValueError where a name could begin another argument."""
    ticket = ringing.ticket and _checked(_TICKET_TEXT, ringing.ticket)
    if ringing.recording:
        return f"B({RINGS}^recorded^1({ticket}^{_checked(_FILE, ringing.recording)}))"
    return f"B({RINGS}^s^1({ticket}))" if ticket else ""


def _checked(form: re.Pattern[str], text: str) -> str:
    """Return `text` if it is safe inside an application's arguments, where a comma begins the next one."""
    if form.fullmatch(text) is None:
        raise ValueError(f"{text!r} does not have the form {form.pattern}")
    return text
