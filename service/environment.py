"""Reading the settings: the environment, and below it the file of a site that was set up here."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from service.settings import Settings, variable_of

SITE = variable_of("site")
ENVIRONMENT_FILE = "service.env"
DEFAULT_SITE = "demo"


class SettingsRefused(Exception):
    """Settings from the environment that cannot be used: one line each."""


def read_settings() -> Settings:
    """Read the environment, and below it the site's file where there is one; raises SettingsRefused with all mistakes."""
    try:
        return Settings(_env_file=file_in_use())
    except ValidationError as refused:
        raise SettingsRefused("\n".join(_in_words(refused))) from None


def file_in_use() -> Path | None:
    """Where settings are read below the environment: `var/SITE/service.env`, if this site was set up here."""
    file = environment_file(os.environ.get(SITE, DEFAULT_SITE))
    return file if file.is_file() else None


def environment_file(site: str) -> Path:
    """Where the settings of a site that was set up here are kept."""
    return Path("var") / site / ENVIRONMENT_FILE


def _in_words(refused: ValidationError) -> list[str]:
    lines = []
    for error in refused.errors(include_url=False):
        text = error["msg"].removeprefix("Value error, ").replace("Input should be", "must be", 1)
        lines.append(f"{variable_of(str(error['loc'][0]))}: {text}")
    return lines
