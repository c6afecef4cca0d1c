"""Where callers are in their calls when the service dies, as the ledger knows, and as the kernel does of those who arrive."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from tests.live.lives import Life

HEADERS_BYTES = 200
"""What Asterisk says of a call is longer, the watchdog's knock shorter."""
RECEIVED, INODE = 4, 9
"""Fields of /proc/net/tcp: the bytes sent and received that wait, and the file a connection is open as (0: not accepted)."""


class Where(StrEnum):
    """Where a caller is when the service dies."""

    ARRIVING = "arriving"
    """Asterisk has said who calls, and nobody has read it."""
    CHOOSING = "choosing"
    """They hear a prompt, or enter something."""
    WAITING = "waiting"
    RUNG_FOR = "rung for"
    TALKING = "talking"
    ASKED = "asked after the talk"


def where(life: Life, stands_since: float) -> Where:
    """Where this caller is, since the service stands still."""
    if life.talks:
        return Where.TALKING if life.talks[-1].ended_at is None else Where.ASKED
    if any(offer.ended_at is None for offer in life.offers):
        return Where.RUNG_FOR
    if life.in_line_at(stands_since):
        return Where.WAITING
    return Where.CHOOSING if life.came_at < stands_since else Where.ARRIVING


def unread_at(port: int) -> int:
    """How many calls lie unread at this port of ours, whose connections nobody has accepted."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    here = [fields for fields in map(str.split, lines) if fields[1].endswith(f":{port:04X}")]
    received = [int(fields[RECEIVED].partition(":")[2], 16) for fields in here if fields[INODE] == "0"]
    return sum(each >= HEADERS_BYTES for each in received)
