"""Refusals of the API: the engine's as problem JSON, and unknown ids with a suggestion. Nothing was changed by any of them."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Annotated

from fastapi import Path

from acd.errors import (
    BadNeed,
    IllegalMove,
    PhoneTaken,
    RequestRefused,
    UnknownAgent,
    UnknownCall,
    UnknownQueue,
    WrapUpFixed,
)
from common.problem import Problem, documented
from common.suggest import did_you_mean

Id = Annotated[str, Path(max_length=128)]
UNKNOWN = documented(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
MOVED = documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)

_STATUS: dict[type[RequestRefused], HTTPStatus] = {
    UnknownAgent: HTTPStatus.NOT_FOUND,
    UnknownQueue: HTTPStatus.NOT_FOUND,
    UnknownCall: HTTPStatus.NOT_FOUND,
    IllegalMove: HTTPStatus.CONFLICT,
    WrapUpFixed: HTTPStatus.CONFLICT,
    PhoneTaken: HTTPStatus.CONFLICT,
    BadNeed: HTTPStatus.UNPROCESSABLE_ENTITY,
}
_KINDS: dict[type[RequestRefused], tuple[str, str]] = {
    UnknownAgent: ("unknown-agent", "Unknown agent"),
    UnknownQueue: ("unknown-queue", "Unknown queue"),
    UnknownCall: ("unknown-call", "Unknown call"),
    IllegalMove: ("illegal-move", "Not possible in this state"),
    WrapUpFixed: ("wrap-up-fixed", "The wrap-up cannot be ended early"),
    PhoneTaken: ("phone-taken", "The phone is taken"),
    BadNeed: ("bad-need", "The need is not valid"),
}


def problem(refused: RequestRefused) -> Problem:
    """What the API answers where the engine refused."""
    status = _STATUS.get(type(refused), HTTPStatus.CONFLICT)
    kind, title = _KINDS.get(type(refused), ("refused", "Refused"))
    return Problem(status, title, f"{refused}. Nothing was changed.", kind=kind)


def make_sure_of(what: str, name: str, known: Iterable[str]) -> None:
    """Refuse an id that is none of those known."""
    if name not in known:
        detail = f"there is no {what} '{name}'{did_you_mean(name, known)}"
        raise Problem(HTTPStatus.NOT_FOUND, f"Unknown {what}", detail, kind=f"unknown-{what}")
