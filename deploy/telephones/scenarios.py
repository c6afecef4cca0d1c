"""The SIPp scenario of a stream of callers, put together for the way in which its sound may travel."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from string import Template

TICK_MS = 500
"""One turn of a waiting loop; all of a caller's times but the first are so many of them."""
FIRST_KEY_FIELD = 2
"""A caller's line begins with their number and the time before dialling (sipp/caller.xml)."""
_TEMPLATES = Path(__file__).parent / "sipp"
_CAP_NET_RAW = 1 << 13
"""Bit 13 of a capability set, linux/capability.h."""


class Sound(StrEnum):
    """How keys and voices travel."""

    RAW = "raw"
    """Keys by RFC 4733, both through a raw socket, which is root's privilege (CAP_NET_RAW)."""
    PLAIN = "plain"
    """Keys by SIP INFO, voices through ordinary sockets; needs no privilege."""


def sound_of_this_process() -> Sound:
    """RAW where this process may open raw sockets."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return Sound.RAW if int(effective.split()[1], 16) & _CAP_NET_RAW else Sound.PLAIN


def scenario(keys: int, voice: Path | None, sound: Sound) -> str:
    """Render the scenario: so many keys, then the voice (as `deploy.voice` makes it), then patience."""
    after_keys = FIRST_KEY_FIELD + 2 * keys
    pressed = "".join(
        _waiting(field) + _pressing(field + 1, place, sound)
        for place, field in enumerate(range(FIRST_KEY_FIELD, after_keys, 2))
    )
    speak = "" if voice is None else _waiting(after_keys) + _speaking(voice, sound)
    media = _template(f"media_{sound}.txt").substitute().rstrip("\n")
    return _template("caller.xml").substitute(keys=pressed, voice=speak, patience=_waiting(after_keys + 1), media=media)


def _waiting(field: int) -> str:
    return _template("wait.xml").substitute(field=field, tick_ms=TICK_MS)


def _pressing(field: int, place: int, sound: Sound) -> str:
    if sound is Sound.RAW:
        return f'  <nop><action><exec play_dtmf="[field{field}]"/></action></nop>\n'
    after_invite = 2
    return _template("key_info.xml").substitute(field=field, number=after_invite + place)


def _speaking(voice: Path, sound: Sound) -> str:
    deed = f'play_pcap_audio="{voice}"' if sound is Sound.RAW else f'rtp_stream="{voice.with_suffix(".alaw")},1,8"'
    return f"  <nop><action><exec {deed}/></action></nop>\n"


def _template(name: str) -> Template:
    return Template((_TEMPLATES / name).read_text(encoding="ascii"))
