"""The pages of a fax: what Asterisk's TIFF file has of each, still compressed as the telephone brought them. Pure.

TIFF 6.0, sections 2 and 11: a header, and for each page a directory of tags. Only what faxes have is read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_ORDERS = {b"II": "<", b"MM": ">"}
_MAGIC = 42
_WIDTHS = {3: "H", 4: "I", 5: "II"}
"""Of the kinds of values that are read here: SHORT, LONG, RATIONAL."""
_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER = 256, 257, 259, 262, 266
_STRIPS, _STRIP_BYTES, _DPI_ACROSS, _DPI_DOWN, _T4_OPTIONS = 273, 279, 282, 283, 292
_GROUP_3, _GROUP_4 = 3, 4
_LOW_BIT_FIRST = 2
_TWO_DIMENSIONS = 1
_IN_DIRECTORY = 4
"""Bytes of a value that stand in the directory itself."""
_MOST_PAGES = 1_000
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class NotAFax(Exception):
    """The file is not what Asterisk writes of a fax: damaged, cut off, or something else."""


@dataclass(frozen=True, slots=True)
class FaxPage:
    """One page. Lines are not square: a standard page has twice as many dots an inch across as down."""

    width: int
    height: int
    """Both in dots."""
    dpi_across: float
    dpi_down: float
    k: int
    """How it is compressed, in PDF's word: 0 is Group 3 in one dimension, 1 in two, -1 Group 4."""
    black_is_one: bool
    data: bytes
    """High bit first."""


def pages_of(file: bytes) -> tuple[FaxPage, ...]:
    """Return the pages in turn; none of an empty file. Raises NotAFax."""
    if not file:
        return ()
    try:
        return tuple(_pages(file))
    except (struct.error, KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise NotAFax(f"not a whole TIFF file of a fax: {type(error).__name__}") from error


def _pages(file: bytes) -> list[FaxPage]:
    order = _ORDERS[file[:2]]
    magic, at = struct.unpack_from(f"{order}HI", file, 2)
    if magic != _MAGIC:
        raise NotAFax("not a TIFF file")
    found: list[FaxPage] = []
    while at:
        if len(found) == _MOST_PAGES:
            raise NotAFax(f"more than {_MOST_PAGES} pages, or directories in a circle")
        (count,) = struct.unpack_from(f"{order}H", file, at)
        tags = dict(_tag(file, order, at + 2 + 12 * n) for n in range(count))
        found.append(_page(file, tags))
        (at,) = struct.unpack_from(f"{order}I", file, at + 2 + 12 * count)
    return found


def _tag(file: bytes, order: str, at: int) -> tuple[int, tuple[int, ...]]:
    tag, kind, count = struct.unpack_from(f"{order}HHI", file, at)
    if kind not in _WIDTHS:
        return tag, ()
    form = f"{order}{_WIDTHS[kind] * min(count, _MOST_PAGES)}"
    if struct.calcsize(form) > _IN_DIRECTORY:  # it does not fit into the directory, which says where it is
        (where,) = struct.unpack_from(f"{order}I", file, at + 8)
        return tag, struct.unpack_from(form, file, where)
    return tag, struct.unpack_from(form, file, at + 8)


def _page(file: bytes, tags: dict[int, tuple[int, ...]]) -> FaxPage:
    compression, options = tags[_COMPRESSION][0], tags.get(_T4_OPTIONS, (0,))[0]
    if compression not in (_GROUP_3, _GROUP_4):
        raise NotAFax(f"compression {compression} is none of a fax")
    (start,), (length,) = (
        tags[_STRIPS],
        tags[_STRIP_BYTES],
    )  # one strip a page: its end would break the lines of the next
    data = file[start : start + length]
    if len(data) != length:
        raise NotAFax("the file is cut off")
    if tags.get(_FILL_ORDER, (1,))[0] == _LOW_BIT_FIRST:
        data = data.translate(_REVERSED)
    across, down = tags[_DPI_ACROSS], tags[_DPI_DOWN]
    return FaxPage(
        width=tags[_WIDTH][0],
        height=tags[_HEIGHT][0],
        dpi_across=across[0] / across[1],
        dpi_down=down[0] / down[1],
        k=-1 if compression == _GROUP_4 else options & _TWO_DIMENSIONS,
        black_is_one=bool(tags[_PHOTOMETRIC][0]),
        data=data,
    )
