"""Secrets that configuration files refer to: `${SWITCHBOARD_SECRET_CRM}` stands for what the environment has by that name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

from service.settings import PREFIX

SECRET = f"{PREFIX}SECRET_"
_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(rf"{SECRET}[A-Z0-9_]+")


class UnsetSecret(Exception):
    """A text refers to a secret that is not set."""


def named_secrets(file: Path | None) -> dict[str, str]:
    """Return the secrets of the environment, and below it of the site's file, by their full names."""
    below = dotenv_values(file, interpolate=False) if file is not None else {}
    found = {**below, **os.environ}
    return {name: value for name, value in found.items() if name.startswith(SECRET) and value}


def references(text: str) -> Iterator[str]:
    """Yield the names of the secrets that a text refers to; raises ValueError for one that names none."""
    for name in _REFERENCE.findall(text):
        if not _NAME.fullmatch(name):
            raise ValueError(f"'${{{name}}}' names no secret: write ${{{SECRET}NAME}}, in capitals, digits and _")
        yield name


def with_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """Return the text with its secrets in it, never to be shown to anybody. Raises UnsetSecret, which names them alone."""
    if unset := sorted(set(references(text)) - secrets.keys()):
        raise UnsetSecret(f"{', '.join(unset)} is not set")
    return _REFERENCE.sub(lambda found: secrets[found[1]], text)
