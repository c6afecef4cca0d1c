"""Modules that are imported when they are first used: a start that callers wait for does not wait for what they do not need."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Late:
    """Stands for a module until something of it is asked for. May be used by several threads."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """`name` is the module's full name; a wrong one is found out at its first use."""
        self._name = name

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - whatever the module has; type checkers see the real import
        """What the module has under this name, imported now where it was not yet."""
        return getattr(import_module(self._name), attribute)
