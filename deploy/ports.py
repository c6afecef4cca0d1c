"""Which of a site's ports are free, who holds one that is not, and free ones for tests."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.sites import LOOPBACK, BadSite, Ports, Site, variable_of

TEST_PORTS = range(20000, 32000)
"""Below the range from which Linux takes the ports of outgoing connections, so that none of those gets in between."""
TEST_RTP_PORTS = 1_000
"""For callers in hundreds."""
FEW_RTP_PORTS = 200
TRIES = 50
SINGLE = ("sip", "ami", "agi", "redis", "mqtt", "api")
"""Fields of `Ports` that are one port each."""
CLAIMS = Path(tempfile.gettempdir(), f"switchboard-test-ports-{os.getuid()}")
"""A locked file for each range of ports that a test has found."""
LISTENING = {"tcp": "0A", "udp": "07"}
"""The state of a socket that waits for others, in /proc/net."""

_claimed: list[int] = []
"""This process's claims, as descriptors; the system lets them go when it ends."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A port of a site that somebody else holds."""

    port: int
    variable: str
    """The environment variable that chooses another."""
    holder: str
    """`redis-server (process 4711)`; empty where /proc does not tell."""


@dataclass(frozen=True, slots=True)
class _Place:
    """What somebody binds to: a field of `Ports`, an address, a port, TCP or UDP."""

    field: str
    address: str
    port: int
    protocol: str

    def free(self) -> bool:
        """Whether it can be bound at this moment."""
        return is_free(self.address, self.port, self.protocol)


def is_free(address: str, port: int, protocol: str = "tcp") -> bool:
    """Say whether the `tcp` or `udp` port can be bound at this moment."""
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if protocol == "tcp":
            # As servers do: a port whose last connections are in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def free_ports(media: int = FEW_RTP_PORTS) -> Ports:
    """Find ports that nobody uses and no other test has found, so many of them for media; raises BadSite where there are none.

    They are this process's until it ends: most of a site's ports are not bound before somebody calls.
    """
    chance = random.SystemRandom()
    wanted = len(SINGLE) + media
    for _ in range(TRIES):
        first = chance.randrange(TEST_PORTS.start, TEST_PORTS.stop - wanted, 2)
        single = {name: first + offset for offset, name in enumerate(SINGLE)}
        ports = Ports(**single, rtp_first=first + len(SINGLE), rtp_last=first + wanted - 1)
        if _claim(first, first + wanted - 1) and all(place.free() for place in _places(ports, LOOPBACK, LOOPBACK)):
            return ports
    raise BadSite(
        f"no {wanted} free ports in a row from {TEST_PORTS.start} to {TEST_PORTS.stop}: is another test running?"
    )


def _claim(first: int, last: int) -> bool:
    """Say whether these ports are this process's now: nobody who is alive has claimed any of them."""
    CLAIMS.mkdir(exist_ok=True)
    with (CLAIMS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for other in CLAIMS.glob("*-*"):
            begins, ends = map(int, other.name.split("-"))
            if first <= ends and begins <= last and not _left_behind(other):
                return False
        held = os.open(CLAIMS / f"{first}-{last}", os.O_CREAT | os.O_WRONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        _claimed.append(held)
    return True


def _left_behind(claim: Path) -> bool:
    """Whether the process that made the claim has ended; then the claim is taken away."""
    with claim.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        claim.unlink()
        return True


def taken(site: Site) -> tuple[Taken, ...]:
    """List the site's ports that somebody else holds. Of the media range only the first such port is named."""
    found: dict[str, Taken] = {}
    for place in _places(site.ports, site.sip_address, site.api_address):
        if place.field not in found and not place.free():
            found[place.field] = Taken(place.port, variable_of(place.field), holder(place.port, place.protocol))
    return tuple(found.values())


def listens(process: int, port: int) -> bool:
    """Say whether this process waits for connections on the TCP port."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port, "tcp")}
    return bool(wanted) and not wanted.isdisjoint(_open_files(Path("/proc", str(process))))


def holder(port: int, protocol: str) -> str:
    """Say which process holds the `tcp` or `udp` port, as `name (process id)`; empty where /proc does not tell."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port, protocol)}
    for process in Path("/proc").glob("[0-9]*") if wanted else ():
        if wanted & _open_files(process):
            name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
            return f"{name} (process {process.name})"
    return ""


def _places(ports: Ports, sip_address: str, api_address: str) -> Iterator[_Place]:
    yield _Place("sip", sip_address, ports.sip, "udp")
    yield _Place("api", api_address, ports.api, "tcp")
    for name in ("ami", "agi", "redis", "mqtt"):
        yield _Place(name, LOOPBACK, getattr(ports, name), "tcp")
    for port in range(ports.rtp_first, ports.rtp_last + 1):
        yield _Place("rtp_first", sip_address, port, "udp")


def _inodes(port: int, protocol: str) -> Iterator[str]:
    """Read from /proc/net which sockets wait on a port (proc(5): ports in hexadecimal, the tenth word is the inode)."""
    for table in (protocol, f"{protocol}6"):
        for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            if int(words[1].rpartition(":")[2], 16) == port and words[3] == LISTENING[protocol]:
                yield words[9]


def _open_files(process: Path) -> set[str]:
    found = set()
    # It may end meanwhile, close files, or belong to somebody whose files we may not see.
    with suppress(OSError):
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()))
    return found
