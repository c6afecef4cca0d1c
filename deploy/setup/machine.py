"""What the machine itself must offer: Debian packages, the right to install them, and room on its disk."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.setup.commands import Fate
from deploy.setup.faults import SetupError
from deploy.setup.steps import Work

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a Debian package brings, and how to tell that it is there."""

    package: str
    present: Callable[[], bool]


def program(package: str, name: str) -> Need:
    """Need a program on the PATH, whichever package it came from."""
    return Need(package, lambda: shutil.which(name, path=_search_path()) is not None)


def files(package: str, pattern: str) -> Need:
    """Need a file that matches this pattern below /."""
    return Need(package, lambda: next(Path("/").glob(pattern), None) is not None)


ENGINE = (
    program("podman", "podman"),
    program("runc", "runc"),
    files("netavark", "usr/lib/podman/netavark"),
    files("aardvark-dns", "usr/lib/podman/aardvark-dns"),
    program("iptables", "iptables"),
    program("uidmap", "newuidmap"),
)
"""podman as it runs here; wanted only where no other engine works already."""
BASE_MAKER = (program("mmdebstrap", "mmdebstrap"),)
PYTHON = (
    Need("python3-venv", lambda: importlib.util.find_spec("ensurepip") is not None),
    files("ca-certificates", "etc/ssl/certs/ca-certificates.crt"),
)
CALLS = (program("sip-tester", "sipp"), program("baresip-core", "baresip"), program("espeak-ng", "espeak-ng"))
"""Phones and callers of the demo and the live tests, and the draft voice of the prompts."""
BROWSER = (program("chromium", "chromium"), files("fonts-noto-cjk", "usr/share/fonts/opentype/noto/NotoSansCJK*"))

FAULTS = (files("libfaketime", "usr/lib/*/faketime/libfaketimeMT.so.1"),)
"""For tests that set the clock of one process."""
DATABASE = (files("postgresql", "usr/lib/postgresql/*/bin/initdb"),)
"""The programs of a PostgreSQL; the tests start one of their own, on a socket in a temporary folder."""


def missing(needs: Iterable[Need]) -> tuple[str, ...]:
    """Name the packages that have to be installed."""
    return tuple(need.package for need in needs if not need.present())


def install(work: Work, needs: Iterable[Need]) -> None:
    """Install the Debian packages of what is missing; raises SetupError where that cannot be, or did not help."""
    needs = tuple(needs)
    packages = missing(needs)
    listed = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise SetupError(
            f"{work.step}: this machine lacks what Debian calls {listed}, and has no apt-get: install the same by its own "
            "means and start again"
        )
    as_root = _as_root(work, listed)
    apt = [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get"]
    apt += ["-o", "DPkg::Lock::Timeout=180", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=20"]
    # Documentation and locales of a machine that only runs this are not worth their time; the disk need not be flushed a package.
    apt += ["-o", "Acquire::Languages=none", "-o", "DPkg::Options::=--force-unsafe-io"]
    work.say("reading the lists of packages")
    work.run([*apt, "update", "-q"], source="Debian")
    # An installation that was interrupted is finished first: apt-get refuses to go on otherwise.
    work.run([*as_root, "dpkg", "--configure", "-a"], fate=Fate.FINISHES)
    work.screen.line(f"         {work.step}: installing {listed}")
    work.run(
        [*apt, "install", "-y", "-q", "--no-install-recommends", "--no-remove", *packages],
        source="Debian",
        fate=Fate.FINISHES,
    )
    if still := missing(needs):
        raise SetupError(
            f"{work.step}: {' '.join(still)} is installed, but what it should bring is not there: repair it with "
            f"`apt-get install --reinstall {' '.join(still)}` and start again"
        )


def room_for(needed: dict[Path, float]) -> None:
    """Raise SetupError where a file system has less free space than is needed below the given folders, in GiB."""
    totals: dict[int, tuple[Path, float]] = {}
    for folder, gib in needed.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        device = there.stat().st_dev
        totals[device] = (totals.get(device, (there, 0.0))[0], totals.get(device, (there, 0.0))[1] + gib)
    for there, gib in totals.values():
        free = shutil.disk_usage(there).free / GIB
        if free < gib:
            raise SetupError(
                f"disk: {free:.1f} GiB are free at {there}, and the preparation needs {gib:.1f} GiB: free some "
                "space (`df -h` shows where) and start again"
            )


def _as_root(work: Work, listed: str) -> tuple[str, ...]:
    """Give the words that make a command root's, having sudo ask for the password where there is a terminal to ask on."""
    if os.getuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        raise SetupError(
            f"{work.step}: {listed} must be installed, this user is not root, and there is no sudo: start again as root"
        )
    if sys.stdin.isatty():
        with work.screen.silent():
            subprocess.run(["sudo", "--validate"], check=False)  # noqa: S607 - whichever sudo this machine uses
    return ("sudo", "--non-interactive")


def _search_path() -> str:
    """Debian keeps some programs where ordinary users do not look."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
