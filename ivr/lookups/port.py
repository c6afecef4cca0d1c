"""The port by which a flow asks other systems: what is asked, and what may come of it (carried out in service/offices)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from urllib.parse import quote

from acd.names import Attributes
from ivr.lookups.answers import Wanted

Scalar = str | int | float | bool

CALLER_NUMBER = "caller_number"
"""In a template, the number the caller calls from: sent only where a step says so."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NO_SEGMENT = {".", ".."}


class Method(StrEnum):
    """How it is asked."""

    GET = "get"
    PUT = "put"
    POST = "post"

    @property
    def repeatable(self) -> bool:
        """Whether asking twice does what asking once does (RFC 9110, idempotent)."""
        return self is not Method.POST


class Failure(StrEnum):
    """Why nothing was learned; each is a way out of the step."""

    TIMEOUT = "timeout"
    """No answer in time."""
    REFUSED = "refused"
    """The other side said no (4xx), or there was nothing to ask it with."""
    BROKEN = "broken"
    """It says that it is broken (5xx), is not there, or was left alone after too many failures."""
    BAD_ANSWER = "bad_answer"
    """It answered, and not with what was wanted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request ready to be sent. Its texts may hold personal data and secrets: never to be logged, and in no repr."""

    target: str
    """The name that switchboard.yaml gives to where it is sent."""
    method: Method
    path: str = field(repr=False)
    query: tuple[tuple[str, str], ...] = field(repr=False)
    body: tuple[tuple[str, Scalar], ...] = field(repr=False)
    within_s: float
    """How long the answer is waited for, all attempts together."""
    attempts: int
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True)
class Learned:
    """What the answer said, as variables."""

    variables: Attributes


@dataclass(frozen=True, slots=True)
class NotLearned:
    """Nothing was learned."""

    why: Failure


class Lookups(Protocol):
    """Asks other systems."""

    async def ask(self, asked: Asked) -> Learned | NotLearned:
        """Send it and return what came of it within `asked.within_s`; raises nothing that the other side does."""
        ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request as a flow writes it: in path, query and body `{name}` stands for a variable's value."""

    target: str
    method: Method
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Scalar]
    within_s: float
    attempts: int
    wanted: tuple[Wanted, ...]

    def filled(self, values: Mapping[str, Scalar]) -> Asked | None:
        """Return the request with these values; None where one that it needs is not known or empty: there is nothing to ask."""
        try:
            return Asked(
                self.target,
                self.method,
                _PLACEHOLDER.sub(lambda found: _segment(_value(values, found[1])), self.path),
                tuple((name, _text(template, values)) for name, template in self.query.items()),
                tuple((name, _scalar(template, values)) for name, template in self.body.items()),
                self.within_s,
                self.attempts,
                self.wanted,
            )
        except _NothingToAsk:
            return None


class _NothingToAsk(Exception):
    """A value is missing."""


def placeholders(template: str) -> list[str]:
    """Return the names in a template, in turn; raises ValueError where it is not well-formed."""
    names = _PLACEHOLDER.findall(template)
    if any(brace in _PLACEHOLDER.sub("", template) for brace in "{}"):
        raise ValueError("a brace without its other: write {name} for a variable")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{{{name}}}' names no variable: write {{name}} in small letters, digits and _")
    return names


def _value(values: Mapping[str, Scalar], name: str) -> Scalar:
    value = values.get(name, "")
    if value == "" and isinstance(value, str):
        raise _NothingToAsk
    return value


def _segment(value: Scalar) -> str:
    """A value as a part of a path: it can neither leave its place nor begin a query."""
    if (text := _as_text(value)) in _NO_SEGMENT:
        raise _NothingToAsk
    return quote(text, safe="")


def _text(template: str, values: Mapping[str, Scalar]) -> str:
    return _PLACEHOLDER.sub(lambda found: _as_text(_value(values, found[1])), template)


def _scalar(template: Scalar, values: Mapping[str, Scalar]) -> Scalar:
    """A template that is one placeholder keeps the value's type."""
    if not isinstance(template, str):
        return template
    alone = _PLACEHOLDER.fullmatch(template)
    return _value(values, alone[1]) if alone else _text(template, values)


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
