"""Where flows may look things up: the other systems that switchboard.yaml names, and nothing else."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from service.centre.named_secrets import references


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no web address: write https://HOST/PATH")
    if "@" in parts.netloc:
        raise ValueError("has a user in it: give a password as a header, by a secret's name")
    if parts.query or parts.fragment:
        raise ValueError("ends with the path: the flow's steps say the rest")
    _ = parts.port  # raises ValueError for one that is no number
    return text.rstrip("/")


def _with_good_references(text: str) -> str:
    for _ in references(text):
        pass
    return text


class LookupTarget(BaseModel):
    """Another system. Its headers are texts that refer to secrets; none holds one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(max_length=300, pattern=r"^[!-~]+$"), AfterValidator(_address)]
    """What every lookup's address begins with."""
    headers: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")],
        Annotated[str, Field(max_length=1000, pattern=r"^[ -~]+$"), AfterValidator(_with_good_references)],
    ] = {}
    opens_after: int = Field(5, ge=1, le=100)
    """After so many failures in a row it is left alone."""
    rest: float = Field(30, ge=1, le=3600)
    """For so many seconds; then one request tries."""
