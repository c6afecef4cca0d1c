"""The AMI wire without a socket: bytes in, whole messages out; actions in, safe bytes out.

The format (Asterisk's `main/manager.c`): a banner line first; then messages of `Name: value` lines, each ended by CRLF,
each message by an empty line. A message's first line is `Event: NAME` or `Response: WORD`.

Nothing is read before it is wanted: `event_name` reads the first line only, and a `Message` each header when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NewType, cast

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
_PARTS_LIMIT = 1024
"""Pieces of one message kept apart, at most."""
_UNSAFE = frozenset("\r\n\0")
_CHANNEL_NAMED = (b"\r\nChannel:", b"\r\nUniqueid:", b"\r\nLinkedid:", b"\r\nDestUniqueid:", b"\r\nDestLinkedid:")
"""Headers that say of which channel an event is, each once in a message of Asterisk's own."""


class WireBroken(Exception):
    """What came is not AMI: the other side's fault. Close the connection; nothing later on it can be trusted."""


class UnsafeAction(ValueError):
    """An action that would not reach Asterisk as it was meant: the caller's fault. Nothing was sent."""


class Framer:
    """Cuts what arrives into whole messages, wherever the network split it."""

    __slots__ = ("_greeted", "_parts", "_waiting", "banner")

    def __init__(self) -> None:
        self.banner = ""
        """What the other side called itself, once it has."""
        self._greeted = False
        self._parts: list[bytes] = []
        """The beginning of a message whose end has not come."""
        self._waiting = 0
        """Bytes in `_parts`."""

    def feed(self, data: bytes) -> list[Frame]:
        """Take what arrived; return the messages it completed. Raises WireBroken."""
        if not self._greeted:
            data = self._greet(data)
        if not data:
            return []
        if self._parts:
            # Joined only when an end has come, which may be split: a slow drip costs no more than a flood.
            if _END_OF_MESSAGE not in self._last_bytes() + data:
                self._keep(data)
                return []
            data = b"".join((*self._parts, data))
            self._parts.clear()
            self._waiting = 0
        frames = data.split(_END_OF_MESSAGE)
        if rest := frames.pop():
            self._keep(rest)
        return cast(list[Frame], frames)

    def _last_bytes(self) -> bytes:
        """As many of the last bytes kept as may be the beginning of an end."""
        last, wanted = self._parts[-1], len(_END_OF_MESSAGE) - 1
        return last[-wanted:] if len(last) >= wanted else b"".join(self._parts[-wanted:])[-wanted:]

    def _keep(self, data: bytes) -> None:
        self._parts.append(data)
        if len(self._parts) > _PARTS_LIMIT:
            # Each piece has its own overhead: a drip of two bytes at a time would take twenty times its size.
            self._parts = [b"".join(self._parts)]
        self._waiting += len(data)
        if self._waiting > MESSAGE_LIMIT:
            raise WireBroken(f"a message of more than {MESSAGE_LIMIT} bytes without an end is not AMI")

    def _greet(self, data: bytes) -> bytes:
        """Take the banner; return what came behind it, nothing while it is not whole."""
        data = b"".join((*self._parts, data))
        self._parts.clear()
        self._waiting = 0
        known = min(len(data), len(BANNER))
        if data[:known] != BANNER[:known]:
            raise WireBroken("the first bytes are not AMI's banner: is this address Asterisk's AMI (manager.conf)?")
        banner, end, rest = data.partition(_END_OF_LINE)
        if len(banner) > LINE_LIMIT:
            raise WireBroken(f"a banner of more than {LINE_LIMIT} bytes is not AMI's")
        if not end:
            self._keep(data)
            return b""
        self.banner = banner.decode("utf-8", "replace")
        self._greeted = True
        return rest


class Message:
    """An event or a response. A header is looked for when it is asked for; one that is not there reads as an empty text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """`text` is the message's lines, each with CRLF before it."""
        self._text = text

    def __getitem__(self, header: str) -> str:
        return next(self.all(header), "")

    def __contains__(self, header: str) -> bool:
        return f"\r\n{header}:" in self._text

    def all(self, header: str) -> Iterator[str]:
        """Every value of a header that may come more than once."""
        text, wanted = self._text, f"\r\n{header}:"
        start = text.find(wanted)
        while start >= 0:
            start += len(wanted)
            end = text.find("\r\n", start)
            value = text[start:] if end < 0 else text[start:end]
            yield value.removeprefix(" ")
            start = text.find(wanted, start)

    def __repr__(self) -> str:
        # Values are callers' numbers and names: they stay out of logs and error texts.
        headers = self._text.count("\r\n")
        return f"Message({self['Event'] or self['Response']}, {headers} headers)"


def event_name(frame: Frame) -> bytes:
    """Read the event's name and nothing more; empty where the message is no event."""
    if not frame.startswith(_EVENT):
        return b""
    end = frame.find(_END_OF_LINE)
    return frame[len(_EVENT) : end if end >= 0 else None]


def is_response(frame: Frame) -> bool:
    """Whether the message answers an action."""
    return frame.startswith(_RESPONSE)


def is_forged(frame: Frame) -> bool:
    """Whether somebody outside has written into this message: a header that names a channel comes twice.

    Asterisk writes a caller's number into its events as it came. With a line break in it (docs/asterisk-notes.md) a caller
    adds headers: the Uniqueid of somebody else's call, for instance.
    """
    return any(frame.count(header) > 1 for header in _CHANNEL_NAMED)


def parse(frame: Frame) -> Message:
    """Make the message readable. Bytes that are not UTF-8 become U+FFFD; lines without a colon are passed over."""
    return Message("\r\n" + frame.decode("utf-8", "replace"))


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
