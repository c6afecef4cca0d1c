"""`POST /api/v1/reload`: work by what the configuration files say now, or say everything that is wrong with them."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from acd.errors import RequestRefused, StillNeeded
from common.problem import Problem, documented
from common.yaml_file import ConfigurationRefused, Mistake
from service.configuration.reload import PromptsNotMade, Reloaded, Reloader
from service.faults import CONFIGURATION_REFUSED

_UNCHANGED = "Nothing was changed."


def router(reloader: Reloader) -> APIRouter:
    """The route."""
    api = APIRouter(prefix="/api/v1", tags=["centre"])

    @api.post(
        "/reload",
        responses=documented(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    )
    async def reload() -> Reloaded:
        """Read all configuration anew. Taken whole or not at all; settings from the environment need a restart."""
        try:
            return await reloader.reload()
        except ConfigurationRefused as refused:
            raise _mistakes(refused) from refused
        except StillNeeded as refused:
            raise _still_needed(refused) from refused
        except RequestRefused as refused:
            title = "The configuration does not fit together"
            detail = f"{refused}. {_UNCHANGED}"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, title, detail, kind=CONFIGURATION_REFUSED) from refused
        except PromptsNotMade as refused:
            title, detail = "Prompts could not be made", f"{refused}. {_UNCHANGED}"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, title, detail, kind="prompts-not-made") from refused

    return api


def _mistakes(refused: ConfigurationRefused) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The configuration has mistakes",
        f"{refused}\n{_UNCHANGED}",
        kind=CONFIGURATION_REFUSED,
        extra={"mistakes": [_record(mistake) for mistake in refused.mistakes]},
    )


def _record(mistake: Mistake) -> dict[str, object]:
    return {"file": mistake.file, "line": mistake.line, "column": mistake.column, "text": mistake.text}


def _still_needed(refused: StillNeeded) -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "Still in use",
        "\n".join([*refused.reasons, _UNCHANGED]),
        kind="still-needed",
        extra={"reasons": list(refused.reasons)},
    )
