"""What can go wrong while preparing, each as one sentence: what, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


class SetupError(Exception):
    """The preparation cannot go on. The text is one sentence for the person who started it."""


class Interrupted(SetupError):
    """Somebody ended the preparation; what was done so far is kept."""


@dataclass(frozen=True, slots=True)
class Known:
    """A fault that is known by what programs write of it (one of `signs`, whatever the case), and what to do then.

    `{source}` in the words stands for whose packages were asked for.
    """

    signs: tuple[str, ...]
    words: str


KNOWN = (
    Known(
        ("no space left on device", "ENOSPC", "you don't have enough free space", "disk quota exceeded"),
        "the disk is full: free some space (`df -h` shows where) and start again",
    ),
    Known(
        ("a password is required", "a terminal is required", "not in the sudoers file"),
        "sudo does not let this user in without a password: run `sudo -v` and start again at once, or start as root",
    ),
    Known(
        ("do not match the hashes", "EINTEGRITY", "hash sum mismatch"),
        "a package is not the one that was expected (its hash differs): start again, and if it stays so, distrust the "
        "registry, or renew the lock on purpose (`make lock`)",
    ),
    Known(
        (
            *("temporary failure in name resolution", "temporary failure resolving", "could not resolve"),
            *("name or service not known", "no such host", "EAI_AGAIN", "ENOTFOUND"),
            *("failed to establish a new connection", "max retries exceeded", "read timed out", "connection refused"),
            *("connection timed out", "connection reset", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET"),
            *("network is unreachable", "could not connect to", "unable to connect", "cannot initiate the connection"),
            "no matching distribution found",
        ),
        "the registry of {source} packages does not answer, or does not have the package: check this machine's network, "
        "proxy and registry settings, then start again",
    ),
    Known(
        ("could not get lock", "unable to acquire the dpkg frontend lock", "unable to lock directory"),
        "another program is installing packages on this machine: wait until it is done and start again",
    ),
    Known(
        ("permission denied", "operation not permitted", "EACCES", "EPERM", "read-only file system"),
        "a right is missing: start again as root, or as a user with sudo who owns this folder",
    ),
)
"""The first that fits counts: a full disk has many consequences, and sudo also complains of what does not matter."""
TELLING = re.compile(r"(E|error|fatal): |npm error (?!code\b|errno\b|A complete log)\S", re.IGNORECASE)
"""How the line begins in which a program says what it failed of; its last line is often only where to read on."""


def reason(output: Sequence[str], source: str = "software") -> str:
    """Say in words why a command failed, by what it wrote last: a known fault with its advice, or its own words.

    `source` says whose packages it was fetching, if any: `Debian`, `Python`, `npm`.
    """
    text = "\n".join(output).lower()
    for known in KNOWN:
        if any(sign.lower() in text for sign in known.signs):
            return known.words.format(source=source)
    spoken = [line.strip() for line in output if line.strip()]
    if not spoken:
        return "it says nothing"
    telling = next((line for line in spoken if TELLING.match(line)), spoken[-1])
    return f"it says: {telling}"
