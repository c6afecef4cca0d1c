"""Emergency switches as the API is told of them: who throws one and why, and who gives it back."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Thrown(BaseModel):
    """Why the switch is thrown, and by whom."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Words, Field(min_length=1)]
    who: Words = ""


class GivenBack(BaseModel):
    """Who gives it back: the hours hold again, numbers may be dialled again."""

    model_config = ConfigDict(extra="forbid")

    who: Words = ""


def by_api(who: str) -> str:
    """Name who threw it, as it is kept and shown: `api:` and the name they gave, if they gave one."""
    return f"api:{who}" if who else "api"
