#!/usr/bin/env python3
"""The watchdog: it stands beside Asterisk and frees callers from a service that says nothing any more.

A service that died lets its callers go by itself: its connections close. One that is frozen, or cut off in the middle of a
connection, holds them: Asterisk waits for it for ever. So the watchdog knocks on the service's FastAGI every second. Silence
twice in a row sets the dialplan's SERVICE_AWAY, so that nobody else is handed over, and takes every caller who is held back into
the re-entry loop (AMI Redirect), where they are kept with music and, if the silence lasts, given to the fail-safe. Who talks, or
whose agent's phone rings, is left alone until that is over.

It also notices when Asterisk's system clock is set back. Asterisk waits by that clock, so that the moment of music between two
tries to hand a caller over would last longer by as much: those callers are handed over at once.

It needs nothing but Python 3.11. Its argument is its settings file (watchdog.conf).
"""

from __future__ import annotations

import configparser
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

EVERY_S = 1.0
ANSWERS_WITHIN_S = 2.0
SILENCES = 2
"""So many knocks in a row without an answer, and the service counts as silent: after at most five seconds."""
AMI_LIMIT_S = 5.0
REFUSED_PAUSE_S = 2.0
CONTEXT = "switchboard"
FREED = "freed"
"""The dialplan's context of callers, and the extension in it for those who are freed."""
HAND_OVER = "caller"
"""The extension there where callers are handed over."""
SET_BACK_S = 1.0
"""Asterisk's clock is not set back by less: a wait that is longer by so little harms nobody."""
KNOCK = b"agi_network: yes\nagi_network_script: alive\nagi_request: agi://watchdog/alive\nagi_uniqueid: watchdog\n\n"

Message = dict[str, str]


class AmiGone(Exception):
    """Asterisk's AMI is not there, or refused us; the text says which."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the service and Asterisk are."""

    service: tuple[str, int]
    asterisk: tuple[str, int]
    user: str
    secret: str


def settings_in(file: str) -> Settings:
    """Read the settings file; raises OSError, and KeyError or ValueError where something is missing or wrong."""
    parser = configparser.ConfigParser(interpolation=None)
    with open(file, encoding="utf-8") as lines:  # noqa: PTH123 - runs alone beside Asterisk, as short as can be
        parser.read_file(lines)
    service, asterisk = parser["service"], parser["asterisk"]
    return Settings(
        (service["host"], int(service["port"])),
        (asterisk["host"], int(asterisk["port"])),
        asterisk["user"],
        asterisk["secret"],
    )


def silent(service: tuple[str, int]) -> bool:
    """Knock once: a healthy service ends the connection at once. One that refuses it is dead, which is not silence."""
    try:
        with socket.create_connection(service, ANSWERS_WITHIN_S) as wire:
            wire.settimeout(ANSWERS_WITHIN_S)
            wire.sendall(KNOCK)
            wire.recv(1)
    except TimeoutError:
        return True
    except OSError:
        return False
    return False


class AsterisksClock:
    """Compares what Asterisk says of its clock with one that never jumps."""

    def __init__(self) -> None:
        self._ahead_s: float | None = None
        """By how much Asterisk's clock was ahead of the other when it was asked last, at the least."""

    def set_back(self, says: float, asked_at: float, heard_at: float) -> bool:
        """Whether it was set back since the last look; it said so between two moments of the other clock. All in seconds."""
        before_s, self._ahead_s = self._ahead_s, says - heard_at
        return before_s is not None and says - asked_at < before_s - SET_BACK_S


class Ami:
    """One AMI connection, one action at a time."""

    def __init__(self, settings: Settings) -> None:
        """Log in; raises AmiGone."""
        try:
            self._wire = socket.create_connection(settings.asterisk, AMI_LIMIT_S)
        except OSError as error:
            raise AmiGone(f"no AMI at {settings.asterisk[0]}:{settings.asterisk[1]}: {error}") from error
        self._lines = self._wire.makefile("rb")
        if not self._lines.readline().startswith(b"Asterisk Call Manager"):
            raise AmiGone("what answers is not AMI")
        self.act("Login", Username=settings.user, Secret=settings.secret, Events="off")

    def ask(self, action: str, **headers: str) -> Message:
        """Ask for an action and return what Asterisk says to it; raises AmiGone where it says nothing."""
        said = "".join(f"{name}: {value}\r\n" for name, value in {"Action": action, **headers}.items())
        try:
            self._wire.sendall(f"{said}\r\n".encode())
        except OSError as error:
            raise AmiGone(f"{action}: {error}") from error
        return self._message()

    def act(self, action: str, **headers: str) -> None:
        """Have an action carried out; raises AmiGone where Asterisk refuses."""
        answer = self.ask(action, **headers)
        if answer.get("Response") != "Success":
            raise AmiGone(f"Asterisk refused {action}: {answer.get('Message')}")

    def channels(self) -> Iterator[Message]:
        """Every channel, as `CoreShowChannels` lists them."""
        self.act("CoreShowChannels")
        listed: list[Message] = []
        while (message := self._message()).get("Event") != "CoreShowChannelsComplete":
            listed.append(message)
        yield from listed

    def close(self) -> None:
        """End the connection."""
        self._wire.close()

    def _message(self) -> Message:
        message: Message = {}
        try:
            while line := self._lines.readline():
                name, colon, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(": ")
                if colon:
                    message[name] = value
                elif not name:
                    return message
        except OSError as error:
            raise AmiGone(str(error)) from error
        raise AmiGone("Asterisk closed the connection")


