"""What is taken from another system's answer: values at places in its JSON, each of a type and no longer than said."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from acd.names import Attributes

Scalar = str | int | float | bool

_PATH = re.compile(r"(?P<key>[^.\[\]]+)|\[(?P<index>\d{1,4})\]")
_WELL_FORMED = re.compile(r"[^.\[\]]+(\[\d{1,4}\])*(\.[^.\[\]]+(\[\d{1,4}\])*)*")
_LARGEST_WHOLE = 2**53
"""Beyond it a number in JSON does not come through exactly everywhere (RFC 8259, section 6)."""


class BadAnswer(Exception):
    """The answer is no JSON, or not what was wanted; the text says where, and quotes nothing of it."""


class Type(StrEnum):
    """What a value is taken as."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that is taken from the answer."""

    variable: str
    path: tuple[str | int, ...]
    type: Type
    most: int
    """Characters of a text; the rest of a longer one is left out."""
    default: Scalar | None
    """What stands for a value that is not there, or null; None: then the answer is a bad one."""


def path_of(text: str) -> tuple[str | int, ...]:
    """Read a path: `customer.orders[0].id`. Raises ValueError."""
    if not _WELL_FORMED.fullmatch(text):
        raise ValueError("is no place in an answer: write customer.orders[0].id")
    return tuple(part["key"] if part["key"] is not None else int(part["index"]) for part in _PATH.finditer(text))


def taken(answer: bytes, wanted: Sequence[Wanted]) -> Attributes:
    """Return the wanted values by variable; an answer nothing is wanted of need not be JSON. Raises BadAnswer."""
    if not wanted:
        return ()
    try:
        content = json.loads(answer, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("it is no JSON") from error
    return tuple(sorted((one.variable, _one(content, one)) for one in wanted))


def _one(content: object, wanted: Wanted) -> Scalar:
    for part in wanted.path:
        match content, part:
            case dict(), str() if part in content:
                content = content[part]
            case list(), int() if part < len(content):
                content = content[part]
            case _:
                content = None
                break
    if content is None:
        if wanted.default is None:
            raise BadAnswer(f"it has nothing for '{wanted.variable}'")
        return wanted.default
    return _typed(content, wanted)


def _typed(content: object, wanted: Wanted) -> Scalar:
    match wanted.type, content:
        case Type.YES_NO, bool():
            return content
        case _, bool():
            pass
        case Type.TEXT, str() | int() | float():
            return _plain(str(content))[: wanted.most]
        case Type.WHOLE, int() if abs(content) <= _LARGEST_WHOLE:
            return content
        case Type.NUMBER, int() if abs(content) <= _LARGEST_WHOLE:
            return content
        case Type.NUMBER, float() if math.isfinite(content):
            return content
        case _:
            pass
    raise BadAnswer(f"what it has for '{wanted.variable}' is not {wanted.type}")


def _plain(text: str) -> str:
    """Words with single spaces between them, without what no ticket, log or page could carry (controls, half characters)."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
