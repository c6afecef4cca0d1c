"""`switchboard calendar …`: how the calendars stand, and their emergency switches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import typer

from service.commands import client
from service.settings import Settings

Who = Annotated[str, typer.Option(help="Who does it; kept beside the switch.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def commands(settings: Callable[[], Settings]) -> typer.Typer:
    """The commands; `settings` say where the service is asked."""
    app = typer.Typer(help="Calendars: see them, close and open them by hand.", no_args_is_help=True)

    def throw(name: str, move: str, body: dict[str, str]) -> None:
        view = client.ask(settings(), "POST", f"/api/v1/calendars/{name}/{move}", body)
        typer.echo(f"{view['name']}: {view['opening']}")

    @app.command("list")
    def list_calendars(*, as_json: Json = False) -> None:
        """Show all calendars and how they stand now."""
        page = client.ask(settings(), "GET", "/api/v1/calendars")
        if as_json:
            typer.echo(json.dumps(page, ensure_ascii=False, indent=1))
        else:
            client.show(page, client.CALENDAR_COLUMNS)

    @app.command("close")
    def close(name: str, reason: str, who: Who = "") -> None:
        """Close now, whatever the hours say, until it is opened or given back to them."""
        throw(name, "close", {"reason": reason, "who": who})

    @app.command("open")
    def open_now(name: str, reason: str, who: Who = "") -> None:
        """Open now, whatever the hours say, until it is closed or given back to them."""
        throw(name, "open", {"reason": reason, "who": who})

    @app.command("by-hours")
    def by_hours(name: str, who: Who = "") -> None:
        """Let the hours hold again."""
        throw(name, "by-hours", {"who": who})

    return app
