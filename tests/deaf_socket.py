"""A TCP connection whose other end is gone without a word, as after a loss of power or a firewall that started anew."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct

SO_ATTACH_FILTER = 26
"""Of Linux (socket(7)), which Python does not name."""
DROP_ALL = struct.pack("HBBI", 0x06, 0, 0, 0)
"""A classic BPF program of one instruction: keep nothing of whatever comes."""


def deafen(transport: asyncio.BaseTransport) -> None:
    """Have the kernel drop every segment that comes to a connection, unanswered: who sends one hears of nobody any more."""
    program = ctypes.create_string_buffer(DROP_ALL)
    filter_ = struct.pack("HxxxxxxP", 1, ctypes.addressof(program))
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)
