"""The AMI wire without a socket: bytes in, whole messages out; actions in, safe bytes out.

The format (Asterisk's `main/manager.c`): a banner line first; then messages of `Name: value` lines, each ended by CRLF,
each message by an empty line. A message's first line is `Event: NAME` or `Response: WORD`.

Nothing is parsed before its name was looked at: `name_of` reads the first line only, `parse` the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NewType

Frame = NewType("Frame", bytes)
"""One whole message without the empty line that ends it."""
Field = tuple[str, str]
"""A header of an action: its name and its value."""

BANNER = b"Asterisk Call Manager/"
MESSAGE_LIMIT = 1 << 20
"""Bytes of one message, at most: Asterisk's longest lists are many messages, so more than this is not AMI."""
LINE_LIMIT = 1024
"""Bytes of an action's line with its CRLF; Asterisk cuts what is longer (`manager.c`, `inbuf`)."""
HEADERS_LIMIT = 128
"""Headers of one action; Asterisk drops those beyond (`AST_MAX_MANHEADERS`)."""

_END_OF_LINE = b"\r\n"
_END_OF_MESSAGE = b"\r\n\r\n"
_EVENT = b"Event: "
_RESPONSE = b"Response: "
_UNSAFE = frozenset("\r\n\0")


class WireBroken(Exception):
    """What came is not AMI: the other side's fault. Close the connection; nothing later on it can be trusted."""


class UnsafeAction(ValueError):
    """An action that would not reach Asterisk as it was meant: the caller's fault. Nothing was sent."""


class Framer:
    """Cuts what arrives into whole messages, wherever the network split it."""

    __slots__ = ("_buffer", "_greeted", "_searched", "banner")

    def __init__(self) -> None:
        self.banner = ""
        """What the other side called itself, once it has."""
        self._buffer = bytearray()
        self._greeted = False
        self._searched = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take what arrived; return the messages it completed. Raises WireBroken."""
        buffer = self._buffer
        buffer += data
        if not self._greeted and not self._greet():
            return []
        frames: list[Frame] = []
        start, search = 0, self._searched
        while (end := buffer.find(_END_OF_MESSAGE, search)) >= 0:
            frames.append(Frame(bytes(buffer[start:end])))
            start = search = end + len(_END_OF_MESSAGE)
        del buffer[:start]
        # The end may be split: its first three bytes, seen already, are looked at again.
        self._searched = max(0, len(buffer) - len(_END_OF_MESSAGE) + 1)
        self._check_length()
        return frames

    def _greet(self) -> bool:
        known = min(len(self._buffer), len(BANNER))
        if self._buffer[:known] != BANNER[:known]:
            raise WireBroken("the first bytes are not AMI's banner: is this address Asterisk's AMI (manager.conf)?")
        end = self._buffer.find(_END_OF_LINE)
        if end < 0:
            self._check_length()
            return False
        self.banner = self._buffer[:end].decode("utf-8", "replace")
        del self._buffer[: end + len(_END_OF_LINE)]
        self._greeted = True
        return True

    def _check_length(self) -> None:
        if len(self._buffer) > MESSAGE_LIMIT:
            raise WireBroken(f"a message of more than {MESSAGE_LIMIT} bytes without an end is not AMI")


class Message:
    """An event or a response, parsed. A header that is not there reads as an empty text."""

    __slots__ = ("_pairs", "_values")

    def __init__(self, pairs: tuple[Field, ...]) -> None:
        self._pairs = pairs
        self._values = dict(reversed(pairs))

    def __getitem__(self, header: str) -> str:
        return self._values.get(header, "")

    def __contains__(self, header: str) -> bool:
        return header in self._values

    def all(self, header: str) -> Iterator[str]:
        """Every value of a header that may come more than once."""
        return (value for name, value in self._pairs if name == header)

    def __repr__(self) -> str:
        # Values are callers' numbers and names: they stay out of logs and error texts.
        return f"Message({self['Event'] or self['Response']}, {len(self._pairs)} headers)"


def event_name(frame: Frame) -> bytes:
    """Read the event's name and nothing more; empty where the message is no event."""
    if not frame.startswith(_EVENT):
        return b""
    end = frame.find(_END_OF_LINE)
    return frame[len(_EVENT) : end if end >= 0 else None]


def is_response(frame: Frame) -> bool:
    """Whether the message answers an action."""
    return frame.startswith(_RESPONSE)


def parse(frame: Frame) -> Message:
    """Read the whole message. Bytes that are not UTF-8 become U+FFFD; lines without a colon are passed over."""
    lines = frame.decode("utf-8", "replace").split("\r\n")
    split = (line.partition(":") for line in lines)
    return Message(tuple((name, value.removeprefix(" ")) for name, colon, value in split if colon))


def encode(action: str, action_id: str, fields: Iterable[Field]) -> bytes:
    """Write an action; raises UnsafeAction where a text could end its line, or is longer than Asterisk reads."""
    lines = [("Action", action), ("ActionID", action_id), *fields]
    if len(lines) > HEADERS_LIMIT:
        raise UnsafeAction(f"{action} with {len(lines)} headers: Asterisk reads {HEADERS_LIMIT} at most")
    return b"".join(_encode_line(action, name, value) for name, value in lines) + _END_OF_LINE


def _encode_line(action: str, name: str, value: str) -> bytes:
    if _UNSAFE.intersection(name) or _UNSAFE.intersection(value) or ":" in name or not name:
        raise UnsafeAction(f"{action}: header {name!r} holds CR, LF or NUL, and would become headers of its own")
    try:
        line = f"{name}: {value}\r\n".encode()
    except UnicodeEncodeError as error:
        raise UnsafeAction(f"{action}: header {name!r} is not text that UTF-8 can carry") from error
    if len(line) > LINE_LIMIT:
        raise UnsafeAction(
            f"{action}: header {name!r} makes a line of {len(line)} bytes, Asterisk cuts at {LINE_LIMIT}"
        )
    return line
