"""Lists in pages: a cursor is the last item's place in the list's order, so that others may come and go in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from common.problem import Problem
from cti_bridge.board.views import View

PAGE = 200
LONGEST_PAGE = 1000

Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="Items of one page, at most")]
Cursor = Annotated[str | None, Query(max_length=128, description="`next` of the page before")]
Item = TypeVar("Item", bound=View)
Key = tuple[float, str]
"""An item's place in its list: a rank, and the id among equals."""


class Page(BaseModel, Generic[Item]):
    """Part of a list."""

    items: list[Item]
    next: str | None = Field(description="Hand it in as `cursor` for what follows; null at the end")
    seq: int = Field(description="The number of the live stream's last delta")
    at: float = Field(description="The service's clock, Unix seconds")


def cut(
    items: Iterable[Item], key: Callable[[Item], Key], limit: int, cursor: str | None
) -> tuple[list[Item], str | None]:
    """A page's items in order, and the cursor of the page after it. Raises Problem where the cursor is none of ours."""
    after = None if cursor is None else _read(cursor)
    ordered = sorted((item for item in items if after is None or key(item) > after), key=key)
    shown = ordered[:limit]
    return shown, _write(key(shown[-1])) if len(ordered) > limit else None


def _write(key: Key) -> str:
    return f"{key[0]}~{key[1]}"


def _read(cursor: str) -> Key:
    rank, _, name = cursor.partition("~")
    try:
        return float(rank), name
    except ValueError:
        detail = "the cursor is none of ours: hand in `next` of the page before as it is, or none for the first page"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Unknown cursor", detail, kind="unknown-cursor") from None
