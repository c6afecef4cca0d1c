#!/usr/bin/env python3
"""The fail-safe: Asterisk runs it by itself for a caller when the service stays away.

It says so, rings the phones of a fixed list that are free, and takes a message when nobody answers. It runs alone
beside Asterisk, so it needs nothing but Python 3.11 and pyst2.

Arguments: the phones (`PJSIP/phone1&PJSIP/phone2`), how long they ring, the longest message (both in seconds), and
the folder for messages.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from asterisk.agi import AGI, AGIException

LANGUAGES = ("en", "zh")
CORE_PROMPTS = {
    "failsafe-away": "im-sorry&all-circuits-busy-now&one-moment-please",
    "failsafe-message": "vm-nobodyavail&vm-intro",
    "failsafe-thanks": "auth-thankyou&vm-goodbye",
    "failsafe-later": "im-sorry&please-try-call-later&vm-goodbye",
}
"""What is said in English with Asterisk's own sounds where the installation has no prompt of that name."""
FREE = "NOT_INUSE"
PAUSE_S = 2
"""Music between two looks for a free phone."""
LEAST_RING_S = 3
"""A shorter rest of the ringing time is not worth a ring."""
SILENCE_S = 10
"""A message ends after so much silence."""
WORD_LIMIT = 2000
"""Asterisk cuts a longer command, and runs the rest as another."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the dialplan passes: `ring` as dial strings, times in seconds, `folder` for the messages."""

    ring: tuple[str, ...]
    ring_s: int
    message_s: int
    folder: Path


class Line:
    """The caller's line, by pyst2, which escapes nothing: every word is quoted here."""

    def __init__(self, agi: AGI) -> None:
        self._agi = agi
        self.call = agi.env["agi_uniqueid"]
        self.number = agi.env.get("agi_callerid", "")

    def run(self, application: str, options: str = "") -> None:
        """Run a dialplan application; raises AGIException when the caller hung up."""
        self._agi.execute("EXEC", application, quoted(options))

    def value(self, name: str) -> str:
        """Read a channel variable or function; empty where it is not set."""
        return str(self._agi.execute("GET VARIABLE", quoted(name))["result"][1])

    def set(self, name: str, value: str) -> None:
        """Set a channel variable."""
        self._agi.execute("SET VARIABLE", quoted(name), quoted(value))

    def record(self, file: Path, limit_s: int) -> None:
        """Record after a beep until #, silence, or the limit, into `file`.wav; raises AGIException at a hang-up."""
        milliseconds = limit_s * 1000
        self._agi.execute(
            "RECORD FILE", quoted(str(file)), "wav", quoted("#"), milliseconds, 0, "BEEP", f"s={SILENCE_S}"
        )

    def now(self) -> float:
        """Read a clock that never jumps, in seconds."""
        return time.monotonic()  # noqa: TID251 - runs alone beside Asterisk, where common.clock is not

    def say(self, prompt: str) -> None:
        """Say a prompt in the caller's language first, then in the others that have it; English is always there."""
        first = self.value("CHANNEL(language)")[:2]
        for language in sorted(LANGUAGES, key=lambda language: language != first):
            if sound := sound_of(prompt, language):
                self.run("Playback", sound)


def quoted(word: str) -> str:
    """Quote a word for the AGI wire; raises ValueError where it would end the line or be cut."""
    if len(word) > WORD_LIMIT or any(mark in word for mark in "\r\n\0"):
        raise ValueError("a word for Asterisk is too long or holds a line break")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def sound_of(prompt: str, language: str) -> str:
    """Name the sound to play; empty where there is none in this language."""
    folder = Path(os.environ.get("AST_DATA_DIR", "/usr/share/asterisk"), "sounds", "switchboard", language)
    if any(folder.glob(f"{prompt}.*")):
        return f"switchboard/{language}/{prompt}"
    return CORE_PROMPTS[prompt] if language == "en" else ""


def answered(line: Line, plan: Plan) -> bool:
    """Ring whoever on the list is free, until somebody answers or the time is over; True after a conversation."""
    until = line.now() + plan.ring_s
    while (left_s := int(until - line.now())) >= LEAST_RING_S:
        free = [phone for phone in plan.ring if line.value(f"DEVICE_STATE({phone})") == FREE]
        if free:
            line.run("Dial", f"{'&'.join(free)},{left_s},mg")
            if line.value("DIALSTATUS") == "ANSWER":
                return True
        line.run("MusicOnHold", f",{PAUSE_S}")
    return False


def take_message(line: Line, plan: Plan) -> None:
    """Record what the caller has to say, with a note beside it of who called; raises OSError where there is no room."""
    message = plan.folder / line.call
    note = {
        "call": line.call,
        "number": line.number,
        "left_at": time.time(),  # noqa: TID251 - as above
        "ticket": line.value("SWITCHBOARD_TICKET"),
    }
    draft = message.with_suffix(message.suffix + ".json.part")
    draft.write_text(json.dumps(note) + "\n", encoding="utf-8")
    draft.replace(message.with_suffix(message.suffix + ".json"))
    line.say("failsafe-message")
    line.record(message, plan.message_s)


def serve(line: Line, plan: Plan) -> None:
    """Serve one caller to the end."""
    line.say("failsafe-away")
    if not answered(line, plan):
        try:
            take_message(line, plan)
        except OSError as error:
            sys.stderr.write(
                f"failsafe: call {line.call}: no message could be taken in {plan.folder}: {error.strerror}\n"
            )
            line.say("failsafe-later")
        else:
            line.say("failsafe-thanks")
    line.set("SWITCHBOARD_DONE", "1")


def main(words: list[str]) -> None:
    """Speak AGI on standard input and output."""
    phones, ring_s, message_s, folder = words
    plan = Plan(tuple(filter(None, phones.split("&"))), int(ring_s), int(message_s), Path(folder))
    # A caller's name may be in any encoding.
    heard = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    try:
        # pyst2 writes all it hears to its error stream, the caller's number too: not into the log.
        serve(Line(AGI(stdin=heard, stderr=io.StringIO())), plan)
    except AGIException:
        return  # the caller hung up


if __name__ == "__main__":
    main(sys.argv[1:])