def held(channels: Iterator[Message]) -> Iterator[str]:
    """The channels of callers whom the service holds: in its session, and not with an agent."""
    for channel in channels:
        if channel.get("Context") == CONTEXT and channel.get("Application") == "AGI" and not channel.get("BridgeId"):
            yield channel.get("Channel", "")


def waiting(channels: Iterator[Message]) -> Iterator[str]:
    """The channels of callers who wait in the dialplan until they are handed over again."""
    for channel in channels:
        if channel.get("Context") == CONTEXT and channel.get("Application") == "Wait":
            yield channel.get("Channel", "")


def well(settings: Settings) -> bool:
    """Whether Asterisk lets us in."""
    try:
        Ami(settings).close()
    except AmiGone as gone:
        _say(str(gone))
        return False
    return True


class Watchdog:
    """Knows whether the service is silent, and what Asterisk was told of it."""

    def __init__(
        self,
        knock: Callable[[], bool],
        log_in: Callable[[], Ami],
        say: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        """`knock` says whether the service is silent; `say` writes one line for the log; `clock` gives seconds, never jumps."""
        self._knock, self._log_in, self._say, self._clock = knock, log_in, say, clock
        self._asterisks_clock = AsterisksClock()
        self._ami: Ami | None = None
        self._silences = 0
        self._told: bool | None = None
        """What Asterisk was told last: whether the service is away."""

    def look(self) -> None:
        """Knock once, and have Asterisk do what follows. Raises AmiGone; then everything is told anew at the next look."""
        self._silences = self._silences + 1 if self._knock() else 0
        away = self._silences >= SILENCES
        try:
            if away != self._told:
                self._tell(away=away)
            if away:
                self._free()
            # An Asterisk that started anew has closed the connection: that is to be known before it is needed.
            if self._clock_was_set_back():
                self._hand_over()
        except AmiGone:
            self._hang_up()
            raise

    def _tell(self, *, away: bool) -> None:
        self._asterisk().act("Setvar", Variable="SERVICE_AWAY", Value=str(int(away)))
        if away:
            self._say("the service is silent: its callers are freed, and nobody else is handed over")
        elif self._told:
            self._say("the service answers again")
        self._told = away

    def _free(self) -> None:
        freed = self._redirect(held(self._asterisk().channels()), FREED)
        if freed:
            self._say(f"{freed} callers freed")

    def _clock_was_set_back(self) -> bool:
        asked_at = self._clock()
        said = self._asterisk().ask("Ping").get("Timestamp", "")
        return bool(said) and self._asterisks_clock.set_back(float(said), asked_at, self._clock())

    def _hand_over(self) -> None:
        handed_over = self._redirect(waiting(self._asterisk().channels()), HAND_OVER)
        self._say(f"Asterisk's clock was set back: {handed_over} waiting callers handed over")

    def _redirect(self, channels: Iterator[str], extension: str) -> int:
        """Send these callers there; how many went: others hung up meanwhile."""
        where = {"Context": CONTEXT, "Exten": extension, "Priority": "1"}
        asked = [self._asterisk().ask("Redirect", Channel=channel, **where) for channel in channels]
        return sum(answer.get("Response") == "Success" for answer in asked)

    def _asterisk(self) -> Ami:
        if self._ami is None:
            self._ami = self._log_in()
        return self._ami

    def _hang_up(self) -> None:
        if self._ami is not None:
            self._ami.close()
        self._ami, self._told = None, None


def main(words: list[str]) -> int:
    """Watch until ended; with `--well` in front, only say whether Asterisk would let us act (exit code 0)."""
    settings = settings_in(words[-1])
    if words[0] == "--well":
        return int(not well(settings))
    clock = time.monotonic  # noqa: TID251 - runs alone beside Asterisk, where common.clock is not
    watchdog = Watchdog(lambda: silent(settings.service), lambda: Ami(settings), _say, clock)
    while True:
        began = clock()
        try:
            watchdog.look()
        except AmiGone as gone:
            _say(str(gone))
            time.sleep(REFUSED_PAUSE_S)
        time.sleep(max(0.0, began + EVERY_S - clock()))


def _say(line: str) -> None:
    sys.stdout.write(f"watchdog: {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
