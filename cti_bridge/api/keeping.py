"""What an answer says of a change that took effect and that Redis does not have yet: 202 where it is 200 else."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Response

NOT_KEPT_YET: dict[int | str, dict[str, Any]] = {
    HTTPStatus.ACCEPTED: {
        "description": "Done, as the answer shows, and not kept yet: Redis is away. It is written when Redis is back, and "
        "forgotten where the service ends before."
    }
}
"""For OpenAPI, beside a route's problems."""


def not_kept_yet(response: Response) -> None:
    """Have the answer say so."""
    response.status_code = HTTPStatus.ACCEPTED
