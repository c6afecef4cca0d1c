"""`switchboard prompts …`: what callers hear, by whose voice, and recordings taken in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ivr.prompts.audio import NotSound
from ivr.prompts.listing import CannotImport, Listed, listed, take_in
from ivr.prompts.making import Source
from service.configuration.plan import PROMPT_FOLDERS, Plan
from service.settings import Settings
from service.speech.prompt_texts import spoken_in

FAILED = 1
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def commands(settings: Callable[[], Settings], plan: Callable[[], Plan]) -> typer.Typer:
    """The commands; `settings` and `plan` read the configuration when one of them is run."""
    app = typer.Typer(
        help="Prompts: which there are, which nobody recorded yet, and recordings taken in.", no_args_is_help=True
    )

    @app.command("list")
    def list_prompts(*, as_json: Json = False) -> None:
        """Show every prompt in every language, and whether a recording or the draft voice speaks it."""
        _show(_listed(plan()), as_json=as_json)

    @app.command("missing")
    def missing(*, as_json: Json = False) -> None:
        """Show the texts that nobody has recorded yet: callers hear them in the draft voice."""
        _show([one for one in _listed(plan()) if one.source is Source.DRAFT], as_json=as_json)

    @app.command("make")
    def make() -> None:
        """Make all prompts now, before a start; a service that runs makes them at its start and its reloads."""
        planned = plan()
        unmade = asyncio.run(planned.prompts.make(spoken_in(planned)))
        for one in unmade:
            typer.echo(f"not made: {one.language}/{one.name}: {one.why}", err=True)
        typer.echo(f"{len(planned.prompts.all())} prompts are ready in {planned.settings.prompts_dir}")
        if unmade:
            raise typer.Exit(FAILED)

    @app.command("import")
    def import_recording(
        file: Annotated[Path, typer.Argument(help="WAV, FLAC, OGG or MP3, any rate and number of channels.")],
        *,
        name: Annotated[str, typer.Option(help="The prompt that it is, as the flows call it.")],
        language: Annotated[str, typer.Option(help="The folder of prompts: zh, en.")],
        replace: Annotated[bool, typer.Option("--replace", help="In place of an earlier recording.")] = False,
    ) -> None:
        """Take in a recording: one channel, 16 kHz, as loud as the others. It is heard after `switchboard reload`."""
        folder = settings().config_dir / "prompts"
        new = not (folder / language).is_dir() and language not in PROMPT_FOLDERS.values()
        try:
            target = take_in(file, folder, name, language, replace=replace)
        except (CannotImport, NotSound) as refused:
            typer.echo(str(refused), err=True)
            raise typer.Exit(FAILED) from None
        except OSError as error:
            typer.echo(f"{folder} cannot be written: {error.strerror}", err=True)
            raise typer.Exit(FAILED) from None
        typer.echo(f"{target} is there; callers hear it after `switchboard reload`")
        if new:
            typer.echo(f"note: no prompt was in language '{language}' before")

    return app


def _listed(plan: Plan) -> list[Listed]:
    return listed(spoken_in(plan), plan.prompts.recorded, plan.prompts.recorded_languages())


def _show(prompts: Sequence[Listed], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"items": [asdict(one) for one in prompts]}, ensure_ascii=False, indent=1))
        return
    table = Table("language", "prompt", "voice", "text")
    for one in prompts:
        table.add_row(one.language, one.name, one.source, escape(one.text))
    Console().print(table)
