"""Commands whose modules are imported when they are asked for: `switchboard agent list` waits for no simulation's imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

Adds = Callable[[typer.Typer], None]
"""Adds one command, or group of commands, importing what it needs."""


def by_need(**adds: Adds) -> type[TyperGroup]:
    """Make the class of a group that has these commands too, each added when it is first looked at: run, or told of in a help."""

    class ByNeed(TyperGroup):
        def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - Typer's own
            super().__init__(**attributes)
            self._absent = dict(adds)
            for name in adds:
                self.add_command(TyperCommand(name))  # stands for it in lists of names

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - Typer keeps these types to itself
            add = self._absent.pop(cmd_name, None)
            if add is not None:
                self.add_command(_added(cmd_name, add))
            return super().get_command(ctx, cmd_name)

    return ByNeed


def _added(name: str, add: Adds) -> Any:  # noqa: ANN401 - as above
    app = typer.Typer()
    add(app)
    return get_group(app).commands[name]
