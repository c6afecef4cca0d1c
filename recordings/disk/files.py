"""Files that are either wholly there or not at all, whatever crashes meanwhile. Everything here blocks: use a thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_PART = ".part"
"""What an unfinished file's name ends with."""


@contextmanager
def appearing(path: Path, workshop: Path) -> Iterator[Path]:
    """Give a path in the folder `workshop` to write to; what was written takes the place of `path` at once, on the disk.

    Where the writing fails, nothing is left behind and `path` is as it was. Both must be on one file system.
    """
    part = _part(path, workshop)
    try:
        yield part
        _to_disk(part)
        part.replace(path)
        _to_disk(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_new(path: Path, content: bytes) -> None:
    """Write a file that was not there; raises FileExistsError where it was, and leaves that alone.

    It outlives a crash of the service. It is not forced to the disk, for that may take longer than an offer can wait.
    """
    part = _part(path, path.parent)
    try:
        part.write_bytes(content)
        path.hardlink_to(part)  # unlike a rename, it refuses to take another file's place
    finally:
        part.unlink(missing_ok=True)


def clear_leftovers(workshop: Path) -> None:
    """Remove what a crash left unfinished in this folder."""
    for part in workshop.glob(f"*{_PART}"):
        part.unlink(missing_ok=True)


def size(path: Path) -> int | None:
    """How many bytes a file has; None where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def modified_at(path: Path) -> float:
    """When a file was last written to, Unix seconds; raises FileNotFoundError."""
    return path.stat().st_mtime


def _part(path: Path, workshop: Path) -> Path:
    """Name an unfinished file as nobody else does, be it a thread that was given up and still writes."""
    return workshop / f"{path.name}.{uuid4().hex}{_PART}"


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
