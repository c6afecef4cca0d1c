"""The FastAGI wire without any I/O: bytes in, what they say out; words in, one safe command line out.

What Asterisk does, measured on 22.10: it opens with header lines (`agi_request: agi://…`) up to an empty line; then
each of our command lines gets one reply (`200 result=1 (value)`; `520` spans several lines). The line `HANGUP` may come
at any moment, between a command and its reply too. A command line that is too long is cut, its rest run as a second
command, and one with 129 quoted words crashes Asterisk: so `encode` is the only way to make one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

COMMAND_BYTES = 2_000
"""Longest command line sent; Asterisk before 22.6 cuts at 2,047 bytes."""
COMMAND_WORDS = 100
"""Most words in a command line; Asterisk 22.10 crashes at 129."""
BLOCK_BYTES = 65_536
"""Longest header block or reply read before the peer is taken for something other than an Asterisk."""

LINES_AT_ONCE = 1_000
"""Most lines read at once. Asterisk sends some thirty headers, and unasked only HANGUP: more would hold other channels up."""


class UnsafeCommand(ValueError):
    """The text cannot be sent as one command line; nothing was sent. The caller of `encode` is at fault."""


class NotAgi(Exception):
    """The peer does not speak AGI as Asterisk does; the connection is of no use any more."""


def encode(*words: str) -> bytes:
    """Make one command line of `words`; the first is the command's name (`SET VARIABLE`), each other is quoted.

    Raises UnsafeCommand where the line would be cut, split or crash Asterisk, wherever its text came from.
    """
    name, *rest = words
    if len(rest) + len(name.split()) > COMMAND_WORDS:
        raise UnsafeCommand(f"{name} has {len(rest)} words, more than {COMMAND_WORDS}: shorten what is sent")
    line = " ".join([name, *(_quoted(word) for word in rest)])
    if any(forbidden in line for forbidden in "\r\n\0"):
        raise UnsafeCommand(f"{name} has a line break or NUL in its text: refuse such text where it comes in")
    sent = line.encode("utf-8", errors="replace") + b"\n"
    if len(sent) > COMMAND_BYTES:
        raise UnsafeCommand(f"{name} is {len(sent)} bytes long, more than {COMMAND_BYTES}: shorten what is sent")
    return sent


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """What Asterisk says when it hands a channel over."""

    headers: Mapping[str, str]

    @property
    def script(self) -> str:
        """The path asked for, without its slash: `call` of `agi://host/call`."""
        return self.headers.get("agi_network_script", "").partition("?")[0].strip("/")

    @property
    def uniqueid(self) -> str:
        """The channel's Uniqueid, which is the call's id."""
        return self.headers.get("agi_uniqueid", "")

    def argument(self, number: int) -> str:
        """Return the AGI application's argument after the address, counted from 1; empty where there is none."""
        return self.headers.get(f"agi_arg_{number}", "")


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer to one command.

    `result` is the text after `result=` (mostly a number; digits for GET DATA), `value` what stood in brackets after it.
    """

    code: int
    result: str = ""
    value: str | None = None
    endpos: int = 0
    """Where a sound was when it ended, in samples."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The line `HANGUP`: the caller hung up, or was taken elsewhere."""


AgiEvent = AgiRequest | Reply | HungUp

_REPLY = re.compile(r"(?P<code>\d{3})(?P<more>[ -])(?P<text>.*)", re.DOTALL)
_RESULT = re.compile(r"result=(?P<result>\S*)(?: \((?P<value>.*)\))?(?: endpos=(?P<endpos>\d+))?", re.DOTALL)


_END = " endpos="
_USUAL = {f"200 result={n}": Reply(200, str(n)) for n in (-1, 0, 1, *map(ord, "0123456789*#"))} | {
    "200 result= (timeout)": Reply(200, "", "timeout")
}
"""Nine of ten replies: done, failed, the keys, and none in time. They are not taken apart each time."""


class AgiWire:
    """Reads one connection's bytes, however they are cut. After NotAgi it must not be fed again."""

    def __init__(self) -> None:
        self._unread = b""
        self._headers: dict[str, str] = {}
        self._size = 0
        self._several_code = ""
        self._take: Callable[[str], AgiEvent | None] = self._header_line

    def receive(self, data: bytes) -> list[AgiEvent]:
        """Take what came and return what it completes, in order; raises NotAgi."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        if len(lines) > LINES_AT_ONCE:
            raise NotAgi(f"more than {LINES_AT_ONCE} lines at once")
        events = []
        for line in lines:
            self._count(len(line) + 1)
            event = self._take(line.decode("utf-8", errors="replace"))
            if event is not None:
                self._size = 0
                events.append(event)
        if self._size + len(self._unread) > BLOCK_BYTES:
            raise NotAgi(f"more than {BLOCK_BYTES} bytes without an end")
        return events

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > BLOCK_BYTES:
            raise NotAgi(f"more than {BLOCK_BYTES} bytes without an end")

    def _header_line(self, text: str) -> AgiRequest | None:
        if not text:
            if "agi_request" not in self._headers:
                raise NotAgi("headers ended without agi_request")
            self._take = self._reply_line
            return AgiRequest(MappingProxyType(self._headers))
        name, colon, value = text.partition(":")
        if not colon or not name.startswith("agi_"):
            raise NotAgi("a header line is not of the form agi_name: value")
        if name in self._headers:
            raise NotAgi("a header came twice")
        self._headers[name] = value.removeprefix(" ")
        return None

    def _reply_line(self, text: str) -> Reply | HungUp | None:
        head, _, at = text.partition(_END)
        usual = _USUAL.get(head)
        if usual is not None and (head is text or at.isdecimal()):
            return Reply(usual.code, usual.result, endpos=int(at)) if at else usual
        if text == "HANGUP":
            return HungUp()
        match = _REPLY.fullmatch(text)
        if match is None:
            raise NotAgi("a line is neither a reply nor HANGUP")
        if match["more"] == "-":
            self._several_code = match["code"]
            self._take = self._usage_line
            return None
        found = _RESULT.fullmatch(match["text"])
        code = int(match["code"])
        if found is None:
            return Reply(code, value=match["text"])
        return Reply(code, found["result"], found["value"], int(found["endpos"] or 0))

    def _usage_line(self, text: str) -> Reply | None:
        match = _REPLY.fullmatch(text)
        if match is None or match["code"] != self._several_code or match["more"] == "-":
            return None
        self._take = self._reply_line
        return Reply(int(match["code"]), value=match["text"])
