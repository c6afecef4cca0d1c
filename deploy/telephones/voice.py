"""What a SIPp caller says: sound as a packet capture, which SIPp sends as it is, and as bare samples, which it packs itself."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import soundfile
import soxr

RATE_HZ = 8000
PACKET_S = 0.02
ALAW = 8
"""RTP payload type, RFC 3551."""
_SSRC = 0x5357
_ETHERNET = 1
_PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, _ETHERNET)


def write_voice(sound: Path, capture: Path, lasting_s: float) -> None:
    """Write `sound` (any file soundfile reads), repeated for `lasting_s` seconds, as A-law RTP into the pcap file `capture`.

    Beside it, as `.alaw`, the same without RTP, for a SIPp that may not open raw sockets.
    """
    samples, rate = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = soxr.resample(samples.mean(axis=1), rate, RATE_HZ)
    wanted = int(lasting_s * RATE_HZ)
    repeated = np.tile(mono, -(-wanted // len(mono)))[:wanted]
    said = _alaw(repeated)
    capture.write_bytes(_PCAP_HEADER + b"".join(_records(said)))
    capture.with_suffix(".alaw").write_bytes(said)


def _alaw(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    raw = io.BytesIO()
    soundfile.write(raw, samples, RATE_HZ, format="RAW", subtype="ALAW")
    return raw.getvalue()


def _records(sound: bytes) -> list[bytes]:
    """Cut into packets, each behind Ethernet, IPv4, UDP and RTP headers and a pcap record header with its time."""
    size = int(RATE_HZ * PACKET_S)
    records = []
    for number, start in enumerate(range(0, len(sound) - size + 1, size)):
        rtp = struct.pack(">BBHII", 0x80, ALAW, number & 0xFFFF, start, _SSRC) + sound[start : start + size]
        udp = struct.pack(">HHHH", 0, 0, 8 + len(rtp), 0) + rtp
        # addresses and ports are SIPp's to fill in
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), bytes(4)) + udp
        frame = bytes(12) + b"\x08\x00" + ip
        microseconds = round(number * PACKET_S * 1_000_000)
        records.append(struct.pack("<IIII", *divmod(microseconds, 1_000_000), len(frame), len(frame)) + frame)
    return records
