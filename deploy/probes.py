"""Whether Asterisk, Redis and Mosquitto really serve: each is asked in its own language, with the site's password."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from socket import SocketIO

from deploy.sites import LOOPBACK

ANSWER_S = 2.0
"""How long one answer may take."""
BANNER = b"Asterisk Call Manager/"
CONNECT, CONNACK, DISCONNECT = b"\x10", b"\x20\x02", b"\xe0\x00"
ACCEPTED = b"\x00"
PROTOCOL_LEVEL = 4
USER_PASSWORD_CLEAN = 0b1100_0010
KEEP_ALIVE_S = 10


class NotServing(Exception):
    """It does not serve yet, or not for us; the text says what was heard."""


def ami(port: int, user: str, password: str) -> None:
    """Log in over AMI and wait for FullyBooted: dialplan and modules are there. Raises NotServing."""
    with _connected(port) as wire, wire.makefile("rwb", buffering=0) as lines:
        _hear(lines, BANNER)
        lines.write(f"Action: Login\r\nUsername: {user}\r\nSecret: {password}\r\n\r\n".encode())
        _hear(lines, b"Response: Success", refusal=b"Response: Error")
        _hear(lines, b"Event: FullyBooted")


def redis(port: int, password: str) -> None:
    """Sign in to Redis and ping it; it refuses while it still reads its file. Raises NotServing."""
    with _connected(port) as wire, wire.makefile("rwb", buffering=0) as lines:
        lines.write(f"AUTH {password}\r\nPING\r\n".encode())
        _hear(lines, b"+OK", refusal=b"-")
        _hear(lines, b"+PONG", refusal=b"-")


def mqtt(port: int, user: str, password: str) -> None:
    """Connect to the MQTT broker as this user (MQTT 3.1.1, 3.1 CONNECT and 3.2 CONNACK). Raises NotServing."""
    header = _text("MQTT") + struct.pack(">BBH", PROTOCOL_LEVEL, USER_PASSWORD_CLEAN, KEEP_ALIVE_S)
    body = header + _text("") + _text(user) + _text(password)
    with _connected(port) as wire, wire.makefile("rwb", buffering=0) as packets:
        packets.write(CONNECT + bytes([len(body)]) + body)
        answer = _answer(packets.read, 4)
        if answer[:2] != CONNACK or answer[3:] != ACCEPTED:
            raise NotServing(f"the broker refused the connection (it answered {answer.hex() or 'nothing'})")
        packets.write(DISCONNECT)


def _connected(port: int) -> socket.socket:
    try:
        return socket.create_connection((LOOPBACK, port), timeout=ANSWER_S)
    except OSError as error:
        raise NotServing(f"nobody answers on port {port} ({error})") from error


def _hear(lines: SocketIO, wanted: bytes, refusal: bytes | None = None) -> None:
    """Read lines until one begins with `wanted`."""
    while line := _answer(lines.readline):
        if line.startswith(wanted):
            return
        if refusal is not None and line.startswith(refusal):
            raise NotServing(f"it refused: {line.decode(errors='replace').strip()}")
    raise NotServing(f"it hung up before it said {wanted.decode()!r}")


def _answer(read: Callable[..., bytes | None], *size: int) -> bytes:
    try:
        return read(*size) or b""
    except OSError as error:
        raise NotServing(f"no answer within {ANSWER_S:.0f} s ({error})") from error


def _text(text: str) -> bytes:
    """Encode as MQTT does: two bytes of length, then UTF-8."""
    data = text.encode()
    return struct.pack(">H", len(data)) + data
