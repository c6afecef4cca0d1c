"""The `switchboard` command. Exit codes: 0 fine, 1 the thing asked for failed, 2 wrong usage or configuration."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated, NoReturn

import typer

from common.yaml_file import ConfigurationRefused
from recordings import commands as recordings_commands
from recordings.commands import CatalogueAt
from recordings.schema import SchemaMismatch
from service import client, logs
from service.centre import load_centre
from service.doctor import examine
from service.reading import SettingsRefused, read_plan, read_settings
from service.settings import Settings
from service.wiring import CannotListen, serve

FAILED = 1
WRONG = 2

app = typer.Typer(
    help="Switchboard, the contact-centre core for Asterisk.", no_args_is_help=True, pretty_exceptions_enable=False
)
config_app = typer.Typer(help="The configuration.", no_args_is_help=True)
agent_app = typer.Typer(
    help="Agents: list them, sign them in and out, make them ready, pause them.", no_args_is_help=True
)
queue_app = typer.Typer(help="Queues.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(agent_app, name="agent")
app.add_typer(queue_app, name="queue")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, as the API answers it.")]


def _stop(text: str, code: int) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)


def _settings() -> Settings:
    try:
        return read_settings()
    except SettingsRefused as refused:
        _stop(str(refused), WRONG)


@app.command("serve")
def serve_command() -> None:
    """Run the service until SIGTERM."""
    settings = _settings()
    try:
        plan = read_plan(settings)
    except ConfigurationRefused as refused:
        _stop(str(refused), WRONG)
    logs.set_up()
    try:
        _run_fast(serve(plan))
    except* (CannotListen, SchemaMismatch) as failed:
        _stop("\n".join(str(error) for error in failed.exceptions), FAILED)


def _run_fast(work: object) -> None:
    """Run on uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - an optional, faster loop
    except ImportError:
        asyncio.run(work)  # type: ignore[arg-type]  # a coroutine
    else:
        uvloop.run(work)  # type: ignore[arg-type]  # a coroutine


@app.command()
def check() -> None:
    """Check all configuration without starting anything."""
    settings = _settings()
    try:
        plan = read_plan(settings)
    except ConfigurationRefused as refused:
        _stop(str(refused), WRONG)
    configured = plan.centre.configured
    typer.echo(
        f"fine: {len(configured.queues)} queues, {len(configured.agents)} agents, {len(plan.flows.by_name)} flows"
    )


@app.command()
def doctor(*, as_json: Json = False) -> None:
    """Say, line by line, what is reachable and right, and how to mend what is not."""
    findings = asyncio.run(examine(_settings()))
    if as_json:
        typer.echo(json.dumps([finding.as_record() for finding in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            typer.echo(finding.line())
    if not all(finding.fine for finding in findings):
        raise typer.Exit(FAILED)


@config_app.command("show")
def config_show(*, as_json: Json = False) -> None:
    """Show every setting with its origin; secrets are hidden."""
    settings = _settings()
    shown = client.origins(settings)
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for name, (value, origin) in shown.items():
        typer.echo(f"{name} = {value}  ({origin})")


@app.command()
def explain(call: str, *, as_json: Json = False) -> None:
    """Say why a call waits, or who it was offered to: every decision, newest first."""
    answer = client.ask(_settings(), "GET", f"/api/v1/calls/{call}/decisions")
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=1) if as_json else client.decisions_in_words(answer))


@queue_app.command("list")
def queue_list(*, as_json: Json = False) -> None:
    """Show all queues with today's figures."""
    client.show(client.ask(_settings(), "GET", "/api/v1/queues"), client.QUEUE_COLUMNS, as_json=as_json)


@agent_app.command("list")
def agent_list(*, as_json: Json = False) -> None:
    """Show all agents and their states."""
    client.show(client.ask(_settings(), "GET", "/api/v1/agents"), client.AGENT_COLUMNS, as_json=as_json)


@agent_app.command("sign-in")
def agent_sign_in(agent: str, phone: Annotated[str, typer.Argument(help="As Asterisk names it: PJSIP/phone1")]) -> None:
    """Sign an agent in on a phone; they begin paused."""
    client.move_agent(_settings(), agent, "sign-in", {"phone": phone})


@agent_app.command("ready")
def agent_ready(agent: str) -> None:
    """Let an agent take calls."""
    client.move_agent(_settings(), agent, "ready")


@agent_app.command("pause")
def agent_pause(agent: str, reason: str) -> None:
    """Pause an agent."""
    client.move_agent(_settings(), agent, "pause", {"reason": reason})


@agent_app.command("sign-out")
def agent_sign_out(agent: str) -> None:
    """Sign an agent out."""
    client.move_agent(_settings(), agent, "sign-out")


@app.command()
def demo(
    *,
    calls_per_minute: Annotated[float, typer.Option(min=0, max=60, help="How many callers dial in a minute.")] = 8,
    seed: Annotated[int, typer.Option(help="The same seed makes the same callers.")] = 1,
) -> None:
    """Run everything on this machine: Asterisk, Redis, Mosquitto, the service, phones and callers, until Ctrl-C."""
    from service.demo import run_demo  # noqa: PLC0415 - the demo's parts are not needed to serve

    raise typer.Exit(asyncio.run(run_demo(calls_per_minute, seed)))


def _recordings(context: typer.Context) -> None:
    settings = _settings()
    try:
        zone = load_centre(settings.config_dir).zone
    except ConfigurationRefused as refused:
        _stop(str(refused), WRONG)
    context.obj = CatalogueAt(settings.database_url, zone)


recordings_commands.app.callback()(_recordings)
app.add_typer(recordings_commands.app, name="recordings")


def main() -> None:
    """Run the command."""
    try:
        app()
    except client.ApiRefused as refused:
        typer.echo(str(refused), err=True)
        sys.exit(FAILED)
